"""The admin site: sign-in, own password and search as HyperFlow does them."""

from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from unfold.sites import UnfoldAdminSite

from hyperflow.dashboard.search import found_by


class Site(UnfoldAdminSite):
    """Open to active staff. What each of them finds in it is the business of the admin classes."""

    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.login_form = import_string("hyperflow.dashboard.forms.SignInForm")

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_authenticated and user.is_active and user.is_staff)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Every page has it in its context and hardly any shows it, so it is put together when somebody looks."""
        return SimpleLazyObject(lambda: super(Site, self).get_app_list(request, app_label))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Too many wrong passwords are answered 429, so that a proxy or a monitor sees them too."""
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.status != HTTPStatus.OK:
            response.status_code = form.status
            if form.retry_after is not None:
                response["Retry-After"] = str(form.retry_after)
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from hyperflow.dashboard.views import OwnPasswordView

        request.current_app = self.name
        return OwnPasswordView.as_view(extra_context={**self.each_context(request), **(extra_context or {})})(request)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The theme's own search reads whole tables and keeps answers in the cache after rights have changed."""
        term = request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        extended = "extended" in request.GET
        results = found_by(self, request, term)
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html" if extended else "unfold/helpers/search_results.html",
            {"results": results, "page_obj": Paginator(results, 100), "page_counter": 0, "execution_time": 0},
            headers={"HX-Trigger": "search"},
        )
