"""Files that rows of HR refer to are no orphans, whether the file knows of the relation or not."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import UserFactory
from hr.models import LeaveRequest, LeaveType
from hr.tests.recruitment_factories import CandidateFactory
from hyperflow.core import clock, storage
from hyperflow.core.models import StoredFile

pytestmark = pytest.mark.django_db


def test_resumes_and_documents_of_leave_outlive_the_sweep(settings, tmp_path):
    settings.FILES_DIR = tmp_path
    resume, document, loose = (
        storage.store(SimpleUploadedFile(f"{name}.txt", b"words"), actor=None) for name in ("resume", "doc", "loose")
    )
    CandidateFactory(resume=resume)
    LeaveRequest.objects.create(
        user=UserFactory(), type=LeaveType.objects.first() or LeaveType.objects.create(code="sick", name="Sick"),
        asked_as="sick", start_date=dt.date(2026, 3, 9), end_date=dt.date(2026, 3, 9), days=1, document=document,
    )  # fmt: skip
    StoredFile.objects.update(created_at=clock.now() - dt.timedelta(days=2))

    assert storage.remove_orphans()["files"] == 1

    assert set(StoredFile.objects.values_list("pk", flat=True)) == {resume.pk, document.pk}
    assert loose.pk not in StoredFile.objects.values_list("pk", flat=True)
