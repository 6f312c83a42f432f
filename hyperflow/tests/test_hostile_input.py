"""Whatever is sent to whatever path: a problem document with a code, never a 5xx, and the next request works."""

import datetime as dt
import json
from itertools import pairwise
from types import SimpleNamespace

import pytest

from accounts.models import Holiday, WorkingCalendar
from accounts.tests.factories import UserFactory
from clients.models import Client, Project
from clients.tests.factories import (
    BrandFactory,
    ClientFactory,
    CommunicationFactory,
    ContactFactory,
    ProjectFactory,
)
from finance.tests.factories import CreditNoteFactory, FinancialRecordFactory, InvoiceLineFactory
from hr.models import AttendanceCorrection, LeaveEntry, LeaveRequest, LeaveType, LockedDays, StageTemplate
from hr.tests.factories import EmploymentFactory
from hr.tests.payroll_rows import payslip, run_of
from hr.tests.recruitment_factories import InterviewFactory, OnboardingTaskFactory, ScorecardFactory
from hr.tests.sessions import session
from hyperflow.core.api.codes import CODES
from hyperflow.tests.walking import calls, routes
from tasks.models import Task
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

WRITES = [(route, method) for route, method, _action in calls() if method in {"post", "put"}]
READS = [route for route in routes() if any(method == "get" for method, _ in route.actions)]
LISTS = [route for route in READS if dict(route.actions)["get"] in route.view.lists]
DETAILS = [route for route in routes() if "pk" in route.parameters]

#: What no object endpoint takes, whatever its fields are: (body, statuses)
SHAPES = [
    (b"null", {422}),
    (b"[]", {422}),
    (b'"x"', {422}),
    (b"1", {422}),
    (b"true", {422}),
    (b"{", {400}),
    (b"{}{}", {400}),
    (b'{"no_such_field": 1}', {422}),
    (b'{"a": 1, "a": 2}', {400}),
    (b'{"a": NaN}', {400}),
    (b'{"a": 1e400}', {400}),
    (b'{"a": 9223372036854775808}', {422}),
    (b'{"a": ' + b"9" * 5_000 + b"}", {400}),
    (b'{"a": "\\u0000"}', {400}),
    (b'{"a": "\\udfff"}', {400}),
    (b'{"a": "\xff\xfe"}', {400}),
    (b"\xef\xbb\xbf{}", {400}),
    (b"[" * 100_000, {400}),
    (b'{"a":' * 100_000, {400}),
    (b'{"a": "' + b"x" * 3_000_000 + b'"}', {413}),
]

#: What is put into every declared field in turn.
VALUES = [
    None, True, -1, 0, 0.5, 2**63 - 1, -(2**63), 1e308, "", " ", "x", "x" * 20_000, "\x1b[31m", "a\r\nBcc: x@y.z",
    "\u0661", "1e400", "NaN", "Infinity",
    "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "0000-00-00", "2026-02-30",
    "99999-01-01", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "-0", "9" * 40, "1." + "0" * 30, "😀" * 50,
    "' OR 1=1 --", "{{7*7}}", "=HYPERLINK(1)", [], [None], [[]], [-1], ["x"] * 500, [1, 1], {}, {"x": 1}, {"id": None},
    "javascript:alert(1)", "http://127.0.0.1/", "https://" + "a" * 5_000, "file:///etc/passwd",
]  # fmt: skip

IDS = [
    "0",
    "-1",
    "abc",
    "1.0",
    "0x1",
    "1%20OR%201=1",
    "٢",
    "01",
    "+1",
    " 1",
    "9223372036854775808",
    "1" + "0" * 30,
    "%00",
]


