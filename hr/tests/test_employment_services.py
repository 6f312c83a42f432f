"""Hiring, terms and pay: what the services promise."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import Compensation, Employment, PatternDay
from hr.selectors.employment import pay_in_force, pay_on
from hr.services import attendance_locks, patterns
from hr.services import employment as services
from hr.tests.factories import CompensationFactory, EmploymentFactory, WorkPatternFactory
from hyperflow.core.errors import Conflict, Invalid, NotAllowed, PreconditionFailed
from hyperflow.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 1)


@pytest.fixture
def boss():
    return UserFactory(as_="hr")


def test_a_person_with_an_account_is_hired(boss):
    person, department = UserFactory(), DepartmentFactory(name="Design")

    made = services.employ(actor=boss, user=person, hire_date=DAY, department=department, position="Designer")

    person.refresh_from_db()
    assert (made.code, made.position, person.department) == ("E0001", "Designer", department)
    assert AuditEntry.objects.get(action="employment.create").actor == boss
    assert OutboxEvent.objects.get(kind="employment.created").payload == {"user_id": person.pk}


def test_a_newcomer_gets_an_account_without_a_password(boss):
    made = services.employ(actor=boss, name="Ann", email="Ann@Example.com", hire_date=DAY, timezone="Asia/Tokyo")

    assert (made.user.name, made.user.email, made.user.role.code) == ("Ann", "ann@example.com", "employee")
    assert (made.timezone, made.user.timezone, made.user.has_usable_password()) == ("Asia/Tokyo", "Asia/Tokyo", False)


def test_codes_go_on_where_they_stand(boss):
    EmploymentFactory(code="E0041")
    EmploymentFactory(code="X9")
    EmploymentFactory(code="East")

    assert services.employ(actor=boss, user=UserFactory(), hire_date=DAY).code == "E0042"
    assert services.employ(actor=boss, user=UserFactory(), hire_date=DAY, code="MINE").code == "MINE"


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ({}, Invalid, "required"),
        ({"name": "Ann"}, Invalid, "required"),
        ({"name": "Ann", "email": "taken@example.com"}, Conflict, "email_taken"),
        ({"user": "portal"}, Invalid, "not_active_staff"),
        ({"user": "there"}, Conflict, "already_employed"),
        ({"user": "new", "email": "x@example.com"}, Invalid, "validation_error"),
        ({"user": "new", "code": "E7"}, Conflict, "code_taken"),
        ({"user": "new", "manager": "portal"}, Invalid, "not_active_staff"),
        ({"user": "new", "manager": "new"}, Conflict, "circular_manager"),
    ],
)
def test_who_cannot_be_hired_is_not(boss, given, error, code):
    there = EmploymentFactory(code="E7").user
    UserFactory(email="taken@example.com")
    people = {"portal": UserFactory(as_="client"), "there": there, "new": UserFactory()}
    accounts = User.objects.count()

    with pytest.raises(error) as refusal:
        services.employ(actor=boss, hire_date=DAY, **{name: people.get(value, value) for name, value in given.items()})

    assert refusal.value.code == code
    assert (Employment.objects.count(), User.objects.count()) == (1, accounts)


def test_only_who_may_add_accounts_makes_one():
    with pytest.raises(NotAllowed):
        services.employ(actor=UserFactory(as_="manager"), name="Ann", email="ann@example.com", hire_date=DAY)

    assert not Employment.objects.exists()


def test_an_employment_ends_after_it_began(boss):
    with pytest.raises(ValidationError):
        services.employ(actor=boss, user=UserFactory(), hire_date=DAY, end_date=DAY - dt.timedelta(days=1))
    row = EmploymentFactory()
    with pytest.raises(Invalid) as refusal:
        services.update_employment(employment=row, actor=boss, end_date=row.hire_date - dt.timedelta(days=1))

    assert refusal.value.code == "end_before_start"
    assert Employment.objects.get().version == 1


def test_terms_and_account_change_together_and_count_as_one_record(boss):
    row = EmploymentFactory()

    services.update_employment(employment=row, actor=boss, expected_version=1, position="Lead", timezone="Asia/Tokyo")
    services.update_employment(employment=row, actor=boss, expected_version=2, name="New Name")
    services.update_employment(employment=row, actor=boss, expected_version=3, name="New Name")
    with pytest.raises(PreconditionFailed):
        services.update_employment(employment=row, actor=boss, expected_version=1, position="Other")

    row = Employment.objects.select_related("user").get()
    assert (row.position, row.timezone, row.user.timezone) == ("Lead", "Asia/Tokyo", "UTC")
    assert (row.user.name, row.version) == ("New Name", 3)


def test_nobody_ends_up_above_themself(boss):
    top = EmploymentFactory()
    middle = EmploymentFactory(manager=top.user)
    low = EmploymentFactory(manager=middle.user)

    for manager in (top, middle, low):
        with pytest.raises(Conflict) as refusal:
            services.update_employment(employment=top, actor=boss, manager=manager.user)
        assert refusal.value.code == "circular_manager"
    services.update_employment(employment=low, actor=boss, manager=top.user)
    services.update_employment(employment=middle, actor=boss, manager=low.user)

    assert list(Employment.objects.order_by("pk").values_list("manager_id", flat=True)) == [
        None, low.user_id, top.user_id
    ]  # fmt: skip


def test_nobody_changes_their_own_terms_or_pay(boss):
    row = EmploymentFactory(user=boss)

    for change in (
        lambda: services.update_employment(employment=row, actor=boss, position="Chief"),
        lambda: services.set_compensation(
            employment=row, actor=boss, effective_from=DAY, amount=Decimal(9_000), currency="EUR"
        ),
    ):
        with pytest.raises(NotAllowed) as refusal:
            change()
        assert refusal.value.code == "self_approval"

    assert (Employment.objects.get().position, Compensation.objects.count()) == ("", 0)


def test_pay_is_added_and_its_amount_is_in_no_history(boss):
    row = EmploymentFactory()

    services.set_compensation(
        employment=row, actor=boss, effective_from=DAY, amount=Decimal("87654.50"), currency="EUR", reason="Raise"
    )

    made = Compensation.objects.get()
    assert (made.amount, made.kind, made.set_by) == (Decimal("87654.500000"), "monthly", boss)
    assert AuditEntry.objects.get(action="employment.pay").changes == {"paid_from": [None, "2026-03-01"]}
    assert "87654" not in str(list(OutboxEvent.objects.values_list("payload")))


@pytest.mark.parametrize(
    ("actor", "values", "error"),
    [
        ("manager", {}, NotAllowed),
        ("hr", {"currency": "XXX"}, ValidationError),
        ("hr", {"amount": Decimal(-1)}, ValidationError),
        ("hr", {"employer_share": Decimal(201)}, ValidationError),
        ("hr", {"effective_from": dt.date(2026, 7, 1)}, Invalid),
    ],
)
def test_pay_that_cannot_be(actor, values, error):
    row = EmploymentFactory(end_date=dt.date(2026, 6, 30))
    given = {"effective_from": DAY, "amount": Decimal(1), "currency": "EUR", **values}

    with pytest.raises(error):
        services.set_compensation(employment=row, actor=UserFactory(as_=actor), **given)

    assert not Compensation.objects.exists()


def test_pay_in_force_in_a_period(django_assert_num_queries):
    first, second, unpaid = EmploymentFactory.create_batch(3)
    old = CompensationFactory(employment=first, effective_from=dt.date(2025, 1, 1), amount=1)
    held = CompensationFactory(employment=first, effective_from=dt.date(2026, 2, 1), amount=2)
    CompensationFactory(employment=first, effective_from=dt.date(2026, 3, 15), amount=3)
    mended = CompensationFactory(employment=first, effective_from=dt.date(2026, 3, 15), amount=4)
    CompensationFactory(employment=first, effective_from=dt.date(2026, 4, 1), amount=5)
    later = CompensationFactory(employment=second, effective_from=dt.date(2026, 3, 20))
    ids = [first.pk, second.pk, unpaid.pk]

    with django_assert_num_queries(1):
        found = pay_in_force(ids, dt.date(2026, 3, 1), dt.date(2026, 3, 31))

    assert found == {first.pk: [held, mended], second.pk: [later], unpaid.pk: []}
    assert pay_on(found[first.pk], dt.date(2026, 3, 14)) == held
    assert pay_on(found[first.pk], dt.date(2026, 3, 15)) == mended
    assert pay_on(found[second.pk], dt.date(2026, 3, 19)) is None
    assert pay_in_force([first.pk], dt.date(2026, 1, 1), dt.date(2026, 1, 31)) == {first.pk: [old]}
    assert pay_in_force([first.pk], dt.date(2026, 3, 15), dt.date(2026, 3, 15)) == {first.pk: [mended]}


def test_shifts_are_parts_of_their_pattern(boss):
    pattern = patterns.create_pattern(actor=boss, name="Nights")
    shift = patterns.set_shift(
        pattern=pattern, actor=boss, weekday=0, starts_at=dt.time(22), minutes=480, break_minutes=30
    )
    patterns.set_shift(pattern=pattern, actor=boss, shift=shift, minutes=500)

    refusals = []
    for values in ({"weekday": 0, "break_minutes": 0}, {"weekday": 1, "break_minutes": 480}):
        with pytest.raises((Conflict, Invalid)) as refusal:
            patterns.set_shift(pattern=pattern, actor=boss, starts_at=dt.time(9), minutes=480, **values)
        refusals.append(refusal.value.code)
    with pytest.raises(Conflict) as taken:
        patterns.create_pattern(actor=boss, name="Nights")
    assert [*refusals, taken.value.code] == ["shift_taken", "break_too_long", "name_taken"]

    patterns.update_pattern(pattern=pattern, actor=boss, grace_minutes=5)
    patterns.remove_shift(shift=shift, actor=boss)
    patterns.remove_shift(shift=shift, actor=boss)
    pattern.refresh_from_db()
    assert (pattern.version, pattern.grace_minutes, PatternDay.objects.count()) == (5, 5, 0)


@pytest.fixture
def in_april():
    with time_machine.travel(dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC), tick=False):
        yield


def test_locked_days_are_closed_until_they_are_opened(in_april, boss):
    locked = attendance_locks.lock_days(
        actor=boss, starts_on=dt.date(2026, 3, 1), ends_on=dt.date(2026, 3, 31), reason="Closed"
    )

    attendance_locks.check_open(1, dt.date(2026, 2, 28), dt.date(2026, 4, 1))
    attendance_locks.check_open(1)
    with pytest.raises(Conflict) as refusal:
        attendance_locks.check_open(1, dt.date(2026, 2, 28), dt.date(2026, 3, 31))
    assert refusal.value.code == "period_locked"
    attendance_locks.unlock_days(locked=locked, actor=boss)
    attendance_locks.check_open(1, dt.date(2026, 3, 31))
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["attendance.unlocked", "attendance.locked"]


def test_what_payroll_closed_stays_closed(in_april, boss):
    locked = attendance_locks.lock_days(
        actor=UserFactory(as_="finance"), starts_on=DAY, ends_on=dt.date(2026, 4, 30), source="payroll:1"
    )

    with pytest.raises(Conflict) as refusal:
        attendance_locks.unlock_days(locked=locked, actor=boss)

    assert refusal.value.code == "locked_by_payroll"


@pytest.mark.parametrize(
    ("role", "first", "last", "error"),
    [
        ("manager", 1, 2, NotAllowed),
        ("hr", 2, 1, Invalid),
        ("hr", 1, 34, Invalid),
    ],
)
def test_days_that_cannot_be_closed(in_april, role, first, last, error):
    day = dt.date(2026, 2, 28)

    with pytest.raises(error):
        attendance_locks.lock_days(
            actor=UserFactory(as_=role),
            starts_on=day + dt.timedelta(days=first),
            ends_on=day + dt.timedelta(days=last),
        )


def test_days_stay_open_while_somebody_is_clocked_in(in_april, boss):
    person = UserFactory()
    person.attendances.create(
        work_date=dt.date(2026, 4, 1), login_time=dt.datetime(2026, 4, 1, 22, tzinfo=dt.UTC), logout_time=None
    )

    with pytest.raises(Conflict) as refusal:
        attendance_locks.lock_days(actor=boss, starts_on=dt.date(2026, 4, 1), ends_on=dt.date(2026, 4, 2))

    assert (refusal.value.code, refusal.value.extra) == ("still_clocked_in", {"user_ids": [person.pk]})


def test_patterns_of_tests_are_whole():
    assert WorkPatternFactory().days.count() == 5
