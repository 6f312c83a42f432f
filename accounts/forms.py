"""The admin's sign-in form."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth_forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.services.passwords import LONGEST
from hyperflow.core.errors import RateLimited, Unavailable


class AuthenticationForm(auth_forms.AuthenticationForm):
    """Address and password. Tells nobody why it refuses, but that there were too many tries.

    The view answers with ``status`` (429 or 503 where it is set) and ``Retry-After`` (``retry_after``, seconds).
    """

    error_messages = {
        "invalid_login": _("The address or the password is wrong, or this account is not for staff."),
        "inactive": _("The address or the password is wrong, or this account is not for staff."),
    }
    status: int = 200
    retry_after: int | None = None

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        # Exactly as it was typed: an address with a blank at its end is another one.
        self.fields["username"].strip = False  # type: ignore[attr-defined]
        self.fields["password"].validators.append(MaxLengthValidator(LONGEST))

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            try:
                self.user_cache = authenticate(self.request, username=email, password=password)
            except (RateLimited, Unavailable) as refused:
                self.status, self.retry_after = refused.status, refused.retry_after
                raise forms.ValidationError(str(refused.message), code=refused.code) from refused
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data
