"""The demo data keeps every promise that the services make."""

import datetime as dt
import itertools
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest

from accounts.models import Department, Notification, Role, User
from clients.models import Client, CommunicationLog, KeySequence, Project, ProjectMember
from hyperflow.core import clock
from hyperflow.core.models import AuditEntry, Job, OutboxEvent
from hyperflow.demo import agency
from hyperflow.demo.days import SHORT, WEEK, Diary, holidays
from hyperflow.demo.tests.invented import NOW, history_of
from tasks import ranks
from tasks.models import Comment, LockedPeriod, Task, TaskTag, TaskWatcher, TimeEntry

pytestmark = pytest.mark.django_db


def test_there_is_as_much_as_was_promised(loaded):
    staff = User.objects.filter(role__is_staff=True, is_active=True)
    assert staff.count() == 14
    assert Department.objects.count() == 5
    assert Client.objects.count() == 16
    assert Project.objects.count() == 40
    assert Task.objects.count() == 700
    assert set(Project.objects.values_list("billing", flat=True)) == {"hourly", "fixed", "retainer"}
    first = Task.objects.order_by("created_at").first().created_at
    assert dt.timedelta(days=390) < NOW - first < dt.timedelta(days=440)
    assert not Task.objects.filter(created_at__gt=NOW).exists()
    assert CommunicationLog.objects.count() > 100
    assert Notification.objects.filter(read_at=None).exists()


def test_each_role_has_an_account_that_signs_in_and_only_those(loaded):
    assert {user.email: user.role.code for user in User.objects.filter(email__in=agency.SIGN_IN)} == {
        f"{code}@hyperflow.example": code for code in Role.Code.values
    }
    able = [user.email for user in User.objects.all() if user.has_usable_password()]
    assert sorted(able) == sorted(agency.SIGN_IN)
    assert User.objects.get(email="client@hyperflow.example").check_password("hyperflow-demo")
    assert Client.objects.visible_to(User.objects.get(email="client@hyperflow.example")).count() == 1


def test_some_is_late_and_some_waits_for_the_client(loaded):
    late = Task.objects.filter(status__in=Task.OPEN, due_date__lt=NOW.date())
    assert 10 < late.count() < 120
    assert 5 < TaskTag.objects.filter(name="waiting-for-client").count() < 80
    employee = User.objects.get(email="employee@hyperflow.example")
    assert employee.tasks.filter(status__in=Task.OPEN).count() > 2
    assert Task.objects.exclude(parent=None).count() > 30


def test_nothing_is_queued_or_announced(loaded):
    assert Job.objects.count() == 0
    assert OutboxEvent.objects.count() == 0


def test_keys_and_positions_follow_the_sequence_of_their_project(loaded):
    for sequence in KeySequence.objects.select_related("project").prefetch_related("project__tasks"):
        project = getattr(sequence, "project", None)
        tasks = sorted(project.tasks.all(), key=lambda task: task.position) if project else []
        assert sequence.last == len(tasks)
        assert [task.key for task in tasks] == [f"{sequence.prefix}-{n}" for n in range(1, len(tasks) + 1)]
        assert [task.position for task in tasks] == [ranks.at_number(n) for n in range(1, len(tasks) + 1)]
        assert [task.created_at for task in tasks] == sorted(task.created_at for task in tasks)


def test_copies_equal_the_rows_that_they_repeat(loaded):
    tags, watchers = defaultdict(list), defaultdict(list)
    for task_id, name in TaskTag.objects.values_list("task_id", "name"):
        tags[task_id].append(name)
    for task_id, user_id in TaskWatcher.objects.values_list("task_id", "user_id"):
        watchers[task_id].append(user_id)
    for task in Task.objects.all():
        assert sorted(task.tags) == sorted(tags[task.pk])
        assert sorted(task.watcher_ids) == sorted(watchers[task.pk])
        assert len(set(task.tags)) == len(task.tags)


