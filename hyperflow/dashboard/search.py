"""Find pages and rows by a word, as far as the person may see them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

#: The tables that are searched, in this order, and how many rows of each are offered.
SEARCHED = ("tasks.task", "clients.client", "clients.project", "accounts.user")
MOST_ROWS = 5


def found_by(site: Any, request: HttpRequest, term: str) -> list[SearchResult]:
    return [*_pages(site, request, term), *_rows(site, request, term)]


def _pages(site: Any, request: HttpRequest, term: str) -> list[SearchResult]:
    folded = term.casefold()
    return [
        SearchResult(title=str(model["name"]), description=str(app["name"]), link=model["admin_url"], icon="list")
        for app in site.get_app_list(request)
        for model in app["models"]
        if model["admin_url"] and folded in str(model["name"]).casefold()
    ]


def _rows(site: Any, request: HttpRequest, term: str) -> list[SearchResult]:
    admins = {model._meta.label_lower: admin for model, admin in site._registry.items()}
    results: list[SearchResult] = []
    for label in SEARCHED:
        admin = admins.get(label)
        if admin is None or not admin.has_view_permission(request):
            continue
        rows, _ = admin.get_search_results(request, admin.get_queryset(request), term)
        options = admin.opts
        results.extend(
            SearchResult(
                title=str(row),
                description=str(options.verbose_name).capitalize(),
                link=reverse(f"{site.name}:{options.app_label}_{options.model_name}_change", args=[row.pk]),
                icon="subdirectory_arrow_right",
            )
            for row in rows[:MOST_ROWS]
        )
    return results
