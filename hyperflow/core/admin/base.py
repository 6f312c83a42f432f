"""`ScopedModelAdmin`: lists, forms, moves, history and exports of one model, within a person's rights."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from hyperflow.core import exports
from hyperflow.core.admin.forms import VERSION_FIELD, ScopedForm
from hyperflow.core.admin.history import entries_of
from hyperflow.core.admin.importing import Importing
from hyperflow.core.admin.inlines import Fields, ServiceInline, scoped_choices
from hyperflow.core.admin.moving import Moving
from hyperflow.core.errors import DomainError, NotAllowed
from hyperflow.core.transactions import command

#: Ways to ask that no filter offers: they cost more than they tell, and some databases fail at what is given for them.
UNASKED = frozenset(
    {"regex", "iregex", "search", "year", "iso_year", "quarter", "month", "week", "week_day", "iso_week_day", "day"}
    | {"hour", "minute", "second", "date", "time"}
)
#: Characters of a search.
MOST_SEARCHED = 200


class ScopedChangeList(ChangeList):
    """Counts once: without a filter the rows found are all there are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.has_active_filters or self.query):
            self.full_result_count = self.result_count


class ScopedModelAdmin(Importing, Moving, Fields, ModelAdmin):
    """A model in the admin, with the scope and the rights that the API has.

    A class says which service creates (`create_with`) and changes (`update_with`) a row; without one the page is
    read-only. Nothing can be deleted unless the class says how (`deletable`, `delete_with`).
    """

    form = ScopedForm
    list_filter_submit = True
    list_disable_select_all = True
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    show_facets = None  # counting every filter of a long list costs more than it tells
    warn_unsaved_form = True
    change_form_before_template = "admin/hyperflow/version.html"
    object_history_template = "admin/hyperflow/history.html"
    actions_on_top = True

    deletable: ClassVar[bool] = False
    #: Fields that take a further right to see, by name: they vanish from list, form, history and export.
    field_needs: ClassVar[dict[str, str]] = {}
    #: Fields whose changes tell a person nothing.
    history_skips: ClassVar[frozenset[str]] = frozenset()
    #: Columns of the CSV and XLSX export: a heading, and a field path or a function of the row.
    exported: ClassVar[Sequence[tuple[Any, Any]]] = ()

    # --- Rows and rights ----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field) if object_id.isascii() else None

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        return scoped_choices(super().get_field_queryset(db, db_field, request), db_field, request)

    def may_change(self, user: Any, row: Any) -> bool:
        """Beyond the permission: may this person edit this row? The service asks again."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._writes("create_with") and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self._writes("update_with") or not super().has_change_permission(request, obj):
            return False
        return not isinstance(obj, models.Model) or self.may_change(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def _writes(self, hook: str) -> bool:
        return getattr(type(self), hook) is not getattr(ScopedModelAdmin, hook)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list offers as a filter: asking by any column would spell out what it does not show."""
        heads = {self.date_hierarchy}
        for item in self.get_list_filter(request) if request is not None else ():
            named = item[0] if isinstance(item, tuple | list) else item
            heads.add(named if isinstance(named, str) else named.parameter_name)
        head = lookup.removesuffix("_from").removesuffix("_to")
        if lookup.rpartition("__")[2] in UNASKED and self.date_hierarchy != lookup.split("__")[0]:
            return False
        known = head in heads or lookup.split("__")[0] in {str(name).split("__")[0] for name in heads if name}
        return known and super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """As long a search as the API takes."""
        return super().get_search_results(request, queryset, search_term[:MOST_SEARCHED])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScopedChangeList

    # --- Fields that take a right -------------------------------------------------------------------------------------

    def _hidden(self, request: HttpRequest) -> set[str]:
        return {name for name, right in self.field_needs.items() if not request.user.has_perm(right)}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        hidden = self._hidden(request)
        return [column for column in super().get_list_display(request) if column not in hidden]

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        """The fieldsets, where they depend on the row or the person. (The class is shared by threads: don't set it.)"""
        return super().get_fieldsets(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self._hidden(request)
        kept = []
        for title, options in self.sections(request, obj):
            fields = [_without(line, hidden) for line in options["fields"]]
            kept.append((title, {**options, "fields": [line for line in fields if line]}))
        return kept

    # --- Writing ------------------------------------------------------------------------------------------------------

    def create_with(self, actor: Any, **values: Any) -> Any:
        """Call the service that makes a row; gives the row, or the row and warnings to show."""
        raise NotImplementedError(f"{type(self).__name__} does not say which service creates")

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        """Call the service that changes a row; ``values`` are the fields that changed, and ``expected_version``."""
        raise NotImplementedError(f"{type(self).__name__} does not say which service changes")

    def delete_with(self, row: Any, actor: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say which service deletes")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs)
        made.request = request
        return made

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A refusal of the service undoes everything and comes back as an error of the form."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            return command(super().changeform_view)(request, object_id, form_url, extra_context)
        except (DomainError, ValidationError) as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            values = form.changed_values()
            if values:
                version = form.cleaned_data.get(VERSION_FIELD)
                row = type(obj)._base_manager.get(pk=obj.pk)
                self._warn(request, self.update_with(row, request.user, expected_version=version, **values))
            return
        made = self.create_with(request.user, **form.all_values())
        row, warnings = made if isinstance(made, tuple) else (made, [])
        self._warn(request, row, warnings)
        obj.pk = row.pk
        obj.refresh_from_db()
        obj._state.adding = False

    def _warn(self, request: HttpRequest, row: Any, warnings: Iterable[Any] = ()) -> None:
        """Show what a service has to say about a row that it wrote all the same."""
        for warning in (*warnings, *(getattr(row, "warnings", None) or ())):
            self.message_user(request, str(getattr(warning, "message", warning)), level="WARNING")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Many-to-many values went to the service with the rest; here are the inlines."""
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        inline = formset.inline
        if not isinstance(inline, ServiceInline):
            return
        owner = form.instance
        mine = set(formset.get_queryset().values_list("pk", flat=True)) if change else set()
        for number, part in enumerate(formset.forms):
            row = part.instance
            # A form that claims to be of a row there is must name one of this owner's.
            claims = number < formset.initial_form_count() or row.pk
            if claims and row.pk not in mine:
                raise NotAllowed(str(_("That row belongs elsewhere.")))
            if formset.can_delete and formset._should_delete_form(part):
                if row.pk and inline.has_delete_permission(request, owner):
                    inline.delete_with(row, request.user)
            elif not part.has_changed():
                continue
            elif row.pk:
                if inline.has_change_permission(request, owner):
                    values = {
                        name: part.cleaned_data[name] for name in part.changed_data if name in inline_fields(part)
                    }
                    self._warn(
                        request, inline.update_with(type(row)._base_manager.get(pk=row.pk), request.user, **values)
                    )
            elif inline.has_add_permission(request, owner):
                values = {name: part.cleaned_data[name] for name in inline_fields(part)}
                self._warn(request, inline.create_with(owner, request.user, **values))

    def get_inline_formsets(self, request: HttpRequest, formsets: Any, inline_instances: Any, obj: Any = None) -> Any:
        """Rows are named within a sentence: "Add another line"."""
        found = super().get_inline_formsets(request, formsets, inline_instances, obj)
        for one in found:
            told = json.loads(one.inline_formset_data())
            named = {"verbose_name": str(one.opts.verbose_name)}
            told["options"]["addText"] = gettext("Add another %(verbose_name)s") % named
            one.inline_formset_data = json.dumps(told)
        return found

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)
        for formset, inline in zip(formsets, inlines, strict=True):
            formset.inline = inline
        return formsets, inlines

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_with(obj, request.user)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            self.message_user(request, refusal.message, level="ERROR")
            return HttpResponseRedirect(reverse(self._url_name("change"), args=[object_id]))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        return []  # nobody keeps it: the service wrote the audit entry

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service wrote the audit entry."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service wrote the audit entry."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The service wrote the audit entry."""

    # --- Further pages ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/do/<slug:name>/", wrap(self.move_view), name=self._url_name("move", full=False)),
            path("import/<slug:name>/", wrap(self.import_view), name=self._url_name("import", full=False)),
            path("export.<slug:kind>", wrap(self.export_view), name=self._url_name("export", full=False)),
        ]
        return [*own, *super().get_urls()]

    def _url_name(self, page: str, full: bool = True) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_{page}"
        return f"{self.admin_site.name}:{name}" if full else name

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History"),
            "subtitle": str(row),
            "entries": entries_of(row, request.user, hidden=self._hidden(request) | self.history_skips),
            "object": row,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
        """The list as it stands (scope, filters, search, order) as CSV or XLSX."""
        if kind not in exports.KINDS or not self.exported:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        return self.export(request, rows, kind)

    def export(self, request: HttpRequest, rows: Any, kind: str) -> HttpResponse | StreamingHttpResponse:
        hidden = self._hidden(request)
        columns = [(title, value) for title, value in self.exported if value not in hidden]
        related = self.list_select_related
        rows = rows.select_related(*related) if isinstance(related, list | tuple) else rows
        lines = (
            [value(row) if callable(value) else exports.follow(row, value) for _title, value in columns]
            for row in rows.iterator(chunk_size=1_000)
        )
        return exports.answer(kind, self.opts.model_name or "", [title for title, _value in columns], lines)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        named = {"title": capfirst(str(self.opts.verbose_name_plural)), **(extra_context or {})}
        response = super().changelist_view(request, named)
        if isinstance(response, TemplateResponse) and response.context_data and (self.exported or self.imports):
            query = request.GET.urlencode()
            response.context_data["actions_list"] = [
                *(response.context_data.get("actions_list") or []),
                *self.import_buttons(request),
                *(
                    {
                        "title": kind.upper(),
                        "icon": "download",
                        "path": reverse(self._url_name("export"), args=[kind]) + (f"?{query}" if query else ""),
                        "attrs": {"title": str(_("Export this list"))},
                    }
                    for kind in (exports.KINDS if self.exported else ())
                ),
            ]
        return response


class ReadOnlyScopedAdmin(ScopedModelAdmin):
    """Rows that are looked at here and made elsewhere."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def inline_fields(part: Any) -> list[str]:
    """The fields of an inline's form that are the row's own: not its id, its owner or the tick that removes it."""
    own = {field.name for field in part._meta.model._meta.get_fields()}
    link = getattr(part, "fk_name", None)
    skipped = {part._meta.model._meta.pk.name, "DELETE", link}
    return [name for name in part.fields if name in own and name not in skipped and name != _owner_field(part)]


def _owner_field(part: Any) -> str | None:
    for name, field in part.fields.items():
        if type(field).__name__ == "InlineForeignKeyField":
            return name
    return None


def _without(line: Any, hidden: set[str]) -> Any:
    if isinstance(line, str):
        return None if line in hidden else line
    return tuple(name for name in line if name not in hidden)