def test_every_row_passes_its_own_checks(loaded):
    rows = itertools.chain(
        Task.objects.all(), TimeEntry.objects.all()[:300], Client.objects.all(), Project.objects.all()
    )
    for row in rows:
        row.full_clean(validate_unique=False, validate_constraints=False)


def test_a_completed_task_has_its_end_and_the_hours_of_its_entries(loaded):
    seconds = defaultdict(int)
    for task_id, found in TimeEntry.objects.values_list("task_id", "seconds"):
        seconds[task_id] += found
    for task in Task.objects.all():
        if task.status == Task.Status.COMPLETED:
            assert task.start_time <= task.end_time <= NOW
            assert task.actual_time == (Decimal(seconds[task.pk]) / 3600).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert task.progress == 100
        else:
            assert (task.end_time, task.actual_time) == (None, None)
        if task.status == Task.Status.IN_PROGRESS:
            assert task.start_time is not None


def test_the_history_of_a_task_is_legal_and_ends_where_the_task_stands(loaded):
    history = history_of("tasks.task")
    for task in Task.objects.all():
        entries = history[task.pk]
        assert entries[0].action == "task.created"
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        assert entries[0].at == task.created_at
        assert entries[-1].at <= NOW
        written = [entry for entry in entries if entry.action != "task.commented"]
        assert task.version == len(written)
        assert task.updated_at == written[-1].at
        status = entries[0].changes["status"][1]
        assert status == "pending"
        for entry in written[1:]:
            before, after = entry.changes.get("status", (status, status))
            assert before == status
            assert after == status or after in Task.NEXT[Task.Status(before)]
            status = after
        assert status == task.status
        state = {name: values[1] for name, values in entries[0].changes.items()}
        for entry in written[1:]:
            state |= {name: values[1] for name, values in entry.changes.items()}
        assert state.get("tags", []) == task.tags
        assert (state.get("assigned_to", state.get("assigned_to_id"))) == task.assigned_to_id


def test_comments_lie_within_the_life_of_their_task_and_are_in_its_history(loaded):
    said = {entry.changes["comment"][1]: entry for entry in AuditEntry.objects.filter(action="task.commented")}
    for comment in Comment.objects.select_related("task"):
        assert comment.task.created_at < comment.created_at <= NOW
        assert said[comment.pk].actor_id == comment.author_id
        assert said[comment.pk].target_id == comment.task_id
    assert len(said) == Comment.objects.count() > 300


def test_time_of_one_person_never_overlaps_and_lies_in_their_working_hours(loaded):
    short = {f"{one.login}@{agency.DOMAIN}" for one in agency.COLLEAGUES if one.short_week}
    free = {day for year in (2025, 2026) for day in holidays(year)}
    for user in User.objects.filter(role__is_staff=True):
        week = SHORT if user.email in short else WEEK
        zone = clock.zone_of(user)
        last_end = None
        for entry in TimeEntry.objects.filter(user=user).order_by("started_at"):
            assert last_end is None or entry.started_at >= last_end
            last_end = entry.ended_at
            begins, ends = entry.started_at.astimezone(zone), entry.ended_at.astimezone(zone)
            assert begins.date() == entry.work_date
            assert begins.date() not in free
            assert any(start <= begins.time() and ends.time() <= end for start, end in week[begins.weekday()])
            assert entry.seconds == (entry.ended_at - entry.started_at).total_seconds()
            assert entry.ended_at <= NOW


def test_rates_are_frozen_by_precedence(loaded):
    tasks = {task.pk: task for task in Task.objects.select_related("project", "client")}
    people = User.objects.in_bulk()
    for entry in TimeEntry.objects.all():
        task, person = tasks[entry.task_id], people[entry.user_id]
        candidates = [
            ("task", task.hourly_rate, task.project.currency),
            ("project", task.project.hourly_rate, task.project.currency),
            ("client", task.client.hourly_rate, task.client.currency),
            ("person", person.billing_rate, "EUR"),
        ]
        source, rate, currency = next(found for found in candidates if found[1] is not None)
        assert (entry.rate_source, entry.rate, entry.currency) == (source, rate, currency)
        assert entry.billable == (task.billable and task.project.billing != Project.Billing.FIXED)


