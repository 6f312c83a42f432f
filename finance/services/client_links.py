"""The link by which a client sees an invoice without signing in: signed, and good until it is revoked.

It names the invoice and which of its links it is. Revoking counts that up, so every link that is out ends at once,
and the next one is another.
"""

import re
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from finance.models import Invoice
from hyperflow.core import audit, changes, clock, outbox
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command

_SALT = "finance.client_links"
_NAMED = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")


def token_of(invoice: Invoice) -> str:
    """The same for the same invoice, until its links are revoked."""
    return _signer().sign(f"{invoice.pk}-{invoice.link_version}")


def address_of(invoice: Invoice) -> str:
    """The whole address, as it goes into a mail."""
    return f"{settings.PUBLIC_URL}/i/{token_of(invoice)}/"


def find(token: str) -> Invoice | None:
    """The issued invoice of a link that is good. It needs no rights: whoever has the link was given it."""
    try:
        named = _NAMED.fullmatch(_signer().unsign(token))
    except BadSignature:
        return None
    if named is None:
        return None
    pk, version = int(named[1]), int(named[2])
    rows = Invoice._base_manager.filter(pk=pk, link_version=version, issued_at__isnull=False)
    return rows.prefetch_related("lines").first()


@command
def revoke(*, invoice: Invoice, actor: Any) -> Invoice:
    """End every link to the invoice that is out. Raises `NotAllowed`, and `Conflict` (``not_issued``)."""
    if not actor.has_perm("finance.send_invoice"):
        raise NotAllowed(_("You may not hand out links to invoices."))
    invoice = changes.lock(invoice)
    if not invoice.is_issued:
        raise Conflict(_("A draft has no link yet: issue it first."), code="not_issued")
    changes.update(invoice, actor=actor, action="invoice.link_revoked", link_version=invoice.link_version + 1)
    return invoice


@command
def seen(*, invoice: Invoice) -> bool:
    """Record that the client saw it, the first time. Gives whether it was that.

    The invoice's version stays: a client who looks must not undo what somebody here is about to save.
    """
    now = clock.now()
    if not Invoice._base_manager.filter(pk=invoice.pk, viewed_at__isnull=True).update(viewed_at=now):
        return False
    audit.record("invoice.viewed", invoice, actor=None, changes={"viewed_at": (None, now)})
    outbox.emit("invoice.viewed", invoice, client_id=invoice.client_id)
    return True


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
