"""Income and expenses over the wire."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from clients.tests.factories import ProjectFactory
from finance.models import FinancialRecord
from finance.tests.factories import FinancialRecordFactory

pytestmark = pytest.mark.django_db
RECORDS = "/api/finance/financial-records"
RECEIPT = b"50.00 EUR for software\n"
EXPENSE = {"record_type": "expense", "category": "software", "amount": "50.00", "record_date": "2026-03-02"}


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), tick=False):
        yield


def test_an_expense_with_its_receipt(api):
    caller = api(UserFactory(as_="finance"))
    project = ProjectFactory()
    upload = SimpleUploadedFile("bill.txt", RECEIPT)

    made = caller.post(RECORDS, {**EXPENSE, "project_id": project.pk, "receipt": upload}, format="multipart")

    record = made.json()
    path = f"{RECORDS}/{record['record_id']}"
    assert (made.status_code, made.headers["Location"], bool(made.headers["ETag"])) == (201, path, True)
    link = record.pop("receipt")
    assert record == {
        "record_id": record["record_id"], **EXPENSE, "tax": "0.00", "currency": "EUR", "exchange_rate": "1",
        "description": "", "supplier": "", "client_id": project.client_id, "project_id": project.pk,
        "department_id": None, "user_id": None, "invoice_id": None, "payment_id": None, "is_billable": False,
        "source": "manual", "status": "booked", "created_at": "2026-03-16T12:00:00Z",
        "updated_at": "2026-03-16T12:00:00Z",
    }  # fmt: skip
    for address in (link, f"{path}/receipt"):
        assert b"".join(caller.get(address).streaming_content) == RECEIPT


def test_a_record_is_changed_and_taken_back(api):
    caller = api(UserFactory(as_="finance"))
    made = caller.post(RECORDS, EXPENSE)
    path = made.headers["Location"]

    changed = caller.patch(path, {"amount": "60.00"}, headers={"If-Match": made.headers["ETag"]})
    stale = caller.delete(path, headers={"If-Match": made.headers["ETag"]})
    gone = caller.delete(path)

    assert (changed.status_code, changed.json()["amount"]) == (200, "60.00")
    assert (stale.status_code, gone.status_code, caller.get(path).status_code) == (412, 204, 404)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"record_type": "gift"}, "record_type"),
        ({"record_date": None}, "record_date"),
        ({"client_id": 999_999}, "client_id"),
        ({"payment_id": 1}, "payment_id"),
    ],
)
def test_what_is_no_record_is_refused(api, more, field):
    reply = api(UserFactory(as_="finance")).post(RECORDS, {**EXPENSE, **more}, format="json")

    assert reply.status_code == 422
    assert [error["field"] for error in reply.json()["errors"]] == [field]
    assert not FinancialRecord.objects.exists()


def test_a_project_of_another_client_is_refused(api):
    one, other = ProjectFactory(), ProjectFactory()

    reply = api(UserFactory(as_="finance")).post(
        RECORDS, {**EXPENSE, "client_id": one.client_id, "project_id": other.pk}
    )

    assert (reply.status_code, reply.json()["code"]) == (422, "project_of_another_client")
    assert not FinancialRecord.objects.exists()


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("admin", 200, 201), ("finance", 200, 201), ("manager", 200, 403), ("employee", 403, 403), ("hr", 403, 403),
     ("marketing", 403, 403), ("client", 403, 403)],
)  # fmt: skip
def test_who_may(api, role, reads, writes):
    caller = api(UserFactory(as_=role))

    assert caller.get(RECORDS).status_code == reads
    assert caller.post(RECORDS, EXPENSE).status_code == writes


def test_what_the_list_can_be_narrowed_to(api):
    caller = api(UserFactory(as_="finance"))
    one = FinancialRecordFactory(category="software", record_date=dt.date(2026, 3, 2))
    two = FinancialRecordFactory(record_type="income", category="services", amount=Decimal(900))
    FinancialRecordFactory(record_date=dt.date(2026, 1, 2), category="travel")

    def found(**query):
        return {row["record_id"] for row in caller.get(RECORDS, query).json()}

    assert found(record_type="income") == found(category="services") == found(min_amount="51") == {two.pk}
    assert found(start_date="2026-03-01", end_date="2026-03-31", record_type="expense") == {one.pk}
    assert found(search="softw") == {one.pk}


def test_the_list_asks_the_same_however_long_it_is(api):
    caller = api(UserFactory(as_="finance"))
    caller.get(RECORDS)  # the rights of a role are read once a process
    counts = []
    for more in (1, 6):
        FinancialRecordFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            rows = caller.get(RECORDS).json()
        counts.append((len(rows), len(queries)))

    assert counts == [(1, 2), (7, 2)]
