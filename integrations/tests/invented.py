"""What the tests of the demo data share."""

import datetime as dt
from collections import defaultdict

from accounts.models import User
from hyperflow.core.models import AuditEntry

#: When the demo data of the tests ends.
NOW = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)


def named(login):
    """Somebody of the invented agency."""
    return User.objects.get(email=f"{login}@hyperflow.example")


def history_of(label):
    """The audit entries of each row of a kind, oldest first."""
    found = defaultdict(list)
    for entry in AuditEntry.objects.filter(target_type=label).order_by("id"):
        found[entry.target_id].append(entry)
    return found
