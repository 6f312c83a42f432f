"""Fields as the contract has them on the wire."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils import html

from hyperflow.core import clock, compiled, money
from hyperflow.core.api import times
from hyperflow.core.api.responses import wire_time

LARGEST_ID = 2**63 - 1
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_NEW_LINE = re.compile("[\n\r\x85\u2028\u2029]")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")


def _positive_id(data: Any) -> int | None:
    if type(data) is str and data.isascii() and data.isdigit() and len(data) <= 19:
        data = int(data)
    return data if type(data) is int and 1 <= data <= LARGEST_ID else None


@extend_schema_field({"type": "integer", "format": "int64", "minimum": 1})
class IdField(serializers.Field):
    """A positive integer within signed 64-bit."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("An id is a positive whole number.")}

    def to_internal_value(self, data: Any) -> int:
        found = _positive_id(data)
        if found is None:
            self.fail("invalid")
        return found

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "integer", "format": "int64", "minimum": 1})
class VisibleRelatedField(serializers.Field):
    """An id in the body, the row in Python: one that the caller may see, or it does not exist."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("An id is a positive whole number."),
        "does_not_exist": _("There is no such row for you."),
    }

    def __init__(self, *, queryset: Any, **kwargs: Any) -> None:
        self.queryset = queryset
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        pk = _positive_id(data)
        if pk is None:
            self.fail("invalid")
        row = _row_among(self.queryset.all().visible_to(self.context["request"].user), pk)
        if row is None:
            self.fail("does_not_exist")
        return row

    def to_representation(self, value: Any) -> Any:
        return value.pk


def _row_among(rows: Any, pk: int) -> Any:
    query = rows.query
    everything = not (query.where or query.is_empty() or query.select_related or query.annotations or query.is_sliced)
    if everything and not rows._prefetch_related_lookups and not query.distinct:
        return compiled.load(rows.model, pk)
    return rows.order_by().filter(pk=pk).first()


@extend_schema_field(OpenApiTypes.DATETIME)
class WireDateTimeField(serializers.Field):
    """UTC with ``Z`` out; any offset in; without one, the caller's own time zone."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "{reason}"}

    def to_internal_value(self, data: Any) -> dt.datetime:
        request = self.context.get("request")
        try:
            return times.parse_instant(data, clock.zone_of(getattr(request, "user", None)))
        except ValueError as error:
            self.fail("invalid", reason=str(error))

    def to_representation(self, value: Any) -> Any:
        return wire_time(value)


@extend_schema_field(OpenApiTypes.DATE)
class WireDateField(serializers.Field):
    """``YYYY-MM-DD``."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "{reason}"}

    def to_internal_value(self, data: Any) -> dt.date:
        try:
            return times.parse_date(data)
        except ValueError as error:
            self.fail("invalid", reason=str(error))

    def to_representation(self, value: Any) -> Any:
        return value.isoformat()


class DecimalInput(serializers.Field):
    """A decimal from a string or a JSON number, exact, within bounds."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _('Write a decimal number, like "12.50".'),
        "max_decimal_places": _("At most {places} digits after the point."),
        "min_value": _("At least {bound}."),
        "max_value": _("At most {bound}."),
    }
    places = 6
    smallest: Decimal | None = Decimal(0)
    largest: Decimal | None = Decimal("999999999999")

    def __init__(self, *, places: int | None = None, min_value: Any = ..., max_value: Any = ..., **kwargs: Any) -> None:
        # What Django's own decimal columns would add, when a model serializer builds this field.
        for name in ("max_digits", "decimal_places", "coerce_to_string", "localize", "rounding", "validators"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        self.places = self.places if places is None else places
        self.smallest = self.smallest if min_value is ... else _bound(min_value)
        self.largest = self.largest if max_value is ... else _bound(max_value)

    def to_internal_value(self, data: Any) -> Decimal:
        # A JSON number is what a program counts with: of 0.1 + 0.2 it sends 0.30000000000000004. The fifteen digits
        # that a double always keeps are what was meant.
        text = f"{data:.15g}" if type(data) is float else repr(data) if type(data) is int else data
        if type(text) is not str or not _DECIMAL.fullmatch(text):
            self.fail("invalid")
        if len(text.partition(".")[2].rstrip("0")) > self.places:
            self.fail("max_decimal_places", places=self.places)
        number = Decimal(text)
        if self.smallest is not None and number < self.smallest:
            self.fail("min_value", bound=self.smallest)
        if self.largest is not None and number > self.largest:
            self.fail("max_value", bound=self.largest)
        return number


def _bound(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["1250.00"]})
class MoneyField(DecimalInput):
    """An amount with the digits of its currency, which stands beside it (``currency_source``)."""

    places = 3

    def __init__(self, *, currency_source: str = "currency", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.currency_source = currency_source

    def wire(self, amount: Any, currency: str) -> str | None:
        return money.wire(amount, currency)

    def get_attribute(self, instance: Any) -> Any:
        amount = super().get_attribute(instance)
        if amount is None:
            return None
        holder = instance
        for name in self.currency_source.split("."):
            holder = holder[name] if isinstance(holder, dict) else getattr(holder, name)
        return self.wire(amount, holder)

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["95.00"]})
class PriceField(MoneyField):
    """Money per unit (an hourly rate): the digits of its currency at least, up to six where it has them."""

    places = 6

    def wire(self, amount: Any, currency: str) -> str | None:
        return money.wire_price(amount, currency)


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["20"]})
class RateField(DecimalInput):
    """A rate, price or quantity: a decimal string without needless zeros."""

    def to_representation(self, value: Any) -> str:
        return format(Decimal(value).normalize(), "f")


