"""Filters of lists, strict: a parameter that the list does not know is refused, never ignored.

class TaskFilter(StrictFilterSet):
    status = ChoiceFilter(choices=Task.Status.choices)
    client_id = IdFilter()
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Task
        fields: ClassVar = []
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import DateField, DateTimeField, Field, GeneratedField, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions as drf

from hyperflow.core import clock
from hyperflow.core.api import times
from hyperflow.core.errors import Invalid
from hyperflow.core.fields import ExactEmailField, fold_email

LARGEST_ID = 2**63 - 1
LONGEST_SEARCH = 200


class IdFormField(forms.CharField):
    def clean(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= LARGEST_ID):
            raise ValidationError(gettext_lazy("An id is a positive whole number."), code="invalid")
        return int(text)


class WireTimeFormField(forms.CharField):
    """A day or an instant; which one is up to the caller."""

    def clean(self, value: Any) -> dt.date | str | None:
        if value in self.empty_values:
            return None
        try:
            return times.parse_date(value) if times.looks_like_a_day(value) else value
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error


class IdFilter(django_filters.Filter):
    field_class = IdFormField


class ChoiceFilter(django_filters.ChoiceFilter):
    """One of the choices; anything else is 422."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null_label", None)
        super().__init__(*args, **kwargs)


class BooleanFormField(forms.CharField):
    def clean(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if value not in {"true", "false"}:
            raise ValidationError(gettext_lazy("Say true or false."), code="invalid")
        return value == "true"


class BooleanFilter(django_filters.Filter):
    field_class = BooleanFormField


class DateFilter(django_filters.Filter):
    """One end of a range. A day means the caller's own day, and both ends belong to the range."""

    field_class = WireTimeFormField

    def __init__(self, field_name: str, *, end: bool, **kwargs: Any) -> None:
        super().__init__(field_name=field_name, **kwargs)
        self.end = end

    def filter(self, rows: QuerySet[Any], value: dt.date | str | None) -> QuerySet[Any]:
        if value is None:
            return rows
        column = rows.model._meta.get_field(self.field_name)
        bound, strict = self.bound(value, _kind(column))
        lookup = {(False, False): "gte", (False, True): "gt", (True, False): "lte", (True, True): "lt"}[
            self.end, strict
        ]
        return rows.filter(**{f"{self.field_name}__{lookup}": bound})

    def bound(self, value: dt.date | str, kind: type[Field]) -> tuple[dt.date | dt.datetime, bool]:
        request = getattr(self.parent, "request", None)
        zone = clock.zone_of(getattr(request, "user", None))
        try:
            if kind is DateField:
                day = value if isinstance(value, dt.date) else times.parse_instant(value, zone).astimezone(zone).date()
                return day, False
            if isinstance(value, dt.date):
                return times.day_bounds(value, zone)[int(self.end)], self.end
            return times.parse_instant(value, zone), False
        except ValueError as error:
            is_shapeless = kind is DateField and isinstance(value, str) and not value[:4].isdigit()
            message = _("A date is written YYYY-MM-DD.") if is_shapeless else str(error)
            raise drf.ValidationError({self._wire_name(): [drf.ErrorDetail(message, "invalid")]}) from error

    def _wire_name(self) -> str:
        return next((name for name, one in self.parent.filters.items() if one is self), self.field_name)


def _kind(column: Any) -> type[Field]:
    if isinstance(column, GeneratedField):
        column = column.output_field
    return DateTimeField if isinstance(column, DateTimeField) else DateField


def date_range(field_name: str) -> tuple[DateFilter, DateFilter]:
    """Both ends: ``created_after, created_before = date_range("created_at")``."""
    return DateFilter(field_name, end=False), DateFilter(field_name, end=True)


class StrictFilterSet(django_filters.FilterSet):
    """Filters that refuse what they do not know. Only those that were asked for are made: copying all of a list's
    filters takes longer than its query."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        known: dict[str, Any] = vars(type(self))["base_filters"]
        asked = {name: one for name, one in known.items() if name in (data or ()) or one.extra["required"]}
        self.__dict__["base_filters"] = asked  # of this one request; the class keeps all
        super().__init__(data, *args, **kwargs)

    @property
    def qs(self) -> Any:
        if not self.is_valid():
            raise drf.ValidationError(
                {
                    name: [
                        drf.ErrorDetail(
                            str(e.message % (e.params or {}) if e.params else e.message), e.code or "invalid"
                        )
                        for e in found.as_data()
                    ]
                    for name, found in self.errors.items()
                }
            )
        return super().qs


def made_between(model: Any) -> type[StrictFilterSet] | None:
    """``created_after`` and ``created_before``, for a list of rows that know when they were made."""
    if not any(field.name == "created_at" for field in model._meta.concrete_fields):
        return None
    after, before = date_range("created_at")
    meta = type("Meta", (), {"model": model, "fields": []})
    parts = {"created_after": after, "created_before": before, "Meta": meta}
    return type(f"{model.__name__}MadeBetween", (StrictFilterSet,), parts)


def check_names(query: Any, known: Iterable[str]) -> None:
    """Refuse parameters that nobody knows, and one sent twice."""
    known = set(known)
    unknown = [name for name in query if name not in known]
    if unknown:
        raise drf.ValidationError(
            {
                name[:100]: [
                    drf.ErrorDetail(
                        _("There is no such parameter here. Known are: %(names)s.")
                        % {"names": ", ".join(sorted(known)) or "none"},
                        "unknown_parameter",
                    )
                ]
                for name in unknown[:20]
            }
        )
    for name in query:
        if len(query.getlist(name)) > 1:
            raise Invalid(_("`%(name)s` is sent twice.") % {"name": name}, field=name)
        if "\x00" in query[name]:
            raise Invalid(_("No text has a NUL character."), field=name)


def search(rows: QuerySet[Any], columns: Iterable[str], text: str) -> QuerySet[Any]:
    """Rows in which every word of *text* stands in one of the columns."""
    if len(text) > LONGEST_SEARCH:
        raise Invalid(_("Search for at most 200 characters."), field="search")
    for word in text.split()[:10]:
        condition = Q()
        for column in columns:
            condition |= _contains(rows, column, word)
        rows = rows.filter(condition)
    return rows


def _contains(rows: QuerySet[Any], column: str, word: str) -> Q:
    try:
        exact = isinstance(rows.model._meta.get_field(column), ExactEmailField)
    except LookupError:
        exact = False
    except Exception as error:
        if type(error).__name__ != "FieldDoesNotExist":
            raise
        exact = False
    return Q(**{f"{column}__contains": fold_email(word)}) if exact else Q(**{f"{column}__icontains": word})


Query = Mapping[str, str]
