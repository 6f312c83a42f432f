"""What the OpenAPI document says of a view: exactly what the view's own tables say (`viewsets`).

needs → security, 401, 403        inputs → requestBody, 422       outputs, serializer_class → the answer
filterset_class, orderings, search → the parameters of a list     statuses → its status where it is not the usual
"""

import inspect
import re
from collections.abc import Iterator
from copy import copy
from typing import Any

import uritemplate
from django import forms
from django.utils.encoding import force_str
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance, get_doc
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from hyperflow.core.api import filters, pagination, routes
from hyperflow.core.api.codes import CODES, with_status
from hyperflow.core.api.parsers import FormParser, SafeJSONParser
from hyperflow.core.api.permissions import OPEN

ID = {"type": "integer", "format": "int64", "minimum": 1}
TEXT = {"type": "string"}
PROBLEM = "application/problem+json"


class FieldProblemSerializer(serializers.Serializer):
    """One field's refusal; nested fields have dotted names (``lines.0.quantity``)."""

    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """A refusal or failure as RFC 9457 has it. Programs go by ``code``; ``detail`` is for people and may change."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldProblemSerializer(many=True)  # type: ignore[assignment]
    request_id = serializers.CharField()


class Schema(AutoSchema):
    """Reads a view's tables."""

    # -- who and what

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and part != "api"]
        return [parts[0] if parts else "api"]

    def get_auth(self) -> list[dict[str, Any]]:
        return [{}] if self._need() is OPEN else [{"bearer": []}]

    def get_operation_id(self) -> str:
        words = [part.strip("{}").replace("-", "_") for part in self.path.split("/") if part and part != "api"]
        return "_".join([*words, "replace" if self.method == "PUT" else self._action(), *self._again()])

    def get_description(self) -> str:  # type: ignore[override]
        described = (
            get_doc(getattr(self.view, self._action(), None)) or self.view.__class__.__dict__.get("__doc__") or ""
        )
        described = inspect.cleandoc(force_str(described))
        need = self._need()
        if isinstance(need, tuple):
            return f"{described}\n\nTakes one of the permissions {', '.join(f'`{name}`' for name in need)}."
        return described if "." not in str(need) else f"{described}\n\nTakes the permission `{need}`."

    def _action(self) -> str:
        return str(getattr(self.view, "action", "") or self.method.lower())

    def _again(self) -> list[str]:
        """PATCH beside PUT on one action."""
        return ["partial"] if self.method == "PATCH" else []

    def _need(self) -> Any:
        return getattr(self.view, "needs", {}).get(self._action())

    def _is_list(self) -> bool:
        return self._action() in getattr(self.view, "lists", ())

    def _is_list_view(self, serializer: Any = None) -> bool:
        if isinstance(serializer, serializers.ListSerializer):
            return True  # an array that is not a page
        return self._is_list() if serializer is None or not isinstance(serializer, ProblemSerializer) else False

    # -- in

    def get_request_serializer(self) -> Any:
        view: Any = self.view
        body = view.inputs.get(self._action())
        form = view.form_inputs.get(self._action())
        return {SafeJSONParser.media_type: body, FormParser.media_type: form} if form else body

    def _get_request_for_media_type(self, serializer: Any, direction: str = "request") -> Any:
        """PUT takes a part of the body as PATCH does, but where the view wants all of it."""
        view: Any = self.view
        method = self.method
        if method in {"PUT", "PATCH"} and serializer is not None:
            serializer = copy(force_instance(serializer))
            serializer.partial = self._action() not in view.whole
            self.method = "PUT"  # spectacular would make any PATCH partial
        try:
            return super()._get_request_for_media_type(serializer, direction)
        finally:
            self.method = method

    def map_parsers(self) -> list[str]:
        parsers = getattr(self.view, "parsers", {}).get(self._action(), (SafeJSONParser,))
        return [parser.media_type for parser in parsers]

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_override_parameters(self) -> list[Any]:
        found = [*self._path_parameters(), *self._headers_in(), *self._headers_out()]
        if self._is_list():
            found += list(self._list_parameters())
        if query := getattr(self.view, "queries", {}).get(self._action()):
            found.append(query)
        return found

    def _path_parameters(self) -> Iterator[OpenApiParameter]:
        for name in uritemplate.variables(self.path):
            kind = TEXT if name in routes.text_parameters else ID
            yield OpenApiParameter(name, kind, OpenApiParameter.PATH, required=True)

    def _headers_in(self) -> Iterator[OpenApiParameter]:
        if self.method == "POST" and self._need() is not OPEN:
            yield _header(
                "Idempotency-Key", "The same key with the same body within 24 hours gives the first answer again."
            )
        if self.method in {"PUT", "PATCH"} and hasattr(self.view, "queryset"):
            yield _header("If-Match", "The ETag of what was read: a row that has changed since is answered with 412.")
        if self._is_list():
            yield _header("Prefer", "`count=exact` asks for X-Total-Count.")

    def _headers_out(self) -> Iterator[OpenApiParameter]:
        good = [self._status()]
        yield OpenApiParameter("X-Request-ID", str, OpenApiParameter.HEADER, response=True)
        if self._is_list():
            yield OpenApiParameter(
                "Link", str, OpenApiParameter.HEADER, response=good, description="RFC 8288: first, prev, next."
            )
            yield OpenApiParameter("X-Total-Count", int, OpenApiParameter.HEADER, response=good)
        elif self._has_versions():
            yield OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=good)
        if self._status() == 201 or (self._status() == 202 and self._need() is not OPEN):
            yield OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=good)
        if self.method == "POST" and self._need() is not OPEN:
            yield OpenApiParameter("Idempotent-Replayed", str, OpenApiParameter.HEADER, response=good)

    def _has_versions(self) -> bool:
        rows = getattr(self.view, "queryset", None)
        return (
            rows is not None and self.method != "DELETE" and any(f.name == "version" for f in rows.model._meta.fields)
        )

    def _list_parameters(self) -> Iterator[OpenApiParameter]:
        limit = {"type": "integer", "minimum": 1, "maximum": pagination.MAX_LIMIT, "default": pagination.DEFAULT_LIMIT}
        skip = {"type": "integer", "minimum": 0, "maximum": pagination.MAX_SKIP, "default": 0}
        view: Any = self.view
        keyset = view.keyset()
        yield OpenApiParameter("limit", limit)
        yield OpenApiParameter("cursor", str, description="From the Link header.")
        yield OpenApiParameter("skip", skip, description="For older clients; follow the cursor instead.")
        yield OpenApiParameter("ordering", {**TEXT, "enum": keyset.names, "default": keyset.default})
        if view.search:
            yield OpenApiParameter("search", {**TEXT, "maxLength": filters.LONGEST_SEARCH})
        filterset = view.filterset_class
        for name, one in (filterset.base_filters if filterset else {}).items():
            yield OpenApiParameter(name, _filter_schema(one), description=force_str(one.extra.get("help_text", "")))

    # -- out

    def map_renderers(self, attribute: str) -> list[str]:
        return ["application/json"] if attribute == "media_type" else ["json"]

    def get_response_serializers(self) -> Any:
        answers: dict[Any, Any] = {}
        good = self._output()
        if isinstance(good, dict):
            answers.update(good)
        elif good is bytes:
            answers[self._status(), "application/octet-stream"] = bytes
        else:
            answers[self._status()] = None if good is None else OpenApiResponse(good, description="")
        for status in self._problems():
            answers[status, PROBLEM] = ProblemSerializer
        return answers

    def _output(self) -> Any:
        view: Any = self.view
        if self._action() in view.outputs:
            return view.outputs[self._action()]
        return None if self._status() == 204 else view.serializer_class

    def _status(self) -> int:
        status = getattr(self.view, "statuses", {}).get(self._action())
        if status:
            return int(status)
        if isinstance(output := getattr(self.view, "outputs", {}).get(self._action()), dict):
            return int(next(iter(output)))
        if self.method == "DELETE":
            return 204
        return 201 if self._action() == "create" else 200

    def _problems(self) -> list[int]:
        found = {400, 406, 429, 500, 503}
        if self._need() is not OPEN:
            found |= {401, 403}
        if self._need() is OPEN and self.method != "GET":
            found |= {401, 403, 409}
        if "{" in self.path:
            found |= {404}
            if self._need() is OPEN:
                found |= {403}
        if self._is_list() or self.method != "GET":
            found |= {422}
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            found |= {409}
        if self.method in {"POST", "PUT", "PATCH"}:
            found |= {413, 415}
        if self.method in {"PUT", "PATCH"} and self._has_versions():
            found |= {412}
        return sorted(found)


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=False, description=description)


