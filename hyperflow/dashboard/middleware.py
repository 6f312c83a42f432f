"""Pages show and take times in the reader's own zone; the API says UTC."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hyperflow.core import clock

PAGES = ("/admin/", "/reports/")


class OwnZone:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PAGES):
            return self.get_response(request)
        with timezone.override(clock.zone_of(request.user)):
            return self.get_response(request)