@pytest.fixture(scope="module")
def there(rows_of_module):
    """One row of everything that a path may name, and an admin who may do everything."""
    admin = UserFactory(as_="admin")
    client = ClientFactory()
    task = TaskFactory(client=client, project=ProjectFactory(client=client), assigned_to=admin)
    rows = {
        "clients": client,
        "projects": task.project,
        "tasks": task,
        "contacts": ContactFactory(client=client),
        "brands": BrandFactory(client=client),
        "communications": CommunicationFactory(client=client),
        "time-entries": TimeEntryFactory(task=task, user=admin),
        "employees": EmploymentFactory().user,
        "attendance": session(admin, dt.date(2026, 3, 9), "09:00", "17:00"),
        "payroll": payslip(admin),
        "payslips": payslip(admin, run_of("2026-02")),
        "runs": run_of("2026-03", "draft"),
        "<attendance_id>": (attended := session(EmploymentFactory().user, dt.date(2026, 3, 9), "09:00", "17:00")),
        "<user_id>": attended.user,
        "attendance-corrections": (
            asked := AttendanceCorrection.objects.create(
                user=attended.user, attendance=attended, kind="remove", reason="Wrong", requested_by=attended.user
            )
        ),
        "corrections": asked,
        "attendance-locks": LockedDays.objects.create(starts_on="2020-01-01", ends_on="2020-01-01"),
        "invoices": InvoiceLineFactory(invoice__client=client).invoice,
        "credit-notes": CreditNoteFactory(),
        "financial-records": FinancialRecordFactory(),
        "expenses": FinancialRecordFactory(source="claim", user=admin, status="submitted"),
    }
    interview = InterviewFactory(interviewers=[admin])
    rows |= {
        "recruitment": interview.candidate.posting,
        "candidates": interview.candidate,
        "interviews": interview,
        "scorecards": ScorecardFactory(interview=interview, interviewer=admin),
        "stage-templates": StageTemplate.objects.get(name="Standard"),
        "onboarding": OnboardingTaskFactory(user=admin),
        **leave_of(EmploymentFactory(manager=admin).user),
    }
    return admin, rows


def leave_of(person):
    day, kind = dt.date(2026, 3, 16), LeaveType.objects.get(code="annual")
    request = LeaveRequest(user=person, type=kind, asked_as="annual", start_date=day, end_date=day, days=1)
    request.save()
    entry = LeaveEntry.objects.create(user=person, type=kind, kind="accrual", days=25, effective_on=day)
    holiday = Holiday.objects.create(calendar=WorkingCalendar.objects.get(), date=day, name="A day off")
    return {"leave-requests": request, "leave-ledger": entry, "holidays": holiday}


def path_of(route, rows):
    """The route's path, leading to rows that are there."""
    parts = route.path.split("/")
    names = [part for part in parts if not part.startswith("<")]
    values = {}
    for before, part in pairwise(parts):
        name = part.strip("<>").split(":")[-1]
        row = rows.get(f"<{name}>") or rows.get(before)
        if part.startswith("<") and row is not None:
            values[name] = row.pk
    assert names
    return route.filled(values)


def is_problem(reply):
    """A refusal as the contract has it."""
    document = reply.json()
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert document["status"] == reply.status_code
    assert CODES[document["code"]][0] == reply.status_code
    assert document["request_id"] == reply.headers["X-Request-ID"]
    assert document["detail"]
    assert all(set(error) == {"field", "code", "message"} for error in document["errors"])
    return True


@pytest.mark.parametrize(("route", "method"), WRITES, ids=[f"{method} {route}" for route, method in WRITES])
def test_bodies_of_no_use_are_refused_by_name(api, there, route, method):
    admin, rows = there
    client, path = api(admin), path_of(route, rows)
    action = dict(route.actions)[method]
    takes_files = action in route.view.parsers and not any(
        parser.media_type == "application/json" for parser in route.view.parsers[action]
    )
    before = (Client.objects.count(), Project.objects.count(), Task.objects.count())

    for body, expected in SHAPES:
        reply = client.generic(method.upper(), path, body, content_type="application/json")
        if route.view.inputs.get(action) is None and reply.status_code < 400:
            continue  # takes no body, so it reads none
        assert reply.status_code in ({415} if takes_files else expected), (body[:40], reply.content[:300])
        assert is_problem(reply)

    assert (Client.objects.count(), Project.objects.count(), Task.objects.count()) == before


