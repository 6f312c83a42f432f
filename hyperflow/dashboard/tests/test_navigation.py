"""The sidebar marks where one is, and nothing else."""

import re

import pytest

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
