"""Taking on clients and keeping what is known of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.utils.translation import gettext as _

from clients import identity
from clients.duplicates import Suspicion, suspected_duplicates
from clients.models import Client
from clients.services import contacts as contact_services
from clients.services import keys
from clients.services.preferences import write_preferences
from clients.services.rules import active_staff, needs_permission, rates_only_for_who_sees_them
from hyperflow.core import changes
from hyperflow.core.errors import Conflict
from hyperflow.core.registry import figures
from hyperflow.core.transactions import command


class ClientFields(TypedDict, total=False):
    """What is known of a client beside the name."""

    description: str
    contact_info: str
    email: str
    phone: str
    website: str
    industry: str
    status: str
    owner: Any
    currency: str
    hourly_rate: Decimal | None
    payment_terms_days: int
    tax_id: str
    address: str
    timezone: str


class ClientChanges(ClientFields, total=False):
    name: str


@command
def create_client(
    *,
    actor: Any,
    name: str,
    contacts: Sequence[Mapping[str, Any]] = (),
    preferences: Mapping[str, Sequence[str]] | None = None,
    **fields: Unpack[ClientFields],
) -> tuple[Client, list[Suspicion]]:
    """Take on a client, with contacts and dos and don'ts where they are known already.

    Gives the client and the clients that it might be a duplicate of, of those that the actor may see: it is made all
    the same, since only people can tell. Without a currency it gets the company's. Who sees only the clients they
    work for owns the ones they take on, so they don't lose sight of them.
    """
    rates_only_for_who_sees_them(actor, fields)
    needs_permission(actor, "clients.add_contact", ["contacts"] if contacts else [])
    needs_permission(actor, "clients.change_preference", ["preferences"] if preferences else [])
    client = Client(name=name.strip(), **fields)
    client.currency = fields.get("currency") or settings.COMPANY_CURRENCY
    if client.owner is None and actor is not None and not actor.has_perm("clients.view_all_clients"):
        client.owner = actor
    if client.owner is not None:
        active_staff(client.owner, "owner_id")
    for field, value in _recognised_by(client).items():
        setattr(client, field, value)
    suspicions = suspected_duplicates(client, user=actor)

    client.key_sequence = keys.new_sequence(prefix=identity.client_prefix(client.name))
    changes.create(client, actor=actor, action="client.create", event="client.created")
    for contact in contacts:
        contact_services.write_contact(client=client, actor=actor, **contact)
    if preferences:
        write_preferences(client=client, brand=None, actor=actor, **preferences)
    return client, suspicions


@command
def update_client(
    *,
    client: Client,
    actor: Any,
    expected_version: int | None = None,
    preferences: Mapping[str, Sequence[str]] | None = None,
    **fields: Unpack[ClientChanges],
) -> Client:
    """Change what is known of a client; ``preferences`` replaces its dos and don'ts.

    The currency stays once there is a project or anything else counted in it (`Conflict`, ``currency_in_use``):
    amounts keep the meaning that they were written with.
    """
    rates_only_for_who_sees_them(actor, fields)
    needs_permission(actor, "clients.change_preference", ["preferences"] if preferences is not None else [])
    client = changes.lock(client, expected_version=expected_version)
    if "name" in fields:
        fields["name"] = fields["name"].strip()
    if fields.get("owner") is not None and fields["owner"].pk != client.owner_id:
        active_staff(fields["owner"], "owner_id")
    if fields.get("currency", client.currency) != client.currency:
        _refuse_while_currency_is_in_use(client, keeps_rate="hourly_rate" not in fields)

    values: dict[str, Any] = {**fields, **_recognised_by(client, fields)}
    changed = changes.update(client, actor=actor, action="client.update", event="client.updated", **values)
    if preferences is not None:
        rewritten = write_preferences(client=client, brand=None, actor=actor, **preferences)
        if rewritten and not changed:
            changes.touch(client)
    return client


def _recognised_by(client: Client, fields: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The keys that follow from what people typed, where that is new; see `clients.identity`."""
    typed = ("name", "website", "email", "tax_id")
    if fields is not None and not any(name in fields for name in typed):
        return {}
    values = {name: getattr(client, name) for name in typed} | dict(fields or {})
    key = identity.name_key(values["name"])
    own = identity.domains(website=values["website"], email=values["email"])
    return {
        "name_key": key,
        "name_tail": key[::-1],
        "domain": own[0] if own else "",
        "tax_key": identity.tax_key(values["tax_id"]),
    }


def _refuse_while_currency_is_in_use(client: Client, *, keeps_rate: bool) -> None:
    told = (figures.of("clients.client", name, None, [client.pk], default=False) for name in ("has_money", "has_bills"))
    rated = keeps_rate and client.hourly_rate is not None
    if rated or client.projects.exists() or any(found[client.pk] for found in told):
        raise Conflict(
            _("The currency cannot change any more: there are projects or amounts in %(currency)s.")
            % {"currency": client.currency},
            code="currency_in_use",
        )