@pytest.mark.parametrize(("route", "method"), WRITES, ids=[f"{method} {route}" for route, method in WRITES])
def test_no_value_of_any_field_breaks_anything(api, there, route, method):
    admin, rows = there
    client, path = api(admin), path_of(route, rows)
    action = dict(route.actions)[method]
    serializer = route.view.inputs.get(action)
    if serializer is None or route.path.startswith("/api/auth/"):
        pytest.skip("no body, or one whose sign-in limits are tested elsewhere")
    context = {"request": SimpleNamespace(user=admin)}
    accepted: dict[str, list] = {}
    refused = []
    for name in (name for name, field in serializer().fields.items() if not field.read_only):
        for value in VALUES:
            one = {name: value}
            if serializer(data=one, partial=True, context=context).is_valid():
                accepted.setdefault(name, []).append(value)
            else:
                refused.append(one)

    # What the shape lets through goes all the way, alone and together; of what it refuses, a few.
    alone = [{name: value} for name, values in accepted.items() for value in values]
    deepest = max((len(values) for values in accepted.values()), default=0)
    together = [{name: values[n % len(values)] for name, values in accepted.items()} for n in range(deepest)]
    for body in [*alone[::4], *together, *refused[:: max(1, len(refused) // 10)]]:
        reply = client.generic(method.upper(), path, json.dumps(body), content_type="application/json")
        assert reply.status_code < 500, (str(body)[:80], reply.content[:300])
        assert reply.status_code < 400 or is_problem(reply)


@pytest.mark.parametrize(("route", "method"), WRITES, ids=[f"{method} {route}" for route, method in WRITES])
def test_other_kinds_of_body_are_refused(api, there, route, method):
    admin, rows = there
    if route.view.inputs.get(dict(route.actions)[method]) is None:
        pytest.skip("takes no body")
    client, path = api(admin), path_of(route, rows)

    # As long as a server lets a header be.
    for kind in ["text/plain", "application/xml", "image/png", ";" * 8_000, '"' * 8_000, "a/b;" * 2_000]:
        reply = client.generic(method.upper(), path, b"x=1", content_type=kind)
        assert reply.status_code == 415
        assert is_problem(reply)


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_lists_refuse_what_they_do_not_know(api, there, route):
    admin, rows = there
    client, path = api(admin), path_of(route, rows)
    refused = [
        "limit=99999999999999999999", "limit=1000000", "limit=-1", "limit=abc", "limit=0", "limit=%D9%A1",
        "limit=1&limit=2",
        "skip=10001", "skip=-1", "skip=99999999999999999999", "cursor=x", "cursor=%00",
        "ordering=password", "ordering=-",
        "nothing=1", "limit%00=1", "search%5B%5D=x", "__proto__=1", "assigned_to__password=1",
    ]  # fmt: skip

    assert client.get(path).status_code == 200
    for query in refused:
        reply = client.get(f"{path}?{query}")
        assert reply.status_code == 422, (query, reply.content[:200])
        assert is_problem(reply)


TEXTS = [str(value) for value in VALUES if not isinstance(value, list | dict)]


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_no_value_of_any_filter_breaks_a_list(api, there, route):
    admin, rows = there
    client, path = api(admin), path_of(route, rows)
    filters = route.view.filterset_class
    request = SimpleNamespace(user=admin)

    for number, name in enumerate(sorted(route.view.list_parameters())):
        if filters is not None and name in filters.base_filters:
            # What the form lets through goes all the way; of what it refuses, a few.
            passed = [text for text in TEXTS if filters(data={name: text}, request=request).is_valid()]
            refused = [text for text in TEXTS if text not in passed]
            texts = [*passed, *refused[number % 9 :: 9]]
        elif name == "search" or route is LISTS[0]:
            texts = TEXTS
        else:  # the parameters of every list, which are read in one place
            texts = TEXTS[number % 5 :: 5]
        for text in texts:
            reply = client.get(path, {name: text})
            assert reply.status_code in {200, 422}, (name, text[:40], reply.content[:200])
            assert reply.status_code == 200 or is_problem(reply)


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_every_order_and_page_of_a_list_works(api, there, route):
    admin, rows = there
    client, path = api(admin), path_of(route, rows)

    for ordering in route.view.keyset().names:
        reply = client.get(path, {"ordering": ordering, "limit": 1})
        if ordering.removeprefix("-") == "position" and reply.status_code == 422:
            continue  # the manual order is one of a project
        assert reply.status_code == 200, (ordering, reply.content[:200])
        assert 'rel="first"' in reply.headers["Link"]
        assert len(reply.json()) <= 1
    counted = client.get(path, headers={"Prefer": "count=exact"})
    assert counted.headers["X-Total-Count"] == str(len(counted.json()))
    assert "X-Total-Count" not in client.get(path).headers


@pytest.mark.parametrize("route", DETAILS, ids=str)
def test_an_id_that_is_none_is_not_there(api, there, route):
    client = api(there[0])
    method = next(iter(dict(route.actions)))

    for text in [*IDS, "9" * 4_000]:
        reply = client.generic(method.upper(), route.filled({"pk": text}, default=1))
        assert reply.status_code == 404, text
        assert is_problem(reply)


@pytest.mark.parametrize(
    "name", ["ACCEPT", "ACCEPT_LANGUAGE", "IF_MATCH", "PREFER", "X_REQUEST_ID", "AUTHORIZATION", "COOKIE"]
)
def test_hostile_headers_are_answered(api, there, name):
    client = api(there[0])

    for value in ["," * 50_000, '"' * 50_000, ";" * 50_000, "a/b;q=" * 10_000, "\x7f\x80", "*/*," * 200]:
        for path in ["/api/client/clients", f"/api/client/clients/{there[1]['clients'].pk}", "/api/health/live"]:
            assert client.get(path, **{f"HTTP_{name}": value}).status_code < 500
