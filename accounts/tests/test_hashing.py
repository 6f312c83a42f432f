"""Hashing is bounded: by turns on the cores, by seats among the request threads, and by the limits exactly."""

import threading
from typing import Any

import pytest

from accounts import hashing
from accounts.tests.factories import UserFactory
from accounts.tests.test_sessions import in_parallel
from hyperflow.core.errors import Unavailable
from hyperflow.core.models import AttemptCounter


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """One turn and two seats, whatever the machine."""
    settings.SIGN_IN_THREADS = 2
    monkeypatch.setattr(hashing, "_at_once", lambda: 1)
    monkeypatch.setattr(hashing, "_crews", {})


def test_one_hashes_one_waits_and_a_third_is_told_to_come_back(crew: None) -> None:
    inside, go_on, second_in = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with hashing.turn():
            inside.set()
            go_on.wait(10)

    def second() -> None:
        with hashing.turn():
            second_in.set()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    crew_of_this = hashing._crew()
    while crew_of_this.seats.acquire(blocking=False):  # until the second has taken the other seat
        crew_of_this.seats.release()
    with pytest.raises(Unavailable) as refused, hashing.turn():
        pass
    assert (refused.value.code, refused.value.retry_after) == ("busy", 1)
    assert not second_in.is_set()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert second_in.is_set()
    with hashing.turn():
        assert hashing.matches("correct-horse-battery", hashing.hashed("correct-horse-battery"))


@pytest.mark.django_db
def test_a_full_house_is_503_and_uses_up_no_try(crew: None, sign_in: Any) -> None:
    user = UserFactory()
    seats = hashing._crew().seats
    for _ in range(2):  # as two other threads would: a thread that has a seat is let in again
        assert seats.acquire(blocking=False)
    response = sign_in(user)
    seats.release(2)
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert response.headers["Retry-After"] == "1"
    assert not AttemptCounter.objects.exists(), "nothing was counted, or written at all"
    assert sign_in(user).status_code == 200


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_wrong_tries_at_once_do_not_pass_the_limit(sign_in: Any, hashes: Any) -> None:
    user = UserFactory()
    hashes.clear()
    responses = in_parallel(20, lambda number: sign_in(user, "a-wrong-password"))
    assert sorted(response.status_code for response in responses) == [401] * 5 + [429] * 15
    assert len(hashes) == 5


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_eight_right_ones_at_once_all_get_in(sign_in: Any) -> None:
    user = UserFactory()
    assert [response.status_code for response in in_parallel(8, lambda number: sign_in(user))] == [200] * 8


def test_a_hash_waits_for_requests_not_they_for_it() -> None:
    import os

    if not hasattr(os, "setpriority"):
        pytest.skip("threads have no priority of their own here")
    priority = hashing._run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert priority == min(19, mine + 10) or priority == 10


def test_the_production_hasher_is_bcrypt_of_twelve_rounds() -> None:
    from django.utils.module_loading import import_string

    from hyperflow.settings import base

    hasher = import_string(base.PASSWORD_HASHERS[0])()
    assert (hasher.algorithm, hasher.rounds) == ("bcrypt_sha256", 12)
