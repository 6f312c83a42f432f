"""The forms of the clients' admin pages, and of what may be done there."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clients.models import Brand, ContactHandle, Preference
from clients.services import portal
from hyperflow.core.admin import MoveForm, widgets
from hyperflow.core.admin.forms import ScopedForm
from hyperflow.core.admin.widgets import lines
from hyperflow.core.errors import Conflict, Invalid


class WishesForm(ScopedForm):
    """A form with the dos and don'ts of its row, one to a line."""

    dos = widgets.long_text(_("do"), required=False, help_text=_("One to a line."))
    donts = widgets.long_text(_("don't"), required=False, help_text=_("One to a line."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.request.user.has_perm("clients.change_preference"):
            self.fields.pop("dos", None)
            self.fields.pop("donts", None)
            return
        kept: dict[str, list[str]] = {"do": [], "dont": []}
        if self.instance.pk:
            for kind, text in self._rows().order_by("pk").values_list("kind", "text"):
                kept[kind].append(text)
        for name, kind in (("dos", Preference.Kind.DO), ("donts", Preference.Kind.DONT)):
            if name in self.fields:
                self.fields[name].initial = "\n".join(kept[kind])

    def _rows(self) -> Any:
        if isinstance(self.instance, Brand):
            return Preference.objects.filter(brand=self.instance)
        return Preference.objects.filter(client=self.instance, brand__isnull=True)

    def clean_dos(self) -> list[str]:
        return lines(self.cleaned_data["dos"])

    def clean_donts(self) -> list[str]:
        return lines(self.cleaned_data["donts"])


def with_wishes(values: dict[str, Any]) -> dict[str, Any]:
    """The services take dos and don'ts as one argument."""
    wishes = {name: values.pop(name) for name in ("dos", "donts") if name in values}
    return {**values, "preferences": wishes} if wishes else values


class PortalForm(MoveForm):
    email = widgets.text(_("E-mail address of the account"), most=254)

    def clean_email(self) -> str:
        try:
            self.account = portal.portal_account(self.cleaned_data["email"])
        except Invalid as unknown:
            raise forms.ValidationError(unknown.message, code=unknown.code) from unknown
        return self.cleaned_data["email"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not hasattr(self, "account"):
            return cleaned
        try:
            portal.check_belongs_nowhere_else(client=self.rows[0], user=self.account)
        except Conflict as elsewhere:
            self.add_error("email", forms.ValidationError(elsewhere.message, code=elsewhere.code))
            return cleaned
        return {"user": self.account}


class PortalUserForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"] = widgets.one_of(_("Portal user"), portal.portal_users(self.rows[0]))


class ContactForm(ScopedForm):
    handles = widgets.long_text(
        _("handles"),
        required=False,
        rows=3,
        help_text=_("One to a line: “slack: U024BE7LH”, “whatsapp: +49 170 1234567”."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "handles" in self.fields and self.instance.pk:
            rows = ContactHandle.objects.filter(contact=self.instance)
            self.fields["handles"].initial = "\n".join(f"{row.platform}: {row.handle}" for row in rows)

    def clean_handles(self) -> list[dict[str, str]]:
        found = []
        for line in lines(self.cleaned_data["handles"]):
            platform, colon, handle = line.partition(":")
            platform = platform.strip().lower()
            if not colon or platform not in ContactHandle.Platform.values:
                known = ", ".join(ContactHandle.Platform.values)
                text = _("“%(line)s”: begin with the platform and a colon. Platforms: %(known)s.")
                raise forms.ValidationError(text, params={"line": line[:80], "known": known})
            found.append({"platform": platform, "handle": handle.strip()})
        return found


class NewProjectForm(ScopedForm):
    key = widgets.text(
        _("key"),
        required=False,
        most=12,
        help_text=_("Its tasks are called by it, for good: ACME-1. Empty: found from the name."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in self.fields:
            self.fields["currency"].required = False
            self.fields["currency"].help_text = _("Empty: the client's.")

    def clean_key(self) -> str:
        return self.cleaned_data["key"].strip().upper()


class NewMemberForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(self.actor).filter(is_active=True, role__is_staff=True)
        self.fields["user"] = widgets.one_of(_("Person"), people.exclude(memberships__project=self.rows[0]))


class MemberForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"] = widgets.one_of(_("Member"), User.objects.filter(memberships__project=self.rows[0]))


class CommunicationForm(ScopedForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("created_at"):
            cleaned.pop("created_at", None)
        return cleaned
