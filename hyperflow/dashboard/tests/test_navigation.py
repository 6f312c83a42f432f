"""The sidebar marks where one is, and leads to what one may see."""

import re

import pytest

from accounts.services import roles
from accounts.tests.factories import UserFactory
from hr.tests.recruitment_factories import PostingFactory

pytestmark = pytest.mark.django_db


def marked(client, path):
    page = client.get(path).content.decode()
    links = re.findall(r"<a[^>]*>", page[page.index('id="nav-sidebar-apps"') :])
    return [re.search(r'href="([^"]*)"', link).group(1) for link in links if re.search(r'class="[^"]*\bactive\b', link)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/admin/hr/attendance/", "/admin/hr/attendance/"),
        ("/admin/hr/attendance/sheet/", "/admin/hr/attendance/sheet/"),
        ("/admin/hr/jobposting/", "/admin/hr/jobposting/"),
        ("/admin/hr/jobposting/{posting}/board/", "/admin/hr/jobposting/board/"),
        ("/admin/tasks/task/", "/admin/tasks/task/"),
    ],
)
def test_one_entry_is_marked(client, path, expected):
    client.force_login(UserFactory(as_="admin"))
    posting = PostingFactory()
    assert marked(client, path.format(posting=posting.pk)) == [expected]


@pytest.mark.parametrize("right", ["finance.view_reports", "hr.view_candidate", ""])
def test_reports_are_offered_to_whoever_may_read_one(client, right):
    boss = UserFactory(as_="admin")
    role = roles.create_role(actor=boss, code="reader", name="Reader", permissions=[right] if right else [])
    client.force_login(UserFactory(as_=role.code))

    assert ('href="/reports/"' in client.get("/admin/").content.decode()) is bool(right)
