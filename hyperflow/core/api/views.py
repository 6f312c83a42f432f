"""The few views that belong to no app: jobs, signed files, the schema and its reader."""

from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.settings import api_settings

from hyperflow.core import storage
from hyperflow.core.api.permissions import OPEN, SIGNED_IN, STAFF
from hyperflow.core.api.responses import dumps
from hyperflow.core.api.serializers import IdField, ResourceSerializer
from hyperflow.core.api.viewsets import ActionViewSet, RetrieveMixin, ScopedViewSet
from hyperflow.core.models import Job


class JobSerializer(ResourceSerializer):
    """Work that goes on after the answer."""

    job_id = IdField(source="pk")
    status = serializers.ChoiceField(source="state", choices=Job.State.choices)
    result = serializers.JSONField(allow_null=True)
    error = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ("job_id", "kind", "status", "progress", "result", "error")

    def get_error(self, job: Job) -> str | None:
        return job.error or None


class JobViewSet(RetrieveMixin, ScopedViewSet):
    """The caller's own jobs; all of them for who looks after the system."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    needs = {"retrieve": SIGNED_IN}


class FileViewSet(ActionViewSet):
    """Files by a signed link, which is all the authorisation that it takes."""

    needs = {"download": OPEN}
    outputs = {"download": bytes}
    authentication_classes = ()
    produces = ("",)

    def download(self, request: Request, token: str) -> HttpResponseBase:
        """The content of the file that the link was made for, as an attachment."""
        return storage.download(storage.open_signed(token))


class AdminSession(BaseAuthentication):
    """The admin's own cookie, so that staff can read the documents in a browser. It is good for nothing else."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if not key:
            return None
        request._request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        user = get_user(request._request)
        return (user, None) if user.is_authenticated and user.is_active else None


class DocsViewSet(ActionViewSet):
    """The OpenAPI document and a page to read it in, for staff; for everybody with DEBUG or ``API_DOCS=public``."""

    needs = {"document": STAFF, "reader": STAFF}
    authentication_classes: Any = (*api_settings.DEFAULT_AUTHENTICATION_CLASSES, AdminSession)
    produces = ("text/html", "application/vnd.oai.openapi+json", "application/yaml")

    @extend_schema(exclude=True)
    def document(self, request: Request) -> HttpResponse:
        return HttpResponse(_document(), content_type="application/vnd.oai.openapi+json")

    @extend_schema(exclude=True)
    def reader(self, request: Request) -> HttpResponse:
        page = render(request._request, "core/api_docs.html")
        page.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return page

    def _admit(self, request: Request) -> None:
        if not settings.DEBUG and settings.API_DOCS != "public":
            super()._admit(request)


@lru_cache(maxsize=1)
def _document() -> bytes:
    """Made once per process: the routes do not change while it runs."""
    return dumps(SchemaGenerator().get_schema(request=None, public=True))
