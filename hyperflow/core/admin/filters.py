"""List filters that name no row the person may not see."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
)

__all__ = ["BooleanRadioFilter", "ChoicesDropdownFilter", "DropdownFilter", "RangeDateFilter", "RelatedFilter"]


class RelatedFilter(AutocompleteSelectFilter):
    """Filter by a related row, found by typing. Django's own would list every related row there is."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The theme forgets the rows that have none, which an address may ask for (``project__isnull=True``)."""
        if self.lookup_val_isnull and not self.value():
            return queryset.filter(**{self.lookup_kwarg_isnull: True})
        return super().queryset(request, queryset)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = field.queryset.all().visible_to(self.request.user)
            yield choice
