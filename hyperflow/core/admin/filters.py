"""List filters that name no row the person may not see."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.views.main import ChangeList
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

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = field.queryset.all().visible_to(self.request.user)
            yield choice
