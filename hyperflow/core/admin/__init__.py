"""The admin's base classes: what a person sees and may do there is what the API shows and lets them do.

Rows come from ``visible_to``, writing goes through services, and life cycles are moved by `Move`s.
"""

from hyperflow.core.admin.base import ReadOnlyScopedAdmin, ScopedModelAdmin
from hyperflow.core.admin.filters import RelatedFilter
from hyperflow.core.admin.importing import Import
from hyperflow.core.admin.inlines import ReadOnlyInline, ServiceInline
from hyperflow.core.admin.moves import Link, Move, MoveForm, register_links

__all__ = [
    "Import",
    "Link",
    "Move",
    "MoveForm",
    "ReadOnlyInline",
    "ReadOnlyScopedAdmin",
    "RelatedFilter",
    "ScopedModelAdmin",
    "ServiceInline",
    "register_links",
]

from hyperflow.core.admin import registered as registered  # the floor's own rows, last: it needs the above
