"""What people write down while they work is not for the client to read."""

import pytest

from accounts.tests.factories import UserFactory
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db


def test_a_portal_user_sees_the_task_without_working_notes(api):
    task = TaskFactory(progress_description="They will not like it", drive_link="https://drive.example/x")
    portal = UserFactory(as_="client")
    task.client.portal_users.add(portal)

    shown = api(portal).get(f"/api/client/tasks/{task.pk}").json()
    assert (shown["task_id"], shown["progress_description"], shown["drive_link"]) == (task.pk, "", "")

    shown = api(UserFactory(as_="manager")).get(f"/api/client/tasks/{task.pk}").json()
    assert (shown["progress_description"], shown["drive_link"]) == ("They will not like it", "https://drive.example/x")
