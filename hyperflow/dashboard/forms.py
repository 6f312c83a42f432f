"""Sign-in and own password, in the theme's clothes."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from unfold.widgets import BASE_INPUT_CLASSES, INPUT_CLASSES

from accounts.forms import AuthenticationForm
from accounts.services import passwords
from hyperflow.core.errors import DomainError


class SignInForm(AuthenticationForm):
    """Staff only; counts failures as the API does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("username", "password"):
            self.fields[name].widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)
        self.fields["username"].widget.attrs.update({"autofocus": True, "autocomplete": "username"})


class OwnPasswordForm(PasswordChangeForm):
    """Changes the password through the service, which ends every other session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(INPUT_CLASSES)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                passwords.change_password(
                    actor=self.user,
                    current_password=cleaned["old_password"],
                    new_password=cleaned["new_password1"],
                )
            except DomainError as refused:
                raise forms.ValidationError(refused.message, code=refused.code) from refused
        return cleaned

    def save(self, commit: bool = True) -> Any:
        self.user.refresh_from_db()
        return self.user
