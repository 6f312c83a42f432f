"""What the lists of finance take in as CSV."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from finance.importers import reading
from finance.services.imports import NEEDS, import_file
from hyperflow.core.admin import Import


def _of(kind: str, label: Any) -> Import:
    return Import(
        kind,
        label,
        (NEEDS[kind],),
        reading.FIELDS[kind],
        partial(reading.read, kind),
        import_file,
        f"import-finance {kind}",
    )


BANK = _of("bank", _("Import a bank statement"))
PAYMENTS = _of("payments", _("Import payments"))
EXPENSES = _of("expenses", _("Import expenses"))
INVOICES = _of("invoices", _("Import old invoices"))
