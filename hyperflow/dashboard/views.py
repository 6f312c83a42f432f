"""Own pages of the roof."""

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User
from hyperflow.dashboard.forms import OwnPasswordForm


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it by this name, whatever a page says."""
    return HttpResponseRedirect(static("hyperflow/logo.svg"))


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")
    title = _("Change password")

    def get_form_kwargs(self) -> dict[str, Any]:
        # The person themself: what the request carries is a stand-in, which no service can lock.
        return {**super().get_form_kwargs(), "user": User.objects.select_related("role").get(pk=self.request.user.pk)}
