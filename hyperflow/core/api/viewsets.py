"""The base of every view under `/api/`: parse, call a service, render. Scope and rights are applied here, once.

    class ClientViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
        queryset = Client.objects.select_related("owner")
        serializer_class = serializers.ClientSerializer          # out
        inputs = {"create": serializers.ClientCreate, "update": serializers.ClientUpdate}
        needs = {"list": "clients.view_client", "retrieve": "clients.view_client",
                 "create": "clients.add_client", "update": "clients.change_client"}
        filterset_class = ClientFilter
        orderings = {"client_name": "name", "created_at": "created_at"}
        default_ordering = "client_name"
        search = ("name", "email")

        def create(self, request):
            client = services.create_client(actor=self.actor, **self.parse())
            return self.render(client, 201)

        def update(self, request, pk):
            client = self.get_object()
            changes = self.parse()                               # PUT and PATCH: partial
            services.update_client(client=client, actor=self.actor, expected_version=self.expected_version, **changes)
            return self.render(client)

What the tables say is also what the schema says: ``inputs`` names the body of each action (``None``: none), ``outputs``
its answer where it is not ``serializer_class`` (``None``: nothing), ``statuses`` its status where it is not the usual,
``lists`` the actions that answer with a page, ``queries`` a serializer of the query parameters (read with `query`), and
``parsers`` the bodies that are not JSON (`FormOrJSON`, `Upload`).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from hyperflow.core.api import filters, idempotency, pagination, preconditions, problems, throttles
from hyperflow.core.api.parsers import SafeJSONParser
from hyperflow.core.api.permissions import OPEN, Need, NeedsPermission
from hyperflow.core.api.renderers import JSONOnly, accepts_json
from hyperflow.core.api.responses import JSONResponse
from hyperflow.core.errors import BadRequest, Invalid, NotFound

__all__ = ["ActionViewSet", "ListMixin", "RetrieveMixin", "ScopedViewSet"]

_NEGOTIATOR = JSONOnly()
_PERMISSION = NeedsPermission()
_READS = frozenset({"GET", "HEAD"})


@lru_cache(maxsize=32)
def _parsers(classes: tuple[type[Any], ...]) -> list[Any]:
    """They keep nothing, so every request uses the same ones."""
    return [parser() for parser in classes]


class ActionViewSet(GenericViewSet):
    """Views without a model of their own: rights, strict input, one answer per Idempotency-Key, problems."""

    needs: ClassVar[Mapping[str, Need]] = {}
    inputs: ClassVar[Mapping[str, type[serializers.Serializer] | None]] = {}
    #: A serializer, ``None``, or ``{status: serializer}`` where there are several good answers, the usual one first.
    outputs: ClassVar[Mapping[str, Any]] = {}
    queries: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    parsers: ClassVar[Mapping[str, tuple[type[Any], ...]]] = {}
    #: Statuses that are not 201 for ``create``, 204 for DELETE and 200 for the rest; for the schema.
    statuses: ClassVar[Mapping[str, int]] = {}
    #: PUT and PATCH take a part of the body, but for these actions, which take all of it.
    whole: ClassVar[tuple[str, ...]] = ()
    #: The body of an action that takes a form too (`FormOrJSON`), where the form has other fields; for the schema.
    form_inputs: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    #: Actions that answer with a page of a list; for the schema.
    lists: ClassVar[tuple[str, ...]] = ()
    #: Counted by the general limit?
    limited: ClassVar[bool] = True
    #: Media types that this view can also answer in, beside JSON.
    produces: ClassVar[tuple[str, ...]] = ()

    action: str
    _read_query: bool = False
    format_kwarg: Any = None

    # -- one request

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """DRF's own, without what an API in one format does not need (negotiation, versions, metadata)."""
        try:
            wrapped = self.request = self.initialize_request(request, *args, **kwargs)
            method = (request.method or "").lower()
            if method == "options":
                return self._options()
            handler = getattr(self, method, None) if method in self.action_map else None
            if handler is None:
                return self._wrong_method(request)
            self._admit(wrapped)
            return self._answer(wrapped, lambda: self._finish(handler(wrapped, *args, **kwargs)))
        except Exception as error:  # noqa: BLE001 (the edge: every failure becomes an answer)
            return problems.response_for(error, request)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        self.action = self.action_map.get((request.method or "").lower(), "metadata")
        return Request(
            request,
            parsers=_parsers(self.parsers.get(self.action, (SafeJSONParser,))),
            authenticators=self.get_authenticators(),
            negotiator=_NEGOTIATOR,
            parser_context={"view": self, "kwargs": kwargs},
        )

    def _admit(self, request: Request) -> None:
        """Who is it, may they, and not too often? In this order, before any row or body is looked at."""
        try:
            _ = request.user
        except Exception:
            self._count(request._request)  # guessing tokens counts, by address
            raise
        self._count(request)
        _PERMISSION.has_permission(request, self)
        if not accepts_json(request.META.get("HTTP_ACCEPT", "")) and not self._produces(request):
            raise drf.NotAcceptable()
        if (
            request.META.get("QUERY_STRING")
            and request.method not in {"GET", "HEAD"}
            and self.action not in self.queries
        ):
            filters.check_names(request.query_params, ())

    def _count(self, request: Any) -> None:
        if self.limited:
            throttles.count(request)

    def _produces(self, request: Request) -> bool:
        accept = request.META.get("HTTP_ACCEPT", "").lower()
        return any(kind in accept for kind in self.produces)

    def _answer(self, request: Request, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None or request.method != "POST" or not self._replays(request):
            return work()
        return idempotency.run(request, key, work, lambda error: problems.response_for(error, request))

    def _replays(self, request: Request) -> bool:
        """Is this call answered once per Idempotency-Key? A key belongs to a caller, so nobody's calls have none."""
        return self.needs.get(self.action) is not OPEN

    def _finish(self, response: Any) -> Any:
        request = self.request
        if request.method in _READS and request.META.get("QUERY_STRING") and not self._read_query:
            filters.check_names(request.query_params, ())
        if isinstance(response, Response):
            if response.status_code == 204 or response.data is None:
                return HttpResponse(status=response.status_code, headers=dict(response.headers))
            return JSONResponse(response.data, response.status_code, dict(response.headers))
        return response

    def _options(self) -> HttpResponse:
        return HttpResponse(status=204, headers={"Allow": self._allowed()})

    def _wrong_method(self, request: Any) -> HttpResponse:
        response = problems.response_for(drf.MethodNotAllowed(str(request.method)[:20]), request)
        response.headers["Allow"] = self._allowed()
        return response

    def _allowed(self) -> str:
        methods = {method.upper() for method in self.action_map}
        return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))

    # -- parse

    @property
    def actor(self) -> Any:
        return self.request.user

    def parse(
        self, serializer_class: type[serializers.Serializer] | None = None, *, partial: bool | None = None
    ) -> dict[str, Any]:
        """The body, checked by ``inputs[action]``. PUT and PATCH take a part of it, but for actions in ``whole``."""
        serializer_class = serializer_class or self.inputs.get(self.action)
        if serializer_class is None:
            raise ImproperlyConfigured(f"{type(self).__name__}.inputs does not name {self.action}")
        data = self.request.data
        edits = self.request.method in {"PUT", "PATCH"} and self.action not in self.whole
        writes_part = edits if partial is None else partial
        if not isinstance(data, Mapping):
            raise Invalid(_("Send a JSON object."), field="")
        if not data and writes_part and not self.request.META.get("CONTENT_LENGTH", "").strip("0"):
            raise BadRequest(_("The body is empty. Send a JSON object."), code="malformed_json")
        serializer = serializer_class(data=data, partial=writes_part, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def query(self, serializer_class: type[serializers.Serializer] | None = None) -> dict[str, Any]:
        """The query parameters, checked by ``queries[action]``; unknown ones are refused."""
        serializer_class = serializer_class or self.queries[self.action]
        self._read_query = True
        serializer = serializer_class(context=self.get_serializer_context())
        filters.check_names(self.request.query_params, serializer.fields)
        serializer = serializer_class(data=self.request.query_params.dict(), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @property
    def expected_version(self) -> int | None:
        """What ``If-Match`` names, for a service's ``expected_version``."""
        return preconditions.expected_version(self.request.META.get("HTTP_IF_MATCH"))

    # -- render

    def answer(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Data, or JSON bytes, as they are."""
        return JSONResponse(data, status, headers)

    def nothing(self) -> HttpResponse:
        return HttpResponse(status=204)

    def accepted(self, job: Any) -> HttpResponse:
        """202: the work goes on as a job."""
        data = {
            "job_id": job.pk,
            "kind": job.kind,
            "status": job.state,
            "progress": job.progress,
            "result": None,
            "error": None,
        }
        return self.answer(data, 202, {"Location": f"/api/jobs/{job.pk}"})

    def represent(self, row: Any, serializer_class: Any = None) -> Any:
        """One row as it goes out."""
        serializer = (serializer_class or self.output_class)(context=self.get_serializer_context())
        return serializer.to_representation(row)

    def represent_all(self, rows: Iterable[Any], serializer_class: Any = None) -> list[Any]:
        """Rows as they go out. Figures that need all ids at once are a serializer's ``prepare(rows)``."""
        serializer = (serializer_class or self.output_class)(context=self.get_serializer_context())
        rows = list(rows)
        if prepare := getattr(serializer, "prepare", None):
            prepare(rows)
        return [serializer.to_representation(row) for row in rows]

    @property
    def output_class(self) -> Any:
        output = self.outputs.get(self.action)
        return self.serializer_class if output is None or isinstance(output, dict) else output


class ScopedViewSet(ActionViewSet):
    """Views of a model's rows: those that the caller may see, and no others."""

    lists: ClassVar[tuple[str, ...]] = ("list",)
    filterset_class: Any = None
    #: Name on the wire → column that is never NULL. ``id`` is always offered.
    orderings: ClassVar[Mapping[str, str]] = {"created_at": "created_at"}
    default_ordering: ClassVar[str] = "-created_at"
    #: Columns that ``search`` looks into.
    search: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A list without filters of its own takes at least those of when its rows were made."""
        super().__init_subclass__(**kwargs)
        if cls.filterset_class is None and cls.queryset is not None:
            cls.filterset_class = filters.made_between(cls.queryset.model)

    # -- which rows

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.actor)

    def get_object(self) -> Any:
        """The row that the path names, if it is there for the caller."""
        try:
            return self.get_queryset().get(pk=self.kwargs["pk"])
        except ObjectDoesNotExist as error:
            raise NotFound(_("There is nothing here.")) from error

    # -- one row

    def render(self, row: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Answer with the row as it now is, even if the change moved it out of the actor's sight."""
        rows: Any = super().get_queryset()
        fresh = rows.get(pk=row.pk)
        if hasattr(row, "warnings"):
            fresh.warnings = row.warnings
        return self.show(fresh, status, headers)

    def show(self, row: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Answer with the row as it was read."""
        all_headers = dict(headers or {})
        if status == 201:
            all_headers["Location"] = self.location(row)
        serializer = self.output_class(context=self.get_serializer_context())
        if prepare := getattr(serializer, "prepare", None):
            prepare([row])
        response = JSONResponse(serializer.to_representation(row), status, all_headers)
        response.headers["ETag"] = preconditions.etag(row, response.content)
        return response

    def location(self, row: Any) -> str:
        return f"{self.request.path}/{row.pk}"

    # -- many rows

    @classmethod
    def keyset(cls) -> pagination.Keyset:
        """The orders that the list offers, read once per class."""
        found: pagination.Keyset | None = cls.__dict__.get("_keyset")
        if found is None:
            model: Any = cls.queryset.model  # type: ignore[union-attr]
            found = cls._keyset = pagination.Keyset.of(model, cls.orderings, cls.default_ordering)  # type: ignore[attr-defined]
        return found

    def page_request(self) -> pagination.PageRequest:
        """Limit, ordering and cursor, with every parameter's name checked."""
        self._read_query = True
        query = self.request.query_params
        if query:
            filters.check_names(query, self.list_parameters())
        return self.keyset().read(query)

    @classmethod
    def list_parameters(cls) -> set[str]:
        """Every name that the list's query may have."""
        known = set(pagination.PARAMETERS)
        if cls.filterset_class is not None:
            known |= set(cls.filterset_class.base_filters)
        return known | {"search"} if cls.search else known

    def filter(self, rows: Any) -> Any:
        """The rows that the query parameters ask for."""
        query = self.request.query_params
        if not query.keys() - pagination.PARAMETERS:
            return rows
        if self.filterset_class is not None:
            rows = self.filterset_class(data=query, queryset=rows, request=self.request).qs
        if self.search and query.get("search"):
            rows = filters.search(rows, self.search, query["search"])
        return rows

    def page(self, rows: Any, serializer_class: Any = None) -> HttpResponse:
        """A page of the rows in the caller's order, with its links."""
        wanted = self.page_request()
        rows = self.filter(rows)
        found = wanted.fetch(rows)
        items = self.represent_all(found.rows, serializer_class)
        return self.answer_page(items, wanted, found, wanted.value_of, total=rows.count if self.wants_total else None)

    @property
    def wants_total(self) -> bool:
        """Counting is only done for who asks: ``Prefer: count=exact``."""
        return "count=exact" in self.request.META.get("HTTP_PREFER", "").replace(" ", "").lower()

    def answer_page(
        self,
        items: Any,
        wanted: pagination.PageRequest,
        found: pagination.Page,
        place: Callable[[Any], tuple[Any, int]],
        total: Callable[[], int] | None = None,
    ) -> HttpResponse:
        """Items (data or JSON bytes) as a page; ``place`` tells where a row of ``found`` stands in the order."""
        response = JSONResponse(items)
        response.headers["Link"] = wanted.links(self._url, found, place)
        if total is not None:
            response.headers["X-Total-Count"] = str(total())
            response.headers["Preference-Applied"] = "count=exact"
        return response

    def _url(self, changed: Mapping[str, str | None]) -> str:
        kept = {name: value for name, value in self.request.query_params.items() if name not in changed}
        kept.update({name: value for name, value in changed.items() if value is not None})
        return f"{self.request.path}?{urlencode(kept)}" if kept else self.request.path


class ListMixin:
    """``list``: a page of all rows in scope."""

    def list(self, request: Request, **kwargs: Any) -> HttpResponse:
        view: Any = self
        return view.page(view.get_queryset())


class RetrieveMixin:
    """``retrieve``: one row in scope."""

    def retrieve(self, request: Request, pk: int) -> HttpResponse:
        view: Any = self
        return view.show(view.get_object())
