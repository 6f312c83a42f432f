"""What moves of several pages ask, and where they lead."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from hyperflow.core.admin import Link, MoveForm


def day_field(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), **options)


class NoteForm(MoveForm):
    note = forms.CharField(label=_("Note"), required=False, max_length=300, widget=UnfoldAdminTextInputWidget)


class DayForm(MoveForm):
    date = day_field(_("On"), required=False, help_text=_("Empty: today."))


def invoice_link(invoice: Any) -> list[Link]:
    if invoice is None:
        return []
    return [Link(str(invoice), reverse("admin:finance_invoice_change", args=[invoice.pk]), icon="request_quote")]
