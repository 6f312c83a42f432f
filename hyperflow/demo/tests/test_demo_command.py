"""`manage.py demo`: when it loads, when it refuses, and the big scale."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import User
from accounts.tests.factories import UserFactory
from clients.models import Client, KeySequence
from hr.models import Attendance, LeaveRequest, Payslip
from hyperflow.core.models import AuditEntry
from hyperflow.demo.load import load
from hyperflow.demo.tests.invented import NOW, fill
from tasks import ranks
from tasks.models import Task, TimeEntry

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what is invented does not hang on the database")
def test_the_same_moment_gives_the_same_data(invented_folder):
    facts = []
    for invent in (lambda: fill(invented_folder), lambda: load(password="x" * 12, now=NOW)):
        with transaction.atomic():
            invent()
            facts.append(_facts())
            transaction.set_rollback(True)
    assert facts[0] == facts[1]


def _facts():
    """What was invented, without the ids."""
    return (
        list(Task.objects.order_by("key").values_list("key", "title", "status", "created_at", "version")),
        list(TimeEntry.objects.order_by("started_at", "user__email").values_list("started_at", "seconds")),
        list(
            Attendance.objects.order_by("login_time", "user__email").values_list("login_time", "logout_time", "status")
        ),
        list(LeaveRequest.objects.order_by("pk").values_list("start_date", "asked_as", "status", "days")),
        list(Payslip.objects.order_by("period", "employee_code").values_list("employee_code", "net")),
        list(AuditEntry.objects.order_by("pk").values_list("at", "action", "actor__email")),
    )


def test_it_never_touches_a_database_with_people(settings, capsys):
    settings.DEBUG = True
    UserFactory()
    with pytest.raises(CommandError, match="empty one only"):
        call_command("demo")
    call_command("demo", if_empty=True)
    assert capsys.readouterr().out == ""
    assert User.objects.count() == 1


def test_it_does_not_load_where_debug_is_off(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=true"):
        call_command("demo")
    assert User.objects.count() == 0


def test_the_bench_scale_keeps_keys_tags_and_positions_right(settings, capsys):
    settings.DEBUG = True
    call_command("demo", scale="bench", tasks=3_000, password="hyperflow-demo")

    assert User.objects.count() == 200
    assert Client.objects.count() == 500
    assert Task.objects.count() == 3_000
    assert all(user.check_password("hyperflow-demo") for user in User.objects.all()[:3])
    assert User.objects.values("password").distinct().count() == 1
    for sequence in KeySequence.objects.filter(prefix__startswith="P", last__gt=0).select_related("project")[:50]:
        tasks = list(sequence.project.tasks.order_by("position"))
        assert [task.key for task in tasks] == [f"{sequence.prefix}-{n}" for n in range(1, sequence.last + 1)]
        assert [task.position for task in tasks] == [ranks.at_number(n) for n in range(1, sequence.last + 1)]
    for task in Task.objects.prefetch_related("tag_rows", "watcher_rows")[:500]:
        assert sorted(task.tags) == sorted(row.name for row in task.tag_rows.all())
        assert sorted(task.watcher_ids) == sorted(row.user_id for row in task.watcher_rows.all())
        task.full_clean(validate_unique=False)
    assert "3000 tasks" in capsys.readouterr().out
    with connection.cursor() as cursor:
        names = set(connection.introspection.get_constraints(cursor, "tasks"))
    assert {index.name for index in Task._meta.indexes} <= names
