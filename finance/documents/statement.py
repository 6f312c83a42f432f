"""A statement of account as its client gets it, in the client's language."""

from collections.abc import Sequence
from typing import Any

from finance.documents import content
from finance.documents.words import Words
from finance.selectors.statements import Account, Movement
from finance.selectors.sums import Period


def of(
    seller: dict[str, Any], buyer: dict[str, Any], language: str, period: Period, accounts: Sequence[Account]
) -> dict[str, Any]:
    """What the page shows, of the issuer and the client as they are today."""
    words = Words(language)
    days = f"{words.day(period.start)} – {words.day(period.end)}"
    return {
        **content.paper(seller, buyer, words),
        "title": f"{words['statement']} {days}",
        "kind": words["statement"],
        "number": "",
        "draft": "",
        "facts": [{"label": words["period_of"], "value": days}],
        "columns": [words[name] for name in ("date", "document", "charged", "received", "closing")],
        "accounts": [_account(one, words, period) for one in accounts],
        "nothing": words["nothing"],
    }


def _account(account: Account, words: Words, period: Period) -> dict[str, Any]:
    def amount(value: Any) -> str:
        return words.amount(value, account.currency)

    return {
        "currency": account.currency,
        "opening": {"label": words["opening"], "value": amount(account.opening)},
        "rows": [
            {
                "day": words.day(one.day),
                "what": told(one, words),
                "charged": amount(one.charged) if one.charged else "",
                "received": amount(one.received) if one.received else "",
                "balance": amount(balance),
            }
            for one, balance in account.entries
        ],
        "closing": {
            "label": f"{words['closing']}, {words.day(period.end)}",
            "value": f"{account.currency} {amount(account.closing)}",
        },
    }


def told(one: Movement, words: Words) -> str:
    """``Invoice INV-2026-0007``, ``Payment INV-2026-0007``."""
    return f"{words[one.kind]} {one.number}".strip()