@extend_schema_field({"type": "number", "minimum": 0})
class HoursField(DecimalInput):
    """Hours as a number with two digits."""

    places = 2
    largest = Decimal("99999.99")

    def to_representation(self, value: Any) -> float:
        return round(float(value), 2)


class SafeCharField(serializers.CharField):
    """Text: no number in its place, no NUL or control characters; ``single_line`` refuses line breaks too."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "control_characters": _("There are control characters in it."),
        "single_line": _("It must be on one line."),
    }

    def __init__(self, *, single_line: bool = False, **kwargs: Any) -> None:
        self.single_line = single_line
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if type(data) is not str:
            self.fail("invalid")
        if _CONTROL.search(data):
            self.fail("control_characters")
        text: str = super().to_internal_value(data)
        if text and not self.allow_blank and not any(character.isprintable() for character in text if character != " "):
            self.fail("blank")  # spaces of no width and the like: there is nothing to see
        if self.single_line and _NEW_LINE.search(text):
            self.fail("single_line")
        return text


class PasswordField(SafeCharField):
    """A password: never trimmed, never shown, and refused by its length before anything is computed from it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 128)
        kwargs.setdefault("write_only", True)
        super().__init__(trim_whitespace=False, style={"input_type": "password"}, **kwargs)


class EmailField(serializers.EmailField):
    """An address on one line, at most 254 characters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if type(data) is not str or _CONTROL.search(data) or _NEW_LINE.search(data.strip()):
            self.fail("invalid")
        return super().to_internal_value(data)


class URLField(serializers.URLField):
    """An http or https address."""

    default_error_messages: ClassVar[dict[str, Any]] = {"scheme": _("The address begins with https:// or http://.")}

    def to_internal_value(self, data: Any) -> str:
        if type(data) is not str:
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        if text and not text.lower().startswith(("https://", "http://")):
            self.fail("scheme")
        return text


class ChoiceField(serializers.ChoiceField):
    """One of the choices, spelt exactly."""

    def to_internal_value(self, data: Any) -> Any:
        if type(data) not in (str, int) or (data == "" and self.allow_blank):
            return "" if data == "" and self.allow_blank else self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class IntegerInput(serializers.IntegerField):
    """A JSON number without a fraction: no text, no boolean in its place."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class BooleanInput(serializers.BooleanField):
    """``true`` or ``false``, not words or numbers that could mean it."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


class FormBoolean(BooleanInput):
    """``true`` or ``false``; in a form, which has only text, the words of the same spelling."""

    def to_internal_value(self, data: Any) -> bool:
        if html.is_html_input(self.parent.initial_data) and data in ("true", "false"):
            return bool(data == "true")
        return super().to_internal_value(data)


class Hidden(serializers.Field):
    """A file never leaves through a resource: it has its own view."""

    def to_representation(self, value: Any) -> None:
        return None
