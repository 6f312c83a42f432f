"""What was said to and by clients. Appended, never edited."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client, CommunicationLog, Contact
from hyperflow.core import audit, clock, outbox
from hyperflow.core.errors import Invalid
from hyperflow.core.transactions import command

#: Clocks of other machines run ahead by so much at most.
_AHEAD = dt.timedelta(minutes=5)


@command
def log(
    *,
    actor: Any,
    client: Client,
    channel: str,
    direction: str,
    message: str,
    subject: str = "",
    contact: Contact | None = None,
    external_url: str = "",
    created_at: dt.datetime | None = None,
    sender_name: str = "",
) -> CommunicationLog:
    """Write down one thing that was said, now or, for imports, at ``created_at`` in the past.

    What goes out or stays among us is sent by whoever writes it down. What came in was sent by the contact, or by
    ``sender_name``, else by the client; the history of the client keeps who wrote it down. What a platform brought
    has no actor: then ``sender_name`` says who it was. The contact is one of this client (`Invalid`,
    ``contact_of_another_client``).
    """
    if contact is not None and contact.client_id != client.pk:
        raise Invalid(
            _("The contact does not belong to this client."), code="contact_of_another_client", field="contact_id"
        )
    if created_at is not None and created_at > clock.now() + _AHEAD:
        raise Invalid(_("This has not happened yet."), code="in_future", field="created_at")
    sender = None if direction == CommunicationLog.Direction.INBOUND else actor
    if sender is not None:
        sender_name = sender.name
    elif actor is not None:
        sender_name = contact.name if contact else sender_name.strip() or client.name
    entry = CommunicationLog(
        client=client,
        sender=sender,
        sender_name=sender_name[:150],
        contact=contact,
        channel=channel,
        direction=direction,
        subject=subject.strip(),
        message=message if message.strip() else "",
        external_url=external_url,
        created_at=created_at or clock.now(),
    )
    entry.full_clean(validate_unique=False, validate_constraints=False)
    entry.save(force_insert=True)
    # What was said stays in one place: neither the audit log nor an event repeats it.
    said = {"communication_id": (None, entry.pk), "channel": (None, channel)}
    audit.record("client.communication", client, actor=actor, changes=said)
    outbox.emit("communication.logged", entry, client_id=client.pk, channel=channel, direction=direction)
    return entry
