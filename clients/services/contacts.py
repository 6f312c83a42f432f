"""The people at a client's, and what they are called on the platforms."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.utils.translation import gettext as _

from clients import identity
from clients.models import Client, Contact, ContactHandle
from clients.services.rules import unique_or
from hyperflow.core import audit, changes, outbox
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.transactions import command

#: ``[{"platform": "slack", "handle": "U024BE7LH"}]``
Handles = Sequence[Mapping[str, str]]


class ContactFields(TypedDict, total=False):
    email: str
    phone: str
    position: str
    is_primary: bool
    notes: str


class ContactChanges(ContactFields, total=False):
    name: str


@command
def add_contact(
    *, client: Client, actor: Any, name: str, handles: Handles = (), **fields: Unpack[ContactFields]
) -> Contact:
    """Write down a person at the client's. The first ``is_primary`` counts: another main contact steps back.

    A handle belongs to one contact of one client: `Conflict` (``handle_taken``) does not say to whose.
    """
    client = changes.lock(client)
    contact = write_contact(client=client, actor=actor, name=name, handles=handles, **fields)
    _client_changed(client)
    return contact


def write_contact(
    *, client: Client, actor: Any, name: str, handles: Handles = (), **fields: Unpack[ContactFields]
) -> Contact:
    """For services that hold the client's lock already: the contact without counting a change of the client."""
    contact = Contact(client=client, name=name.strip(), **fields)
    if contact.is_primary:
        _step_back(client, actor)
    changes.create(contact, actor=actor, action="contact.create")
    _write_handles(contact, handles)
    return contact


@command
def change_contact(
    *,
    contact: Contact,
    actor: Any,
    expected_version: int | None = None,
    handles: Handles | None = None,
    **fields: Unpack[ContactChanges],
) -> Contact:
    """Change what is known of a contact; ``handles`` replaces all of them."""
    client = changes.lock(contact.client)
    contact = changes.lock(contact, expected_version=expected_version)
    if "name" in fields:
        fields["name"] = fields["name"].strip()
    if fields.get("is_primary") and not contact.is_primary:
        _step_back(client, actor)
    changed = bool(changes.update(contact, actor=actor, action="contact.update", **fields))
    if handles is not None and _rewrite_handles(contact, handles, actor=actor):
        if not changed:
            changes.touch(contact)
        changed = True
    if changed:
        _client_changed(client)
    return contact


@command
def remove_contact(*, contact: Contact, actor: Any, expected_version: int | None = None) -> None:
    """Forget a contact and their handles. What they said stays in the communication log, by the name that is there."""
    client = changes.lock(contact.client)
    contact = changes.lock(contact, expected_version=expected_version)
    audit.record("contact.delete", contact, actor=actor, changes={"name": (contact.name, None)})
    contact.delete()
    _client_changed(client)


def _client_changed(client: Client) -> None:
    changes.touch(client)
    outbox.emit("client.updated", client, changed=["contacts"])


def _step_back(client: Client, actor: Any) -> None:
    for other in Contact.objects.select_for_update().filter(client=client, is_primary=True).order_by("pk"):
        changes.update(other, actor=actor, action="contact.update", is_primary=False)


def _spelled(handles: Handles) -> list[tuple[str, str]]:
    """The handles as they are stored, sorted. Raises `Invalid` for one that is empty."""
    spelled = {(entry["platform"], identity.handle(entry["platform"], entry["handle"])) for entry in handles}
    if any(not text for _platform, text in spelled):
        raise Invalid(_("A handle cannot be empty."), code="blank", field="handles")
    return sorted(spelled)


def _write_handles(contact: Contact, handles: Handles) -> None:
    rows = [ContactHandle(contact=contact, platform=platform, handle=text) for platform, text in _spelled(handles)]
    for row in rows:
        row.full_clean(validate_unique=False, validate_constraints=False)
    taken = Conflict(_("A handle belongs to another contact already."), code="handle_taken", field="handles")
    with unique_or(taken):
        ContactHandle.objects.bulk_create(rows)


def _rewrite_handles(contact: Contact, handles: Handles, *, actor: Any) -> bool:
    before = sorted(contact.handles.values_list("platform", "handle"))
    after = _spelled(handles)
    if before == after:
        return False
    contact.handles.all().delete()
    _write_handles(contact, handles)
    audit.record("contact.handles", contact, actor=actor, changes={"handles": (before, after)})
    return True
