"""Form fields for moves and own forms, in the theme's clothes."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from hyperflow.core.admin.inlines import zoned


def text(label: Any, *, required: bool = True, most: int = 500, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, required=required, max_length=most, help_text=help_text, widget=widget)


def long_text(
    label: Any, *, required: bool = True, most: int = 50_000, rows: int = 4, help_text: Any = ""
) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=most, help_text=help_text, widget=widget)


def url(label: Any, *, required: bool = True) -> forms.URLField:
    return forms.URLField(
        label=label, required=required, max_length=1000, assume_scheme="https", widget=UnfoldAdminURLInputWidget()
    )


def whole_number(label: Any, *, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=help_text, widget=widget)


def date(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminDateWidget())


def moment(label: Any) -> forms.SplitDateTimeField:
    return forms.SplitDateTimeField(label=label, help_text=zoned(), widget=UnfoldAdminSplitDateTimeWidget())


def file(label: Any, *, required: bool = True, help_text: Any = "") -> forms.FileField:
    widget = UnfoldAdminFileFieldWidget()
    return forms.FileField(label=label, required=required, help_text=help_text, widget=widget)


def one_of(label: Any, rows: Any, *, required: bool = True, empty_label: Any = "") -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label, queryset=rows, required=required, empty_label=empty_label, widget=UnfoldAdminSelect2Widget()
    )


def lines(value: str) -> list[str]:
    """What was typed one to a line, without blanks and empty lines."""
    return [line.strip() for line in value.splitlines() if line.strip()]
