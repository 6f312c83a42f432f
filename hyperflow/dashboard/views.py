"""Own pages of the roof."""

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from hyperflow.dashboard.forms import OwnPasswordForm


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")
    title = _("Change password")

    def get_form_kwargs(self) -> dict[str, Any]:
        # The person themself: what the request carries is a stand-in, which no service can lock.
        return {**super().get_form_kwargs(), "user": User.objects.select_related("role").get(pk=self.request.user.pk)}
