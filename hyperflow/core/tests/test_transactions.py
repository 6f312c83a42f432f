"""A deadlock is our problem, not the caller's."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F

from accounts.models import Department
from hyperflow.core import transactions
from hyperflow.core.transactions import command, is_transient

pytestmark = pytest.mark.django_db

DEADLOCK = {"mysql": OperationalError(1213, "Deadlock found"), "sqlite": OperationalError("database is locked")}


def deadlock() -> OperationalError:
    return DEADLOCK[connection.vendor]


@pytest.fixture
def outside_of_any_transaction(monkeypatch):
    monkeypatch.setattr(transactions.time, "sleep", lambda _: None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [0, 1, 2])
def test_the_whole_transaction_is_run_anew(outside_of_any_transaction, failures):
    tries: list[int] = []

    @command
    def add() -> str:
        tries.append(1)
        Department.objects.create(name="Design")
        if len(tries) <= failures:
            raise deadlock()
        return "done"

    assert add() == "done"
    assert len(tries) == failures + 1
    assert Department.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_three_tries_the_error_goes_up(outside_of_any_transaction):
    tries: list[int] = []

    @command
    def add() -> None:
        tries.append(1)
        Department.objects.create(name="Design")
        raise deadlock()

    with pytest.raises(OperationalError):
        add()
    assert len(tries) == 3
    assert not Department.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError(1054, "Unknown column"), IntegrityError("twice"), ValueError("x")])
def test_other_errors_are_not_tried_again(outside_of_any_transaction, error):
    tries: list[int] = []

    @command
    def fail() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        fail()
    assert len(tries) == 1


@pytest.mark.django_db(transaction=True)
def test_a_command_within_a_command_leaves_the_retry_to_it(outside_of_any_transaction):
    outer_tries: list[int] = []
    inner_tries: list[int] = []

    @command
    def inner() -> None:
        inner_tries.append(1)
        if len(inner_tries) < 3:
            raise deadlock()

    @command
    def outer() -> None:
        outer_tries.append(1)
        inner()

    outer()
    assert (len(outer_tries), len(inner_tries)) == (3, 3)


def test_an_inner_failure_that_is_caught_undoes_the_inner_part_only():
    @command
    def inner() -> None:
        Department.objects.create(name="inner")
        raise ValueError

    @command
    def outer() -> None:
        Department.objects.create(name="outer")
        with pytest.raises(ValueError):
            inner()

    outer()
    assert [row.name for row in Department.objects.all()] == ["outer"]


def test_what_counts_as_transient():
    assert is_transient(deadlock())
    assert not is_transient(OperationalError(1054, "Unknown column"))
    assert not is_transient(OperationalError())
    assert is_transient(OperationalError(1205, "Lock wait timeout")) is (connection.vendor == "mysql")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_opposite_bulk_updates_never_fail_the_caller():
    """P20: 50 rounds of two transactions that take the same locks in opposite order."""
    rows = [Department.objects.create(name=f"{number}") for number in range(20)]
    errors: list[BaseException] = []
    deadlocks: list[int] = []

    def touch(ids: list[int]) -> None:
        @command
        def bump() -> None:
            attempts.append(1)
            for pk in ids:
                Department.objects.filter(pk=pk).update(version=F("version") + 1)

        attempts: list[int] = []
        try:
            gate.wait()
            bump()
            deadlocks.append(len(attempts) - 1)
        except BaseException as error:  # noqa: BLE001  # looked at below
            errors.append(error)
        finally:
            connection.close()

    ids = [row.pk for row in rows]
    for _ in range(50):
        gate = threading.Barrier(2)
        threads = [threading.Thread(target=touch, args=(order,)) for order in (ids, ids[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert errors == []
    assert sum(deadlocks) > 0  # else nothing was tested
    assert {row.version for row in Department.objects.all()} == {101}


def test_a_command_keeps_its_name_and_its_answer():
    @command
    def answer(*, number: int) -> int:
        """What it says."""
        assert connection.in_atomic_block
        return number

    assert answer(number=3) == 3
    assert (answer.__name__, answer.__doc__) == ("answer", "What it says.")
    with transaction.atomic():
        assert answer(number=4) == 4
