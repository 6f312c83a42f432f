"""The statement of account as a document. It is made when it is asked for, and kept nowhere."""

from typing import Any

from clients.models import Client
from finance.documents import statement as content
from finance.selectors.statements import statement
from finance.selectors.sums import Period
from finance.services import issuing
from hyperflow.core import clock, typesetting

TEMPLATE = "finance/statement.typ"


def render(*, client: Client, period: Period, actor: Any) -> bytes:
    """The PDF in the client's language, of what this person may see."""
    company, details = issuing.issuer(), issuing.details_of(client)
    data = content.of(
        issuing.seller_of(company),
        issuing.buyer_of(client, details),
        (details.language if details else "") or company.language,
        period,
        statement(actor, client, period),
    )
    return typesetting.pdf(TEMPLATE, data, made_at=clock.now())


def file_name(client: Client, period: Period) -> str:
    return f"statement-{client.pk}-{period.end.isoformat()}.pdf"
