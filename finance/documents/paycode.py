"""The code that banking apps read off an invoice: EPC069-12, version 2 ("Girocode")."""

import io
import re
from decimal import Decimal

import segno

_LEAST, _MOST = Decimal("0.01"), Decimal("999999999.99")
_NAME, _TEXT = 70, 140


def payload(*, name: str, iban: str, bic: str, amount: Decimal, currency: str, text: str) -> str | None:
    """What the code says; ``None`` where the standard has none: another currency, no account, an amount out of range.

    Line by line: service tag, version, character set (1 is UTF-8), SCT, BIC, name, IBAN, amount, purpose, structured
    reference, free text.
    """
    iban = re.sub(r"\s", "", iban).upper()
    if currency != "EUR" or not iban or not name.strip() or not _LEAST <= amount <= _MOST:
        return None
    lines = ["BCD", "002", "1", "SCT", bic.strip().upper(), _cut(name, _NAME), iban, f"EUR{amount:.2f}", "", ""]
    return "\n".join([*lines, _cut(text, _TEXT)])


def svg(content: str) -> str:
    """The code as a picture: byte mode, error correction M and at most version 13, as the standard asks for."""
    out = io.BytesIO()
    segno.make(content, error="m", boost_error=False, micro=False, encoding="utf-8").save(
        out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True
    )
    return out.getvalue().decode()


def _cut(text: str, length: int) -> str:
    return " ".join(text.split())[:length]
