"""The main job from end to end: a real board comes in, is given to somebody, worked on, and shown to the client."""

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from clients.services.clients import create_client
from clients.services.portal import add_portal_user
from integrations.tests import boards

pytestmark = pytest.mark.django_db

MORNING = dt.datetime(2026, 3, 10, 8, 0, tzinfo=dt.UTC)


def ok(response, status=200):
    assert response.status_code == status, response.content
    return response.json()


def test_a_real_board_is_imported_worked_on_and_reported(api, capsys):
    path = boards.real("trello-project100.json")
    with time_machine.travel(MORNING, tick=False) as clock:
        admin = UserFactory(as_="admin", name="Boss")
        manager = UserFactory(as_="manager", name="Lead")
        worker = UserFactory(name="Test User", email="worker@example.com", timezone="Europe/Berlin")
        visitor = UserFactory(as_="client", name="Visitor")
        client, _ = create_client(actor=admin, name="Acme GmbH", currency="EUR", hourly_rate="100")
        add_portal_user(client=client, user=visitor, actor=admin)

        # The board's only member is known here by name, so the cards are theirs already.
        call_command("import", "trello", str(path), client="Acme GmbH")
        assert "card made: 3" in capsys.readouterr().out
        seen = ok(api(manager).get(f"/api/client/clients/{client.pk}/tasks?ordering=created_at"))
        assert [(task["title"], task["status"]) for task in seen] == [
            ("Review code", "pending"),
            ("Write code", "pending"),
            ("Visualize code", "in_progress"),
        ]
        mine = ok(api(worker).get("/api/employee/tasks"))
        assert {task["task_id"] for task in mine} == {task["task_id"] for task in seen}

        # The manager takes one back and gives another a date.
        review, write, _visualize = seen
        ok(api(manager).put(f"/api/client/tasks/{review['task_id']}", {"assigned_to": manager.pk}, format="json"))
        planned = {"due_date": "2026-03-12", "estimated_time": 2, "priority": "high"}
        ok(api(manager).put(f"/api/client/tasks/{write['task_id']}", planned, format="json"))
        mine = ok(api(worker).get("/api/employee/tasks?ordering=due_date"))
        assert [task["title"] for task in mine] == ["Write code", "Visualize code"]

        # The employee begins, counts time, says something, and is done.
        place = f"/api/employee/tasks/{write['task_id']}"
        ok(api(worker).put(f"{place}/status", {"status": "in_progress"}, format="json"))
        ok(api(worker).post(f"{place}/timer/start", {}, format="json"))
        clock.move_to(MORNING + dt.timedelta(minutes=90))
        ok(api(worker).post(f"{place}/timer/stop", {}, format="json"))
        said = {"content": "Done @Lead, please look"}
        ok(api(worker).post(f"{place}/comments", said, format="json"), 201)
        done = ok(api(worker).put(f"{place}/status", {"status": "completed"}, format="json"))

        assert (done["status"], done["progress"], done["actual_time"]) == ("completed", 100, 1.5)
        (entry,) = ok(api(worker).get("/api/employee/time-entries"))
        assert (entry["hours"], entry["billable"], entry["status"]) == (1.5, True, "open")
        assert list(Notification.objects.filter(kind="task.mentioned").values_list("user__name", flat=True)) == ["Lead"]
        ok(api(manager).post("/api/employee/time-entries/approve", {"ids": [entry["entry_id"]]}, format="json"))

        # The client sees the tasks and not what colleagues say; the manager sees the report.
        theirs = ok(api(visitor).get(f"/api/client/clients/{client.pk}/tasks"))
        assert {task["title"]: task["status"] for task in theirs}["Write code"] == "completed"
        assert api(visitor).get(f"{place}/comments").status_code in {403, 404}
        report = ok(api(manager).get(f"/api/client/clients/{client.pk}/reports/performance?start_date=2020-01-01"))
        assert report["tasks"] == {"pending": 1, "in_progress": 1, "completed": 1, "cancelled": 0}
        assert (report["hours"], report["on_time_rate"], report["estimate_accuracy"]) == (1.5, "100", "75")

        # And the board comes again without touching any of it.
        call_command("import", "trello", str(path), client="Acme GmbH")
        assert "card unchanged: 3" in capsys.readouterr().out
        again = ok(api(worker).get(place))
        assert (again["status"], again["updated_at"]) == ("completed", done["updated_at"])
