"""How the admin looks (django-unfold). All assets are our own or the theme's; nothing comes from elsewhere."""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


def _own(path: str) -> Any:
    """The address of a static file, asked when a page is made: its name may carry a hash."""
    return lambda request: static(path)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "HyperFlow",
    "SITE_HEADER": "HyperFlow",
    "SITE_SUBHEADER": _("The agency on one database"),
    "SITE_URL": None,
    "SITE_ICON": _own("hyperflow/logo.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _own("hyperflow/logo.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "hyperflow.dashboard.home.page",
    "STYLES": [_own("hyperflow/admin.css")],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "hyperflow.dashboard.navigation.sidebar",
    },
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(63% .125 182.503)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(33% .052 189)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
}
