"""Shapes. One read-only serializer a resource, one strict input serializer a command. Neither writes anything."""

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.settings import api_settings

from hyperflow.core.api import fields
from hyperflow.core.api.fields import (
    BooleanInput,
    ChoiceField,
    EmailField,
    FormBoolean,
    HoursField,
    IdField,
    IntegerInput,
    MoneyField,
    PasswordField,
    PriceField,
    RateField,
    SafeCharField,
    URLField,
    VisibleRelatedField,
    WireDateField,
    WireDateTimeField,
)

__all__ = [
    "BooleanInput",
    "ChoiceField",
    "EmailField",
    "FormBoolean",
    "HoursField",
    "IdField",
    "IntegerInput",
    "MoneyField",
    "PasswordField",
    "PriceField",
    "RateField",
    "ResourceSerializer",
    "SafeCharField",
    "StrictSerializer",
    "URLField",
    "VisibleRelatedField",
    "WireDateField",
    "WireDateTimeField",
]


_made = threading.local()


class StrictSerializer(serializers.Serializer):
    """The input of a command. A field that it does not know is refused, so a misspelt one is never dropped."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Send a JSON object."),
        "unknown_field": _("There is no such field here."),
    }

    @cached_property
    def fields(self) -> Any:
        """The fields of this class, made once per thread: copying them costs more than checking with them.

        They belong to whichever input of the class was made last, and one is checked at a time. As a part of another
        serializer it has its own.
        """
        if self.parent is not None:
            return super().fields
        made = _made.__dict__.get(type(self))
        if made is None:
            made = _made.__dict__[type(self)] = super().fields
        for field in made.values():
            field.parent = self
        return made

    def to_internal_value(self, data: Any) -> Any:
        unknown: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = {field.field_name for field in self._writable_fields}
            unknown = {
                str(name)[:100]: [serializers.ErrorDetail(str(self.error_messages["unknown_field"]), "unknown_field")]
                for name in data
                if name not in known
            }
        if not unknown:
            return super().to_internal_value(data)
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**_named(error.detail), **unknown}) from error
        raise serializers.ValidationError(unknown)


def _named(detail: Any) -> dict[str, Any]:
    return dict(detail) if isinstance(detail, Mapping) else {api_settings.NON_FIELD_ERRORS_KEY: detail}


class ResourceSerializer(serializers.ModelSerializer):
    """The output of a resource: explicit ``Meta.fields``, read-only, values as the contract prints them."""

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: WireDateTimeField,
        models.DateField: WireDateField,
        models.DecimalField: RateField,
        models.FileField: fields.Hidden,
        models.ImageField: fields.Hidden,
    }

    def get_fields(self) -> dict[str, Any]:
        named = getattr(self.Meta, "fields", None)
        if not isinstance(named, list | tuple):
            raise TypeError(f"{type(self).__name__} names its fields one by one")
        found = super().get_fields()
        for one in found.values():
            one.read_only = True
        return found

    def get_default_field_names(self, *args: Any) -> list[str]:
        raise TypeError(f"{type(self).__name__} names its fields one by one")

    def save(self, **kwargs: Any) -> Any:
        raise TypeError("Services write; serializers describe shapes.")
