"""What stands out on pages of people's affairs: the button one has come for, and what was wrong with an application."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from hr.services import leave
from hr.tests.factories import EmploymentFactory
from hr.tests.recruitment_factories import PostingFactory

pytestmark = pytest.mark.django_db


def test_approving_leave_stands_out_before_cancelling_and_rejecting(client):
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        boss = EmploymentFactory(user__as_="hr").user
        worker = EmploymentFactory(manager=boss).user
        day = dt.date(2026, 3, 16)
        asked = leave.ask_for_leave(actor=worker, leave_type="annual", start_date=day, end_date=day)
        client.force_login(boss)
        page = client.get(f"/admin/hr/leaverequest/{asked.pk}/change/").content.decode()
    moves = re.findall(r'/do/(\w+)/"[^>]*data-move="(\w+)"', page)
    assert moves == [("approve", "primary"), ("cancel", "plain"), ("reject", "danger")]


def test_a_refused_application_opens_at_what_was_wrong(client, settings, tmp_path):
    settings.FILES_DIR = tmp_path
    posting = PostingFactory()
    assert 'id="problems"' not in client.get(f"/careers/{posting.pk}").content.decode()
    resume = SimpleUploadedFile("cv.pdf", b"%PDF-1.7\n")
    page = client.post(f"/careers/{posting.pk}", {"name": "", "email": "ada", "resume": resume}).content.decode()
    summary = page.partition('<div class="problems" id="problems" role="alert" tabindex="-1">')[2].partition("</div>")[
        0
    ]
    assert re.findall(r'<a href="#(\w+)">', summary) == ["id_name", "id_email"]
    assert 'action="#problems"' in page
