"""Numbers while the processes that give them out are killed. P16."""

import datetime as dt
import sys
import time

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import Invoice, NumberSeries
from finance.selectors import verification
from finance.tests.documents import draft
from hyperflow.core.tests import workers

pytestmark = [
    pytest.mark.services,
    pytest.mark.serial,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def test_killed_processes_leave_no_hole_in_the_numbers(tmp_path):
    """Three processes issue 120 drafts; one of them is killed again and again, mostly between number and commit."""
    bookkeeper, client = UserFactory(as_="finance"), ClientFactory()
    for _number in range(120):
        draft(bookkeeper, client=client, issue_date=dt.date(2026, 3, 2))
    issuing = [
        workers.Worker(sys.executable, "-m", "finance.tests.issuing_for_kills", log=tmp_path / "log")
        for _process in range(3)
    ]
    waiting = Invoice.objects.filter(status="draft")

    with workers.running(*issuing):
        workers.wait_until(lambda: waiting.count() < 115, 60)
        kills = 0
        while kills < 8 and waiting.exists():
            victim = issuing[kills % 3]
            victim.kill()
            victim.start()
            kills += 1
            time.sleep(0.3)
        workers.wait_until(lambda: not waiting.exists(), 120, supervise=tuple(issuing))

    issued = Invoice.objects.order_by("sequence")
    assert list(issued.values_list("sequence", flat=True)) == list(range(1, 121))
    assert NumberSeries.objects.get().last == 120
    assert verification.differences() == []
    assert kills >= 3
