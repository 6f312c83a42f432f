"""Issues every draft that there is, one after the other, slowly enough to be killed in the middle.

python -m finance.tests.issuing_for_kills
"""

import random
import time

import django

SLOWLY = 0.01  # seconds between taking a number and the end of the transaction


def main() -> None:
    django.setup()
    from accounts.models import User
    from finance.models import Invoice
    from finance.services import invoices, rollups
    from hyperflow.core.errors import Conflict

    added = rollups.added

    def added_slowly(*rows: object) -> None:
        time.sleep(SLOWLY)
        added(*rows)

    rollups.added = added_slowly
    bookkeeper = User.objects.get(role__code="finance")
    while drafts := list(Invoice.objects.filter(status="draft")):
        try:
            invoices.set_status(invoice=random.choice(drafts), status="pending", actor=bookkeeper)
        except Conflict:
            continue  # another process was faster


if __name__ == "__main__":
    main()
