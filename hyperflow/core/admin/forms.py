"""The form behind every admin page that edits: it carries the version that was read, and shows a service's refusal."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import CheckConstraint, F, Q
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from hyperflow.core import audit
from hyperflow.core.errors import DomainError, Invalid

#: Not ``version``: that is the model's own field, which no form may set.
VERSION_FIELD = "read_version"
#: A number that is written out: its last group of digits is its fraction.
_FRACTION = re.compile(r"^(.*\d)([^\d])(\d+)$")


class PlainForm(forms.ModelForm):
    """Shows numbers as a person types them, without zeros that say nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.initial.items():
            if isinstance(value, Decimal):
                self.initial[name] = without_zeros(value)

    def _update_errors(self, errors: Any) -> None:
        """A constraint of the database has a name that tells a person nothing: say which fields do not fit."""
        rules = {
            str(rule.get_violation_error_message()): rule
            for rule in self._meta.model._meta.constraints
            if isinstance(rule, CheckConstraint)
        }
        for found in errors.error_dict.get(NON_FIELD_ERRORS, ()) if hasattr(errors, "error_dict") else ():
            rule = rules.get(str(found.message))
            if rule is not None:
                found.message = _unfitting(self._meta.model, rule.condition)
        super()._update_errors(errors)  # type: ignore[misc]  # the one place where a model's errors come in


def _unfitting(model: Any, condition: Any) -> str:
    """“To” lies before “from”; or which values do not fit together."""
    label = {field.name: str(field.verbose_name) for field in model._meta.concrete_fields}
    children: Any = getattr(condition, "children", ())
    if len(children) == 1 and isinstance(children[0], tuple) and isinstance(children[0][1], F):
        name, _sep, lookup = children[0][0].partition(LOOKUP_SEP)
        other = children[0][1].name  # type: ignore[attr-defined]  # the stubs lack it
        if lookup in {"gte", "gt"} and name in label and other in label:
            return _("“%(later)s” may not lie before “%(earlier)s”.") % {"later": label[name], "earlier": label[other]}
    names = condition.referenced_base_fields if isinstance(condition, Q) else ()
    return _("These values do not fit together: %(names)s.") % {
        "names": ", ".join(sorted(label.get(name, name) for name in names)) or model._meta.verbose_name
    }


class ScopedForm(PlainForm):
    """Refuses to overwrite what somebody else saved since the page was opened.

    A service that refused (`request.refusal`, put there by the admin class) speaks here, beside the field it names.
    """

    request: HttpRequest
    read_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_there = not self.instance._state.adding  # a row of a fixed key has one before it is saved
        version = getattr(self.instance, "version", None) if is_there else None
        if version is None:
            del self.fields[VERSION_FIELD]
        else:
            self.fields[VERSION_FIELD].initial = version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if VERSION_FIELD in self.fields and cleaned.get(VERSION_FIELD) != self.instance.version:
            raise ValidationError(self._stale(), code="precondition_failed")
        refusal = getattr(self.request, "refusal", None)
        if refusal is not None:
            self._show(refusal)
        return cleaned

    def changed_values(self) -> dict[str, Any]:
        """What the person changed, by field name."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self._model_fields()}

    def all_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._model_fields() if name in self.cleaned_data}

    def _model_fields(self) -> list[str]:
        return [name for name in self.fields if name != VERSION_FIELD]

    def _stale(self) -> str:
        last = audit.history(self.instance).first()
        if last is None or last.actor is None:
            return _("Somebody else changed this in the meantime; nothing was saved. Open the page again.")
        at = formats.date_format(timezone.localtime(last.at), "SHORT_DATETIME_FORMAT")
        return _("%(who)s changed this in the meantime (%(when)s); nothing was saved. Open the page again.") % {
            "who": last.actor,
            "when": at,
        }

    def _show(self, refusal: DomainError | ValidationError) -> None:
        if isinstance(refusal, ValidationError) and hasattr(refusal, "error_dict"):
            for name, errors in refusal.error_dict.items():
                self.add_error(self._field_for(name), errors)
        elif isinstance(refusal, ValidationError):
            self.add_error(None, refusal)
        else:
            named = refusal.field if isinstance(refusal, Invalid) else None
            self.add_error(self._field_for(named), ValidationError(refusal.message, code=refusal.code))

    def _field_for(self, name: str | None) -> str | None:
        for candidate in (name, (name or "").removesuffix("_id")):
            if candidate and candidate in self.fields:
                return candidate
        return None


def without_zeros(value: Decimal) -> Decimal:
    """``34000.000`` as a person types it: without a fraction that says nothing, else with two places or more."""
    if value == value.to_integral_value():
        return value.quantize(Decimal(1))
    cents = value.quantize(Decimal("0.01"))
    return cents if cents == value else value.normalize()


def shown_without_zeros(text: str) -> str:
    """The same of a number that is written out, in whatever language: ``33.3330`` is ``33.333``, ``19,0000`` is 19."""
    found = _FRACTION.match(text)
    if found is None:
        return text
    whole, point, places = found.groups()
    left = places.rstrip("0")
    return f"{whole}{point}{left.ljust(2, '0')}" if left else whole


class StandInForm(ScopedForm):
    """A form with a field of its own in the place of one of the model: what is given as ``typed`` becomes ``stored``.

    Lists are typed as text so, and files are sent for what the model keeps as a row.
    """

    typed = ""
    stored = ""

    def changed_values(self) -> dict[str, Any]:
        return self._named(super().changed_values())

    def all_values(self) -> dict[str, Any]:
        return self._named(super().all_values())

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        return {self.stored if name == self.typed else name: value for name, value in values.items()}

    def _field_for(self, name: str | None) -> str | None:
        return super()._field_for(self.typed if name == self.stored else name)
