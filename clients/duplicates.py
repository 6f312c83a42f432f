"""Is this client known already? Suspicions for people to judge, never a refusal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clients import identity
from clients.models import Client

#: How many clients before and after a name are compared with it. See `_similar`.
NEIGHBOURS = 40
#: As many as a person will look at.
MOST = 10


@dataclass(frozen=True)
class Suspicion:
    """A client that the new one may be. ``kind`` is ``same_tax_id``, ``same_domain`` or ``similar_name``."""

    kind: str
    client_id: int
    message: str


def suspected_duplicates(client: Client, *, user: Any) -> list[Suspicion]:
    """The clients, of those that the user may see, that are probably this one: the surest first, `MOST` at most.

    Every look-up is by an index and bounded, so it costs the same among 500 clients and among 50,000.
    """
    known = Client.objects.all() if user is None else Client.objects.visible_to(user)
    known = known.exclude(pk=client.pk) if client.pk else known
    found: dict[int, Suspicion] = {}
    for suspicion in (*_same_tax_id(client, known), *_same_domain(client, known), *_similar(client, known)):
        found.setdefault(suspicion.client_id, suspicion)
    return list(found.values())[:MOST]


def _same_tax_id(client: Client, known: QuerySet[Client]) -> Iterator[Suspicion]:
    if client.tax_key:
        for pk, name in _first(known.filter(tax_key=client.tax_key)):
            yield Suspicion("same_tax_id", pk, _("“%(name)s” has the same tax id.") % {"name": name})


def _same_domain(client: Client, known: QuerySet[Client]) -> Iterator[Suspicion]:
    if own := identity.domains(website=client.website, email=client.email):
        for pk, name in _first(known.filter(domain__in=own)):
            yield Suspicion("same_domain", pk, _("“%(name)s” has the same web or mail domain.") % {"name": name})


def _similar(client: Client, known: QuerySet[Client]) -> Iterator[Suspicion]:
    """Names are compared with their neighbours in the alphabet only, read forwards and backwards.

    A slip of the finger leaves the beginning or the end of a name as it was, so the twin is a neighbour in one of
    the two orders. Names that are wrong at both ends are not found.
    """
    if not client.name_key:
        return
    near: dict[int, tuple[str, str]] = {}
    for column, key in (("name_key", client.name_key), ("name_tail", client.name_key[::-1])):
        for step, order in (("gte", column), ("lt", f"-{column}")):
            rows = known.filter(**{f"{column}__{step}": key}).order_by(order)
            near |= {pk: (name, other) for pk, name, other in rows.values_list("pk", "name", "name_key")[:NEIGHBOURS]}
    for pk, (name, other) in sorted(near.items()):
        if identity.are_alike(client.name_key, other):
            yield Suspicion("similar_name", pk, _("“%(name)s” has a similar name.") % {"name": name})


def _first(rows: QuerySet[Client]) -> Iterable[tuple[int, str]]:
    return rows.order_by("pk").values_list("pk", "name")[:MOST]