def _filter_schema(one: Any) -> dict[str, Any]:
    if isinstance(one, filters.IdFilter):
        return ID
    if isinstance(one, filters.BooleanFilter):
        return {"type": "boolean"}
    if isinstance(one, filters.DateFilter):
        return {**TEXT, "description": "A day or an instant; the end itself belongs to the range."}
    field: Any = one.field
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return {**TEXT, "enum": [str(value) for value, _label in choices if value != ""]}
    return TEXT


_WAIT: dict[str, Any] = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds after which to try again."}
}


def share_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A post-processing hook: each problem is described once, with every code that any app has registered for it."""
    components = result.setdefault("components", {})
    shared = components.setdefault("responses", {})
    for path in result["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if PROBLEM in answer.get("content", {}):
                    headers = answer.get("headers", {}) | (_WAIT if status in {"429", "503"} else {})
                    shared[f"Problem{status}"] = {
                        **answer,
                        "headers": headers,
                        "description": _codes_of(int(status)),
                    }
                    operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    schema = components.get("schemas", {}).get("Problem")
    if schema is not None:
        schema["properties"]["code"] = {"type": "string", "enum": sorted(CODES)}
        schema["additionalProperties"] = True
    components["responses"] = dict(sorted(shared.items()))
    return result


def _codes_of(status: int) -> str:
    return "\n".join(f"* `{code}`: {meaning}" for code, meaning in with_status(status).items())


#: What a path's rows are called, where it is not the last word in the singular.
_ROWS = {
    "attendance-corrections": "correction",
    "communications": "log",
    "leave-requests": "request",
    "onboarding": "task",
    "payroll": "payslip",
    "recruitment": "job",
    "stage-templates": "template",
    "time-entries": "entry",
}
_ID_IN_PATH = re.compile(r"/([a-z-]+)/\{(id|[a-z_]+_pk)\}")


def name_ids(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Ids in paths under the names that they have in bodies: ``/tasks/{task_id}``, not ``{id}``."""
    paths = result.get("paths", {})
    for path in list(paths):
        renamed: dict[str, str] = {}

        def name(found: re.Match[str], renamed: dict[str, str] = renamed) -> str:
            segment, old = found.groups()
            new = f"{_ROWS.get(segment, segment.removesuffix('s').replace('-', '_'))}_id"
            renamed[old] = new
            return f"/{segment}/{{{new}}}"

        named = _ID_IN_PATH.sub(name, path)
        if named == path:
            continue
        operations = paths[named] = paths.pop(path)
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter.get("in") == "path" and parameter["name"] in renamed:
                    parameter["name"] = renamed[parameter["name"]]
    result["paths"] = dict(sorted(paths.items()))
    return result
