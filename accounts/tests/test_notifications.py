"""``/api/notifications``: everybody's own, and nobody else's."""

from typing import Any

import pytest

from accounts.models import Notification, Role
from accounts.services.notifications import notify
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def tell(*users: Any, title: str = "News", **more: Any) -> Any:
    return notify(users=users, kind="test.news", title=title, **more)


def test_each_is_told_once_but_never_the_one_who_did_it_nor_who_left() -> None:
    actor, ann, gone = UserFactory(), UserFactory(), UserFactory(is_active=False)

    made = notify(users=[ann, ann.pk, actor, gone, None], kind="task.assigned", title="T", subject=ann, actor=actor)

    assert [row.user_id for row in made] == [ann.pk]
    stored = Notification.objects.get()
    assert (stored.kind, stored.subject_type, stored.subject_id, stored.actor_id) == (
        "task.assigned", "accounts.user", ann.pk, actor.pk,
    )  # fmt: skip


def test_what_is_too_long_is_cut() -> None:
    [made] = tell(UserFactory(), title="t" * 300, body="b" * 900)
    assert (len(made.title), len(made.body)) == (200, 500)


def test_the_list_holds_ones_own_newest_first(api: Any) -> None:
    ann, bob = UserFactory(), UserFactory()
    tell(ann, title="first", body="b", subject=bob)
    tell(bob, title="not yours")
    tell(ann, title="second")

    rows = api(ann).get("/api/notifications").json()

    assert [row["title"] for row in rows] == ["second", "first"]
    assert list(rows[1]) == [
        "notification_id", "kind", "title", "body", "subject_type", "subject_id", "read_at", "created_at",
    ]  # fmt: skip
    assert (rows[1]["subject_type"], rows[1]["subject_id"], rows[1]["read_at"]) == ("accounts.user", bob.pk, None)


def test_reading_some_and_reading_all(api: Any) -> None:
    ann, bob = UserFactory(), UserFactory()
    mine = [tell(ann)[0] for _ in range(3)]
    [theirs] = tell(bob)
    client = api(ann)
    assert client.get("/api/notifications/unread-count").json() == {"unread_count": 3}

    response = client.post("/api/notifications/read", {"ids": [mine[0].pk, theirs.pk, 987654]}, format="json")

    assert (response.status_code, response.json()) == (200, {"unread_count": 2})
    theirs.refresh_from_db()
    assert theirs.read_at is None
    assert [row["notification_id"] for row in client.get("/api/notifications?unread=true").json()] == [
        mine[2].pk, mine[1].pk,
    ]  # fmt: skip
    assert client.post("/api/notifications/read-all").json() == {"unread_count": 0}
    assert api(bob).get("/api/notifications/unread-count").json() == {"unread_count": 1}
    read_at = client.get("/api/notifications").json()[0]["read_at"]
    client.post("/api/notifications/read-all")
    assert client.get("/api/notifications").json()[0]["read_at"] == read_at, "what was read stays read since then"


@pytest.mark.parametrize("code", list(Role.Code.values))
def test_everybody_has_notifications(api: Any, code: str) -> None:
    client = api(UserFactory(as_=code))
    assert client.get("/api/notifications").json() == []
    assert client.get("/api/notifications/unread-count").json() == {"unread_count": 0}
    assert client.post("/api/notifications/read", {"ids": [1]}, format="json").status_code == 200
    assert client.post("/api/notifications/read-all").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/notifications"),
        ("get", "/api/notifications/unread-count"),
        ("post", "/api/notifications/read"),
        ("post", "/api/notifications/read-all"),
    ],
)
def test_a_stranger_has_none(api: Any, method: str, path: str) -> None:
    assert getattr(api(), method)(path).status_code == 401


@pytest.mark.parametrize("ids", [[], [0], [-1], ["x"], [2**63], [1.5], "1", None, [[1]], list(range(1, 300))])
def test_ids_that_make_no_sense_are_refused(api: Any, ids: Any) -> None:
    assert api(UserFactory()).post("/api/notifications/read", {"ids": ids}, format="json").status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=test.news", 200),
        ("unread=false", 200),
        ("unread=maybe", 422),
        ("created_after=2026-01-01", 200),
        ("ordering=created_at", 200),
        ("ordering=title", 422),
        ("who=me", 422),
    ],
)
def test_filters_are_strict(api: Any, query: str, status: int) -> None:
    assert api(UserFactory()).get(f"/api/notifications?{query}").status_code == status


def test_the_list_costs_two_queries_however_long(api: Any, django_assert_num_queries: Any) -> None:
    ann = UserFactory()
    client = api(ann)
    for rows in (1, 6):
        for _ in range(rows):
            tell(ann)
        with django_assert_num_queries(2):
            client.get("/api/notifications")
    with django_assert_num_queries(2):
        client.get("/api/notifications/unread-count")


def test_the_list_is_searched(api: Any) -> None:
    user = UserFactory()
    for title in ("Leave approved", "Task moved"):
        Notification.objects.create(user=user, kind="x", title=title)

    assert [one["title"] for one in api(user).get("/api/notifications?search=LEAVE").json()] == ["Leave approved"]
