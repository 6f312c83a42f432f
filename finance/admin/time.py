"""What became of logged time, as filters of its list: only finance knows what is billed or written off.

The list of time entries belongs to a lower app, so its filters are added from here.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

from finance.selectors.hours import STATES, that_became
from hyperflow.core.admin.filters import DropdownFilter
from tasks.admin import TimeEntryAdmin

_LABELS = {
    "billed": _("Billed"), "written_off": _("Written off"), "not_billable": _("Not billable"),
    "unbilled": _("Unbilled"),
}  # fmt: skip


class BecameFilter(DropdownFilter):
    """As the report of unbilled work counts it; ``ended`` leaves out time that still runs."""

    title = _("what became of it")
    parameter_name = "became"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if not request.user.has_perm("finance.view_settledtime"):
            return [("ended", _("Logged"))]
        return [("ended", _("Logged")), *((name, _LABELS[name]) for name in STATES)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "ended":
            return queryset.filter(ended_at__isnull=False)
        known = {name for name, _label in self.lookup_choices}
        return that_became(queryset, str(self.value())) if self.value() in known else queryset


class CurrencyFilter(TextFilter):
    """The currency of its rate, for who may see rates."""

    title = _("currency")
    parameter_name = "currency"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self._shown = bool(request.user.has_perm("clients.view_rates"))

    def has_output(self) -> bool:
        return self._shown

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(currency=self.value()) if self.value() else queryset


_ALL: list[Any] = [*TimeEntryAdmin.list_filter, BecameFilter, CurrencyFilter]
TimeEntryAdmin.list_filter = _ALL
