"""Where the links in mails lead when there is no other front end: three small pages.

A link is only followed by pressing the button: programs that look into mail open every address they find.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.services import links
from accounts.services.passwords import LONGEST
from hyperflow.core.errors import DomainError
from hyperflow.core.net import client_ip


class _NewPassword(forms.PasswordInput):
    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "maxlength": LONGEST})


class AddressForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail address"), max_length=254, strip=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class TokenForm(forms.Form):
    token = forms.CharField(max_length=200, strip=False, widget=forms.HiddenInput)


class NewPasswordForm(TokenForm):
    new_password = forms.CharField(label=_("New password"), strip=False, max_length=LONGEST, widget=_NewPassword)
    again = forms.CharField(label=_("The same again"), strip=False, max_length=LONGEST, widget=_NewPassword)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "new_password" in cleaned and "again" in cleaned and cleaned["new_password"] != cleaned["again"]:
            self.add_error("again", _("These are two different passwords."))
        return cleaned


class Page(FormView):
    """A form that calls one service, and says what it did or why not."""

    template_name = "accounts/page.html"
    title: Any = ""
    text: Any = ""
    done: Any = ""
    button: Any = ""

    def follow(self, values: dict[str, Any]) -> None:
        raise NotImplementedError

    def get_initial(self) -> dict[str, Any]:
        return {"token": self.request.GET.get("token", "")[:200]}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            self.follow(form.cleaned_data)
        except DomainError as refused:
            field = getattr(refused, "field", None)
            form.add_error(field if field in form.fields else None, str(refused.message))
            response = self.form_invalid(form)
            response.status_code = refused.status
            if (wait := getattr(refused, "retry_after", None)) is not None:
                response.headers["Retry-After"] = str(wait)
            return response
        return self.render_to_response(self.get_context_data(form=None, text=self.done))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**{"text": self.text, "button": self.button, "title": self.title, **context})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        # The page's own address holds the link's secret.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
        return response


class ForgotPasswordPage(Page):
    form_class = AddressForm
    title = _("Forgotten password")
    text = _("Say which address you sign in with. You get a mail with a link to choose a new password.")
    done = _("If there is an account with this address, a mail is on its way.")
    button = _("Send the link")

    def follow(self, values: dict[str, Any]) -> None:
        links.ask_for_reset(email=values["email"], ip=client_ip(self.request))


class ResetPasswordPage(Page):
    form_class = NewPasswordForm
    title = _("Choose a new password")
    text = _("At least 8 characters, and nothing that others would guess. Every sign-in of yours ends.")
    done = _("Your password is changed. You can sign in with it now.")
    button = _("Change the password")

    def follow(self, values: dict[str, Any]) -> None:
        links.reset_password(token=values["token"], password=values["new_password"])


class VerifyEmailPage(Page):
    form_class = TokenForm
    title = _("Confirm your address")
    text = _("Confirm that you registered with this address.")
    done = _("Your address is confirmed. You can sign in now.")
    button = _("Confirm")

    def follow(self, values: dict[str, Any]) -> None:
        links.verify_email(token=values["token"])
