"""Making and editing tasks."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core.errors import Conflict, Invalid, NotAllowed, PreconditionFailed
from hyperflow.core.models import AuditEntry, OutboxEvent
from tasks import rights
from tasks.admin import tag_list, tag_text
from tasks.models import Task, TaskTag, TaskWatcher
from tasks.services.tasks import create_task, set_tags, set_watchers, update_task
from tasks.signals import task_created
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db


def test_a_new_task_has_a_key_a_watcher_an_audit_entry_and_an_event():
    manager, worker = UserFactory(as_="manager"), UserFactory()
    project = ProjectFactory(key_sequence__prefix="ACME", key_sequence__last=41)
    heard = []

    def hear(sender, task_id, **kwargs):
        heard.append(task_id)

    task_created.connect(hear)
    try:
        task = create_task(
            actor=manager,
            client=project.client,
            project=project,
            title="Logo",
            assigned_to=worker,
            tags=["web", "web "],
        )
    finally:
        task_created.disconnect(hear)

    task.refresh_from_db()
    assert (task.key, task.status, task.created_by, task.tags) == ("ACME-42", "pending", manager, ["web"])
    assert task.watcher_ids == [manager.pk]
    assert list(TaskWatcher.objects.values_list("user", flat=True)) == [manager.pk]
    assert list(TaskTag.objects.values_list("name", flat=True)) == ["web"]
    assert heard == [task.pk]
    assert AuditEntry.objects.get(action="task.created").actor == manager
    assert OutboxEvent.objects.get().payload == {
        "client_id": project.client_id,
        "project_id": project.pk,
        "assigned_to": worker.pk,
    }
    assert list(Notification.objects.values_list("user", "kind", "subject_id")) == [
        (worker.pk, "task.assigned", task.pk)
    ]


def test_without_a_project_the_client_names_the_key():
    client = ClientFactory(key_sequence__prefix="ZED")

    assert create_task(actor=UserFactory(as_="manager"), client=client, title="x").key == "ZED-1"


def test_imports_tell_nobody():
    worker = UserFactory()
    create_task(actor=UserFactory(as_="manager"), client=ClientFactory(), title="x", assigned_to=worker, quiet=True)

    assert not Notification.objects.exists()


def may_create(person, **values):
    before = Task.objects.count()
    try:
        create_task(actor=person, title="x", **values)
    except NotAllowed:
        assert Task.objects.count() == before
        return False
    return True


def test_an_employee_makes_tasks_on_projects_they_work_on():
    person = UserFactory()
    member_of, has_task_in, other = ProjectFactory(members=[person]), ProjectFactory(), ProjectFactory()
    TaskFactory(client=has_task_in.client, project=has_task_in, assigned_to=person)

    assert may_create(person, client=member_of.client, project=member_of)
    assert may_create(person, client=has_task_in.client, project=has_task_in)
    assert not may_create(person, client=other.client, project=other)
    assert not may_create(person, client=member_of.client)


def test_an_employee_assigns_nobody():
    person = UserFactory()
    project = ProjectFactory(members=[person])

    assert not may_create(person, client=project.client, project=project, assigned_to=person)


def test_portal_users_ask_for_tasks_for_their_own_company():
    speaker = UserFactory(as_="client")
    own = ClientFactory(portal_users=[speaker])

    assert may_create(speaker, client=own)
    assert not may_create(speaker, client=ClientFactory())
    assert not may_create(speaker, client=own, assigned_to=UserFactory())
    task = Task.objects.get()
    assert (task.status, task.assigned_to) == ("pending", None)


@pytest.mark.parametrize("role", ["hr", "finance"])
def test_who_only_reads_makes_no_tasks(role):
    assert not may_create(UserFactory(as_=role), client=ClientFactory())


@pytest.mark.parametrize("assignee", [{"is_active": False}, {"as_": "client"}])
def test_work_is_given_to_active_staff(assignee):
    person = UserFactory(**assignee)

    with pytest.raises(Invalid) as refusal:
        create_task(actor=UserFactory(as_="manager"), client=ClientFactory(), title="x", assigned_to=person)

    assert refusal.value.code == "not_assignable"
    assert not Task.objects.exists()


def test_the_project_is_one_of_the_client():
    with pytest.raises(Invalid) as refusal:
        create_task(actor=UserFactory(as_="manager"), client=ClientFactory(), project=ProjectFactory(), title="x")

    assert refusal.value.code == "other_client"


@pytest.mark.parametrize(
    ("role", "made", "assigned", "may"),
    [
        ("manager", False, False, True),
        ("marketing", False, False, True),
        ("employee", True, False, True),
        ("employee", False, True, True),
        ("employee", False, False, False),
        ("finance", True, True, False),
    ],
)
def test_who_may_edit_a_task(role, made, assigned, may):
    person = UserFactory(as_=role)
    task = TaskFactory(
        title="was", **({"created_by": person} if made else {}), assigned_to=person if assigned else None
    )

    if may:
        update_task(task=task, actor=person, title="is")
    else:
        with pytest.raises(NotAllowed):
            update_task(task=task, actor=person, title="is")

    task.refresh_from_db()
    assert (task.title, task.version) == (("is", 2) if may else ("was", 1))


def test_assigning_takes_its_own_right_and_tells_the_assignee():
    person, manager, worker = UserFactory(), UserFactory(as_="manager"), UserFactory()
    task = TaskFactory(created_by=person)

    with pytest.raises(NotAllowed):
        update_task(task=task, actor=person, assigned_to=worker)
    update_task(task=task, actor=manager, assigned_to=worker)
    update_task(task=task, actor=person, assigned_to=worker)  # as it is: nobody assigns anything

    task.refresh_from_db()
    assert task.assigned_to == worker
    assert list(OutboxEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["task.updated", "task.assigned"]
    assert list(Notification.objects.values_list("user", flat=True)) == [worker.pk]


def test_rates_are_set_by_who_may_see_them():
    person = UserFactory()
    task = TaskFactory(created_by=person)

    with pytest.raises(NotAllowed):
        update_task(task=task, actor=person, hourly_rate=5)


@pytest.mark.parametrize("role", ["employee", "client"])
def test_what_is_billed_is_said_by_who_may_see_rates(role):
    person = UserFactory(as_=role)
    people = {"portal_users": [person]} if role == "client" else {}
    project = ProjectFactory(client=ClientFactory(**people), members=[person] if role == "employee" else [])
    place = {"client": project.client, "project": project}

    assert not may_create(person, **place, billable=False)
    assert not Task.objects.exists()
    assert may_create(person, **place, billable=True)
    assert Task.objects.get().billable is True


def test_an_editor_without_sight_of_rates_leaves_billable_as_it_is():
    person = UserFactory()
    task = TaskFactory(created_by=person)

    with pytest.raises(NotAllowed):
        update_task(task=task, actor=person, billable=False, title="free")
    task.refresh_from_db()
    assert (task.billable, task.version) == (True, 1)
    assert update_task(task=task, actor=person, billable=True, title="same").billable is True
    assert update_task(task=task, actor=UserFactory(as_="manager"), billable=False).billable is False


def test_two_editors_do_not_overwrite_each_other():
    manager = UserFactory(as_="manager")
    task = TaskFactory()
    update_task(task=task, actor=manager, title="first", expected_version=1)

    with pytest.raises(PreconditionFailed):
        update_task(task=task, actor=manager, title="second", expected_version=1)

    task.refresh_from_db()
    assert task.title == "first"


def test_tags_and_watchers_are_kept_on_the_row_and_beside_it():
    manager, one, two = UserFactory(as_="manager"), UserFactory(), UserFactory()
    task = TaskFactory()
    set_tags(task=task, actor=manager, tags=["a", "b"])
    set_watchers(task=task, actor=manager, watchers=[one, two])

    set_tags(task=task, actor=manager, tags=[" b", "c"])
    set_watchers(task=task, actor=manager, watchers=[two])

    task.refresh_from_db()
    assert task.tags == ["b", "c"]
    assert sorted(TaskTag.objects.values_list("name", flat=True)) == ["b", "c"]
    assert task.watcher_ids == [two.pk]
    assert list(TaskWatcher.objects.values_list("user", flat=True)) == [two.pk]


@pytest.mark.parametrize("tags", [[""], ["  "], ["x" * 61], [str(number) for number in range(21)]])
def test_bad_tags_change_nothing(tags):
    task = TaskFactory()

    with pytest.raises(Invalid):
        set_tags(task=task, actor=UserFactory(as_="manager"), tags=tags)

    assert not TaskTag.objects.exists()


def test_a_task_is_never_a_part_of_itself():
    manager = UserFactory(as_="manager")
    top = TaskFactory()
    middle = TaskFactory(client=top.client, parent=top)
    bottom = TaskFactory(client=top.client, parent=middle)

    for parent in (top, middle, bottom):
        with pytest.raises(Conflict) as refusal:
            update_task(task=top, actor=manager, parent=parent)
        assert refusal.value.code == "circular_parent"

    top.refresh_from_db()
    assert top.parent is None


def test_sub_tasks_go_five_levels_deep():
    manager = UserFactory(as_="manager")
    chain = [TaskFactory()]
    for _level in range(4):
        chain.append(create_task(actor=manager, client=chain[0].client, title="x", parent=chain[-1]))
    pair = TaskFactory(client=chain[0].client)
    TaskFactory(client=chain[0].client, parent=pair)

    with pytest.raises(Invalid) as refusal:
        create_task(actor=manager, client=chain[0].client, title="x", parent=chain[-1])
    assert refusal.value.code == "too_deep"
    with pytest.raises(Invalid):
        update_task(task=pair, actor=manager, parent=chain[3])
    update_task(task=pair, actor=manager, parent=chain[2])


@pytest.mark.parametrize("place", ["none", "other"])
def test_a_sub_task_is_in_the_project_of_its_parent(place):
    manager, parent = UserFactory(as_="manager"), TaskFactory(project=ProjectFactory())
    client = parent.client
    project = None if place == "none" else ProjectFactory(client=client)
    loose = TaskFactory(client=client, project=project)
    part = TaskFactory(client=client, project=parent.project, parent=parent)

    for attempt in (
        lambda: create_task(actor=manager, client=client, project=project, parent=parent, title="x"),
        lambda: update_task(task=loose, actor=manager, parent=parent),
        lambda: update_task(task=part, actor=manager, project=project),
    ):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert (refusal.value.code, refusal.value.field) == ("parent_elsewhere", "parent_id")

    part.refresh_from_db()
    loose.refresh_from_db()
    assert (part.project, part.parent, loose.parent) == (parent.project, parent, None)
    assert Task.objects.count() == 3


def test_sub_tasks_go_where_their_task_goes():
    manager, top = UserFactory(as_="manager"), TaskFactory(project=ProjectFactory())
    part = TaskFactory(client=top.client, project=top.project, parent=top)
    smallest = TaskFactory(client=top.client, project=top.project, parent=part)
    elsewhere = ProjectFactory(client=top.client)

    update_task(task=top, actor=manager, project=elsewhere)

    for task in (top, part, smallest):
        task.refresh_from_db()
    assert [task.project for task in (top, part, smallest)] == [elsewhere] * 3
    assert (part.parent, smallest.parent) == (top, part)
    assert len({top.position, part.position, smallest.position}) == 3


def test_a_portal_user_watches_tasks_of_their_own_company_only():
    manager, task = UserFactory(as_="manager"), TaskFactory()
    own, foreign = UserFactory(as_="client"), UserFactory(as_="client")
    task.client.portal_users.add(own)
    ClientFactory().portal_users.add(foreign)

    with pytest.raises(Invalid) as refusal:
        set_watchers(task=task, actor=manager, watchers=[own, foreign])
    with pytest.raises(Invalid):
        create_task(actor=manager, client=task.client, title="x", watchers=[foreign])

    assert (refusal.value.code, refusal.value.field) == ("does_not_exist", "watchers")
    assert not TaskWatcher.objects.exists()
    set_watchers(task=task, actor=manager, watchers=[own])
    assert TaskWatcher.objects.get().user == own


def test_a_parent_is_for_the_same_client():
    with pytest.raises(Invalid) as refusal:
        create_task(actor=UserFactory(as_="manager"), client=ClientFactory(), title="x", parent=TaskFactory())

    assert refusal.value.code == "other_client"


def test_time_and_family_tie_a_task_to_its_client():
    manager, other = UserFactory(as_="manager"), ClientFactory()
    free, timed, parent = TaskFactory(), TaskFactory(), TaskFactory()
    TimeEntryFactory(task=timed)
    child = TaskFactory(parent=parent, client=parent.client)

    update_task(task=free, actor=manager, client=other)
    for task in (timed, parent, child):
        with pytest.raises(Conflict) as refusal:
            update_task(task=task, actor=manager, client=other)
        assert refusal.value.code == "client_fixed"

    free.refresh_from_db()
    assert free.client == other


def test_only_who_may_see_a_task_hears_of_it():
    member, outsider, speaker, gone = (
        UserFactory(),
        UserFactory(),
        UserFactory(as_="client"),
        UserFactory(is_active=False),
    )
    manager, maker = UserFactory(as_="manager"), UserFactory()
    project = ProjectFactory(members=[member], client=ClientFactory(portal_users=[speaker]))
    task = TaskFactory(client=project.client, project=project, created_by=maker)

    people = [member, outsider, speaker, gone, manager, maker, UserFactory(as_="client")]

    assert {user.pk for user in rights.audience(task, [person.pk for person in people])} == {
        member.pk,
        speaker.pk,
        manager.pk,
        maker.pk,
    }


def test_a_rate_is_not_carried_into_another_currency():
    manager, client = UserFactory(as_="manager"), ClientFactory(currency="EUR")
    abroad = ProjectFactory(client=client, currency="USD")
    task = TaskFactory(client=client, project=None, hourly_rate=150)
    with pytest.raises(Invalid) as refused:
        update_task(task=task, actor=manager, project=abroad)
    assert refused.value.code == "currency_mismatch"
    moved = update_task(task=task, actor=manager, project=abroad, hourly_rate=170)
    assert (moved.project, moved.hourly_rate) == (abroad, 170)
    free = TaskFactory(client=client, project=None)
    TaskFactory(client=client, project=None, parent=free, hourly_rate=10)
    with pytest.raises(Invalid):
        update_task(task=free, actor=manager, project=abroad)


def test_a_task_shows_its_rate_in_the_currency_of_its_project(api):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), currency="JPY")
    task = TaskFactory(client=project.client, project=project, hourly_rate=12_000)
    told = api(UserFactory(as_="manager")).get(f"/api/client/tasks/{task.pk}").json()
    assert (told["hourly_rate"], told["currency"]) == ("12000", "JPY")


@pytest.mark.parametrize("tags", [[], ["a"], ["a, b", "c"], ['say "hi"', "x y"], ["é", "1,5 %"]])
def test_the_form_gives_back_the_tags_that_it_shows(tags):
    assert tag_list(tag_text(tags)) == tags


def test_tags_are_typed_with_commas_between():
    assert tag_list("red,green ,  blue,,") == ["red", "green", "blue"]


@pytest.mark.parametrize("text", ['"open', 'a, "b" c'])
def test_a_quote_that_never_closes_is_said_so(text):
    with pytest.raises(ValidationError):
        tag_list(text)


def test_line_breaks_in_tags_are_blanks():
    assert tag_list("a\nb, c\r\n") == ["a b", "c"]