STEPS_OF_TIME = ["time.added", "time.submitted", "time.approved", "time.billed"]


def test_old_time_is_approved_by_somebody_else_and_closed(loaded):
    history = history_of("tasks.timeentry")
    for entry in TimeEntry.objects.all():
        written = history[entry.pk]
        assert entry.version == len(written)
        assert [one.action for one in written] == STEPS_OF_TIME[: len(written)]
        assert [one.at for one in written] == sorted(one.at for one in written)
        if entry.status in {"approved", "billed"}:
            assert entry.approved_by_id not in (None, entry.user_id)
            assert entry.approved_at <= NOW
        elif NOW - entry.started_at > dt.timedelta(days=35):
            pytest.fail(f"{entry} is old and not approved")
    periods = list(LockedPeriod.objects.order_by("starts_on"))
    assert len(periods) >= 12
    for before, after in itertools.pairwise(periods):
        assert after.starts_on == before.ends_on + dt.timedelta(days=1)
    closed = TimeEntry.objects.filter(work_date__lte=periods[-1].ends_on)
    assert set(closed.values_list("status", flat=True)) == {"approved", "billed"}
    assert TimeEntry.objects.filter(status="open").exists()
    assert TimeEntry.objects.filter(status="submitted").exists()


def test_people_work_on_projects_that_they_are_members_of(loaded):
    members = set(ProjectMember.objects.values_list("project_id", "user_id"))
    for project_id, user_id in Task.objects.exclude(assigned_to=None).values_list("project_id", "assigned_to_id"):
        assert (project_id, user_id) in members


def test_nothing_in_the_history_is_of_the_moment_of_loading(loaded):
    assert not AuditEntry.objects.filter(at__gt=NOW).exists()
    for model in (User, Client, Project, Task, TimeEntry):
        assert not model.objects.filter(created_at__gt=NOW).exists()
        assert not model.objects.filter(updated_at__gt=NOW).exists()


def test_the_log_is_in_the_order_of_time_and_the_last_of_it_is_of_today(loaded):
    moments = list(AuditEntry.objects.order_by("pk").values_list("at", flat=True))
    assert moments == sorted(moments)
    manager = User.objects.get(email="manager@hyperflow.example")
    assert AuditEntry.objects.filter(actor=manager).first().at.date() == NOW.date()


def test_the_api_shows_it_to_the_demo_accounts(loaded, api):
    manager = User.objects.get(email="manager@hyperflow.example")
    employee = User.objects.get(email="employee@hyperflow.example")
    assert len(api(manager).get("/api/client/tasks?limit=200").json()) == 200
    own = api(employee).get("/api/employee/tasks?status=in_progress").json()
    assert own
    assert {task["assigned_to"] for task in own} == {employee.pk}


def test_a_diary_knows_holidays_days_off_and_free_mornings():
    friday, monday, tuesday, wednesday = (dt.date(2026, 6, day) for day in (12, 15, 16, 17))
    diary = Diary("Europe/Berlin", short_week=False, holidays={monday})
    diary.away.add(tuesday)
    assert [diary.stretches(day) for day in (friday + dt.timedelta(days=1), monday, tuesday)] == [[], [], []]
    assert diary.next_working_day(friday + dt.timedelta(days=1)) == wednesday
    morning, afternoon = (
        (dt.datetime(2026, 6, 17, *begins, tzinfo=dt.UTC), dt.datetime(2026, 6, 17, *ends, tzinfo=dt.UTC))
        for begins, ends in (((7,), (10, 30)), ((11, 15), (15, 15)))
    )
    assert diary.stretches(wednesday) == [morning, afternoon]
    diary.afternoons.add(wednesday)
    assert diary.stretches(wednesday) == [afternoon]
