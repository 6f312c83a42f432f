"""What is said about tasks, and who hears of it."""

import pytest

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from hyperflow.core.errors import Invalid
from hyperflow.core.models import OutboxEvent
from tasks.mentions import Person, mentioned
from tasks.models import Comment
from tasks.services.comments import add_comment
from tasks.tests.factories import TaskFactory

PEOPLE = [
    Person(1, "Anna Berg", "anna.berg@example.com"),
    Person(2, "Ben Öz", "boss@example.com"),
    Person(3, "Anna Klein", "ak@example.com"),
    Person(4, "Zoë", "z@example.com"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nobody here", []),
        ("@anna.berg please", [1]),
        ("@Anna.Berg, and @BOSS!", [1, 2]),
        ('ask @"Anna Klein" or @"ben  öz".', [3, 2]),
        ("@annaklein", [3]),
        ("@anna is two people", []),
        ("@ben is one", [2]),
        ("@zoë.", [4]),
        ("write to anna.berg@example.com or x@boss", []),
        ("@boss @boss @ben", [2]),
        ("@nobody @ @@boss (@z)", [4]),
        ('@"unclosed', []),
    ],
)
def test_who_is_meant(text, found):
    assert mentioned(text, PEOPLE) == found


@pytest.mark.django_db
def test_everybody_hears_once_and_only_who_may_see_it():
    author, worker, watcher, lead = (UserFactory(as_=role) for role in ("manager", "employee", "manager", "marketing"))
    stranger, speaker = UserFactory(), UserFactory(as_="client")
    task = TaskFactory(assigned_to=worker, watcher_ids=[author.pk, watcher.pk, worker.pk, stranger.pk, speaker.pk])
    local = lead.email.partition("@")[0]

    comment = add_comment(
        task=task, actor=author, content=f'@{local} and @"{worker.name}" and @"{stranger.name}" and @"{author.name}"'
    )

    told = dict(Notification.objects.values_list("user", "kind"))
    assert told == {lead.pk: "task.mentioned", worker.pk: "task.mentioned", watcher.pk: "task.commented"}
    assert Notification.objects.count() == 3
    assert {user.pk for user in comment.mentions.all()} == {lead.pk, worker.pk, author.pk}
    event = OutboxEvent.objects.get(kind="task.commented")
    assert event.payload["comment_id"] == comment.pk


@pytest.mark.django_db
def test_portal_users_are_not_told_what_colleagues_say():
    speaker = UserFactory(as_="client")
    task = TaskFactory(created_by=speaker, watcher_ids=[speaker.pk])
    task.client.portal_users.add(speaker)

    add_comment(task=task, actor=UserFactory(as_="manager"), content="between us")

    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_an_empty_comment_is_none():
    with pytest.raises(Invalid):
        add_comment(task=TaskFactory(), actor=UserFactory(as_="manager"), content=" \n")

    assert not Comment.objects.exists()
