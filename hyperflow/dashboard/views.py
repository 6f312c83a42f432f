"""Own pages of the roof."""

from django.contrib.auth.views import PasswordChangeView
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from hyperflow.dashboard.forms import OwnPasswordForm


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")
    title = _("Change password")
