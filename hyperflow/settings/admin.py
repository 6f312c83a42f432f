"""How the admin looks (django-unfold)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "HyperFlow",
    "SITE_HEADER": "HyperFlow",
    "SITE_SUBHEADER": _("The agency on one database"),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
