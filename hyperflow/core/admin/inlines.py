"""Rows of another table on a row's page."""

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from hyperflow.core.admin.forms import PlainForm, shown_without_zeros


class Fields:
    """How fields are typed and shown.

    A link that is typed without its scheme is taken for https; text fields begin small and can be pulled larger; a
    moment says in which zone it is; numbers are shown without zeros that say nothing.
    """

    model: type[models.Model]

    @property
    def readonly_preprocess_fields(self) -> dict[str, Any]:
        numbers = (field for field in self.model._meta.concrete_fields if isinstance(field, models.DecimalField))
        return {field.name: shown_without_zeros for field in numbers if field.decimal_places}

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(db_field, models.TextField) and field is not None:
            field.widget.attrs["rows"] = 4
        if isinstance(db_field, models.DateTimeField) and field is not None:
            field.help_text = zoned(field.help_text)
        return field


def zoned(help_text: Any = "") -> Any:
    """What a field of a moment says below it: the zone in which it is typed."""
    zone = format_lazy("{label} {name}", label=_("Time zone:"), name=_current_zone())
    return format_lazy("{text} {zone}", text=help_text, zone=zone) if help_text else zone


_current_zone = lazy(lambda: timezone.get_current_timezone_name().replace("_", " "), str)


class _ScopedInline(Fields, TabularInline):
    """Only rows in the person's scope. ``view_needs`` and ``change_needs`` name permissions; without, the model's own.

    A part that has no permissions of its own (a handle of a contact, the hours of a calendar) names its owner's.
    """

    form = PlainForm
    extra = 0
    hide_title = True
    view_needs: ClassVar[str] = ""
    change_needs: ClassVar[str] = ""
    show_change_link = False

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """In a table the heading names a column for the eye only: each field says its own name to a screen reader."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", str(field.label))
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        options = self.opts
        return request.user.has_perm(self.view_needs or f"{options.app_label}.view_{options.model_name}")

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        return scoped_choices(super().get_field_queryset(db, db_field, request), db_field, request)


class ReadOnlyInline(_ScopedInline):
    """Shows rows; they are added and changed by moves, or on their own pages."""

    max_num = 0
    can_delete = False
    per_page = 20

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ServiceInline(_ScopedInline):
    """Rows that are edited on their owner's page, each through a service, in the owner's transaction."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.can_delete and self._may(request, "change", obj)

    def _may(self, request: HttpRequest, verb: str, owner: models.Model | None) -> bool:
        """Whoever may not change the owner changes no part of it either."""
        named = self.change_needs or f"{self.opts.app_label}.{verb}_{self.opts.model_name}"
        if not request.user.has_perm(named):
            return False
        owner_admin = self.admin_site._registry[self.parent_model]
        return bool(
            owner_admin.has_change_permission(request, owner)
            or (owner is None and owner_admin.has_add_permission(request))
        )

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say which service adds a row")

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say which service changes a row")

    def delete_with(self, row: Any, actor: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say which service removes a row")


def scoped_choices(found: Any, db_field: Any, request: HttpRequest) -> Any:
    """The rows that a related field may offer: those in the person's scope."""
    rows = found if found is not None else db_field.remote_field.model._default_manager.all()
    return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
