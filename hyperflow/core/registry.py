"""Where an upper app tells a lower page what only it knows, without being imported.

Four small registries, all filled in an app's ``ready()``:

* `scopes`: which further rows of a lower model a person may see (tasks knows which clients somebody works for);
* `figures`: a field of a lower resource that an upper app computes (a client's unpaid amount, a task's insights);
  without a provider the field is ``None``, or ``[]`` where the caller says so;
* `home`: counters of a person's home page;
* `refusals`: what an upper app has against a change of a lower app's rows (a holiday in days that are paid already).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

ScopeProvider = Callable[[Any], Q]
FigureProvider = Callable[..., dict[int, Any]]


@dataclass
class Scopes:
    """Conditions on a model's rows; a row is in scope where any of them holds."""

    _providers: dict[str, list[ScopeProvider]] = field(default_factory=dict)

    def register(self, model: str, provider: ScopeProvider) -> None:
        """``provider(user)`` gives a ``Q`` over *model* (``"clients.client"``); sub-queries, not joins."""
        self._providers.setdefault(model, []).append(provider)

    def condition(self, model: str, user: Any) -> Q:
        condition = Q(pk__in=[])
        for provider in self._providers.get(model, []):
            condition |= provider(user)
        return condition


@dataclass
class Figures:
    """Values for rows of a lower resource, asked for many ids at once so that lists stay one query each."""

    _providers: dict[tuple[str, str], FigureProvider] = field(default_factory=dict)

    def register(self, resource: str, name: str, provider: FigureProvider) -> None:
        """``provider(user, ids, **options)`` gives a value per id; ids it leaves out have none.

        ``options`` are what the figure's reader documents for it (a period); most figures take none.
        """
        if (resource, name) in self._providers:
            raise ValueError(f"{resource}.{name} has a provider already")
        self._providers[resource, name] = provider

    def of(
        self, resource: str, name: str, user: Any, ids: list[int], default: Any = None, **options: Any
    ) -> dict[int, Any]:
        provider = self._providers.get((resource, name))
        found = provider(user, ids, **options) if provider else {}
        return {pk: found.get(pk, default) for pk in ids}


@dataclass(frozen=True)
class Counter:
    """A number on somebody's home page, with where it leads."""

    label: Any
    value: int | str
    url: str
    tone: str = "default"


@dataclass
class Home:
    _providers: list[Callable[[Any], list[Counter]]] = field(default_factory=list)

    def register(self, provider: Callable[[Any], list[Counter]]) -> None:
        self._providers.append(provider)

    def counters(self, user: Any) -> list[Counter]:
        return [counter for provider in self._providers for counter in provider(user)]


@dataclass
class Refusals:
    """What would be wrong with a change, asked in its transaction and before it is written."""

    _checks: dict[str, list[Callable[..., None]]] = field(default_factory=dict)

    def register(self, change: str, check: Callable[..., None]) -> None:
        """``check(**facts)`` raises a `DomainError` where the change may not be made."""
        self._checks.setdefault(change, []).append(check)

    def ask(self, change: str, **facts: Any) -> None:
        for check in self._checks.get(change, []):
            check(**facts)


scopes = Scopes()
figures = Figures()
home = Home()
refusals = Refusals()
