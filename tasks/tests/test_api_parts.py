"""What is said about a task, what lies with it and what was done to it, over the API."""

import datetime as dt
import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.services.sessions import open_session
from accounts.tests.factories import UserFactory
from hyperflow.core.models import AuditEntry, StoredFile
from tasks.models import Attachment, Comment, Task
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


def upload(name="notes.txt", content=b"some notes\n", kind="text/plain"):
    return SimpleUploadedFile(name, content, content_type=kind)


@pytest.fixture
def task():
    return TaskFactory(assigned_to=UserFactory(as_="employee"))


def test_comments(api, task):
    worker, lead = task.assigned_to, UserFactory(as_="manager", email="lena@example.com")
    caller = api(worker)

    made = caller.post(f"/api/employee/tasks/{task.pk}/comments", {"content": "Look @lena\nplease"})
    caller.post(f"/api/employee/tasks/{task.pk}/comments", {"content": "again"})

    assert made.status_code == 201
    listed = caller.get(f"/api/employee/tasks/{task.pk}/comments").json()
    assert [comment["content"] for comment in listed] == ["Look @lena\nplease", "again"]
    assert listed[0] == made.json()
    assert set(listed[0]) == {"comment_id", "user_id", "user_name", "content", "mentions", "created_at"}
    assert (listed[0]["user_id"], listed[0]["mentions"]) == (worker.pk, [lead.pk])


@pytest.mark.parametrize(
    ("path", "body", "how"), [("comments", {"content": "x"}, "json"), ("attachments", None, "multipart")]
)
def test_what_was_made_is_found_at_its_location(api, task, path, body, how):
    caller = api(task.assigned_to)
    made = caller.post(f"/api/employee/tasks/{task.pk}/{path}", body or {"file": upload()}, format=how)
    where = made.headers["Location"]
    pk = where.rpartition("/")[2]
    other = TaskFactory(assigned_to=task.assigned_to)

    found = caller.get(where)

    # The link of a file is made for each answer.
    assert (found.status_code, {**found.json(), "url": 0}) == (200, {**made.json(), "url": 0})
    assert caller.get(f"/api/employee/tasks/{other.pk}/{path}/{pk}").status_code == 404
    assert caller.get(f"/api/employee/tasks/{task.pk}/{path}/{int(pk) + 1}").status_code == 404
    assert api(UserFactory(as_="employee")).get(where).status_code == 404
    assert api(UserFactory(as_="client")).get(where).status_code == 403


@pytest.mark.parametrize("rows", [1, 7])
def test_lists_of_parts_cost_the_same_however_many(api, task, rows, django_assert_num_queries):
    worker = task.assigned_to
    for number in range(rows):
        Comment.objects.create(task=task, author=UserFactory(), content="x").mentions.set([worker])
        Attachment.objects.create(task=task, external_url=f"https://e.com/{number}", name="a", uploaded_by=worker)
        TimeEntryFactory(task=task, user=worker)
    caller = api(worker)
    caller.get("/api/employee/tasks")
    costs = {"tasks/{}/comments": 4, "tasks/{}/attachments": 3, "time-entries": 2}

    for path, queries in costs.items():
        with django_assert_num_queries(queries):
            assert len(caller.get(f"/api/employee/{path.format(task.pk)}").json()) == rows


@pytest.mark.parametrize("rows", [1, 7])
def test_history_costs_the_same_however_long(api, task, rows, django_assert_num_queries):
    caller = api(UserFactory(as_="manager"))
    for number in range(rows):
        caller.put(f"/api/client/tasks/{task.pk}", {"title": f"title {number}"})

    with django_assert_num_queries(3):
        assert len(caller.get(f"/api/employee/tasks/{task.pk}/history").json()) == rows


def test_history_says_who_changed_what(api, task):
    manager = UserFactory(as_="manager")
    caller = api(manager)
    caller.put(f"/api/client/tasks/{task.pk}", {"title": "new", "hourly_rate": "5"})
    caller.put(f"/api/employee/tasks/{task.pk}/status", {"status": "in_progress"})

    latest, first = caller.get(f"/api/employee/tasks/{task.pk}/history").json()

    assert (latest["action"], latest["user_id"]) == ("task.status", manager.pk)
    assert latest["changes"]["status"] == ["pending", "in_progress"]
    assert set(first["changes"]) == {"title", "hourly_rate"}
    seen = api(task.assigned_to).get(f"/api/employee/tasks/{task.pk}/history").json()
    assert set(seen[1]["changes"]) == {"title"}


def test_who_may_not_see_rates_is_not_told_that_one_was_set(api, task):
    caller = api(UserFactory(as_="manager"))
    caller.put(f"/api/client/tasks/{task.pk}", {"hourly_rate": "5"})
    caller.put(f"/api/client/tasks/{task.pk}", {"hourly_rate": "6", "title": "new"})
    path = f"/api/employee/tasks/{task.pk}/history"

    assert [set(one["changes"]) for one in caller.get(path).json()] == [{"hourly_rate", "title"}, {"hourly_rate"}]
    assert [set(one["changes"]) for one in api(task.assigned_to).get(path).json()] == [{"title"}]


def test_history_speaks_as_the_task_does(api, task):
    manager = UserFactory(as_="manager")
    caller = api(manager)
    body = {"priority": "urgent", "estimated_time": 2.5, "watchers": [manager.pk], "assigned_to": None}
    before = caller.get(f"/api/client/tasks/{task.pk}").json()

    after = caller.put(f"/api/client/tasks/{task.pk}", body).json()

    (entry,) = caller.get(f"/api/employee/tasks/{task.pk}/history").json()
    assert entry["changes"] == {name: [before[name], after[name]] for name in body}


def test_a_file_is_kept_and_given_back(api, task):
    caller = api(task.assigned_to)

    reply = caller.post(
        f"/api/employee/tasks/{task.pk}/attachments", {"file": upload(), "description": "of today"}, format="multipart"
    )

    shown = reply.json()
    assert reply.status_code == 201, shown
    assert set(shown) >= {
        "attachment_id", "file_name", "file_type", "file_size", "checksum", "url", "uploaded_by", "uploaded_at",
    }  # fmt: skip
    assert (shown["file_name"], shown["file_type"], shown["file_size"]) == ("notes.txt", "text/plain", 11)
    assert (shown["uploaded_by"], shown["description"]) == (task.assigned_to.pk, "of today")
    assert [one["attachment_id"] for one in caller.get(f"/api/employee/tasks/{task.pk}/attachments").json()] == [
        shown["attachment_id"]
    ]
    given = api().get(shown["url"])
    assert b"".join(given) == b"some notes\n"
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given.headers["Content-Security-Policy"]


def test_a_file_link_ends_with_the_sight_of_the_task(api, task):
    worker = task.assigned_to
    caller = api(worker)
    url = caller.post(f"/api/employee/tasks/{task.pk}/attachments", {"file": upload()}, format="multipart").json()[
        "url"
    ]

    Task.objects.update(assigned_to=None)

    assert api().get(url).status_code == 404


def test_a_file_link_ends_with_the_sign_in_that_it_was_made_in(api, task, django_assert_max_num_queries):
    pair, other = open_session(user=task.assigned_to), open_session(user=task.assigned_to)
    phone = api(None, authorization=f"Bearer {pair.access_token}")
    laptop = api(None, authorization=f"Bearer {other.access_token}")
    attachments = f"/api/employee/tasks/{task.pk}/attachments"
    made = phone.post(attachments, {"file": upload()}, format="multipart").json()["url"]
    [listed] = [one["url"] for one in phone.get(attachments).json()]
    [shown] = [one["url"] for one in phone.get(f"/api/employee/tasks/{task.pk}").json()["attachments"]]
    [elsewhere] = [one["url"] for one in laptop.get(attachments).json()]
    assert [api().get(url).status_code for url in (made, listed, shown, elsewhere)] == [200] * 4

    assert phone.post("/api/auth/logout", {"refresh_token": pair.refresh_token}).status_code == 204

    for url in (made, listed, shown):
        refused = api().get(url)
        assert (refused.status_code, refused.json()["code"]) == (403, "link_expired")
    with django_assert_max_num_queries(6):
        assert api().get(elsewhere).status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "unsupported_file_type"),
        ("a.png", b"<!doctype html><script>alert(1)</script>", "unsupported_file_type"),
        ("a.php", b"<?php system('id');", "unsupported_file_type"),
        ("a.exe", b"MZ\x90\x00\x03\x00\x00\x00", "unsupported_file_type"),
        ("a.png", PNG[:20] + (50_000).to_bytes(4, "big") * 1 + PNG[24:], "invalid_image"),
        ("a.txt", b"", "unsupported_file_type"),
    ],
)
def test_hostile_files_are_refused(api, task, name, content, code):
    reply = api(task.assigned_to).post(
        f"/api/employee/tasks/{task.pk}/attachments", {"file": upload(name, content)}, format="multipart"
    )

    assert reply.status_code == 422
    body = reply.json()
    assert code in {body["code"], *(error["code"] for error in body.get("errors", []))}
    assert not Attachment.objects.exists()


def test_a_pixel_flood_is_refused(api, task):
    header = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    flood = PNG[:8] + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + PNG[33:]

    reply = api(task.assigned_to).post(
        f"/api/employee/tasks/{task.pk}/attachments", {"file": upload("a.png", flood, "image/png")}, format="multipart"
    )

    body = reply.json()
    assert reply.status_code == 422
    assert "image_too_large" in {body["code"], *(error["code"] for error in body.get("errors", []))}


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x.txt", "CON", "a\r\nb.txt", "x" * 300 + ".txt", "\u202eexe.txt"]
)
def test_a_strange_name_is_only_a_name(api, task, name):
    reply = api(task.assigned_to).post(
        f"/api/employee/tasks/{task.pk}/attachments", {"file": upload(name)}, format="multipart"
    )

    assert reply.status_code == 201
    shown = reply.json()["file_name"]
    assert not {"/", "\\", "\r", "\n", "\u202e"} & set(shown)
    assert 1 <= len(shown) <= 255
    assert Attachment.objects.get().file.name not in shown


def test_a_file_too_large_is_refused(api, task, settings):
    settings.MAX_UPLOAD_BYTES = 10

    reply = api(task.assigned_to).post(
        f"/api/employee/tasks/{task.pk}/attachments", {"file": upload()}, format="multipart"
    )

    assert reply.status_code == 413
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("uploader", 204), ("manager", 204), ("hr", 403), ("finance", 403), ("employee", 404), ("client", 403)],
)
def test_a_file_is_taken_away_by_who_put_it_there_or_may_change_the_task(api, task, run_due_jobs, who, status):
    path = f"/api/employee/tasks/{task.pk}/attachments"
    uploader = UserFactory(as_="hr")
    made = api(uploader).post(path, {"file": upload()}, format="multipart").json()
    person = uploader if who == "uploader" else UserFactory(as_=who)

    reply = api(person).delete(f"{path}/{made['attachment_id']}")

    left = 0 if status == 204 else 1
    assert reply.status_code == status
    assert (Attachment.objects.count(), StoredFile.objects.count()) == (left, left)
    assert AuditEntry.objects.filter(action="task.detached", actor=person).count() == 1 - left
    if status == 204:
        assert api(person).delete(f"{path}/{made['attachment_id']}").status_code == 404


def test_an_upload_that_says_it_is_too_long_is_refused_before_it_is_read(api, task, settings):
    settings.MAX_UPLOAD_BYTES = 10
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = Unread(head + b" " * 2_000_000 + b"\r\n--x--\r\n")

    reply = api(task.assigned_to).generic(
        "POST",
        f"/api/employee/tasks/{task.pk}/attachments",
        b"",
        content_type="multipart/form-data; boundary=x",
        **{"wsgi.input": body, "CONTENT_LENGTH": str(body.length)},
    )

    assert (reply.status_code, reply.json()["code"]) == (413, "payload_too_large")
    assert body.read_so_far <= 1024 * 1024 + 1, "what is read is thrown away, so that the connection can be kept"
    assert not Attachment.objects.exists()


class Unread(io.BytesIO):
    """A body that counts what is taken of it."""

    def __init__(self, content):
        super().__init__(content)
        self.length, self.read_so_far = len(content), 0

    def read(self, size=-1):
        taken = super().read(size)
        self.read_so_far += len(taken)
        return taken


def test_a_file_is_not_json(api, task):
    caller = api(task.assigned_to)

    assert caller.post(f"/api/employee/tasks/{task.pk}/attachments", {"file": "x"}).status_code == 415
    assert caller.post(f"/api/employee/tasks/{task.pk}/attachments", {}, format="multipart").status_code == 422


def test_what_belongs_to_a_task_is_narrowed_by_who_and_when(api, task):
    worker, lead = task.assigned_to, UserFactory(as_="manager")
    caller, path = api(worker), f"/api/employee/tasks/{task.pk}"
    for person, month in ((worker, 1), (lead, 3)):
        at = dt.datetime(2026, month, 2, 12, tzinfo=dt.UTC)
        Comment.objects.create(task=task, author=person, content=f"{month}", created_at=at)
        link = f"https://e.com/{month}"
        Attachment.objects.create(task=task, external_url=link, name=f"f{month}", uploaded_by=person, uploaded_at=at)
        AuditEntry.objects.create(
            actor=person, action=f"task.{month}", target_type="tasks.task", target_id=task.pk, at=at
        )

    def found(part, query, field):
        reply = caller.get(f"{path}/{part}?{query}")
        assert reply.status_code == 200, reply.json()
        return [row[field] for row in reply.json()]

    assert found("comments", f"user_id={lead.pk}", "content") == ["3"]
    assert found("comments", "created_before=2026-02-01", "content") == ["1"]
    assert found("attachments", f"uploaded_by={worker.pk}", "file_name") == ["f1"]
    assert found("attachments", "uploaded_after=2026-02-01", "file_name") == ["f3"]
    assert found("attachments", "search=F3", "file_name") == ["f3"]
    assert found("history", f"user_id={lead.pk}", "action") == ["task.3"]
    assert found("history", "action=task.1", "action") == ["task.1"]
    assert found("history", "at_before=2026-01-02&ordering=at", "action") == ["task.1"]
    assert found("history", "ordering=at", "action") == ["task.1", "task.3"]


def test_one_comment_and_one_file_have_a_mark(api, task):
    caller = api(task.assigned_to)
    comment = Comment.objects.create(task=task, author=task.assigned_to, content="a")
    file = Attachment.objects.create(task=task, external_url="https://e.com", name="a", uploaded_by=task.assigned_to)

    for part in (f"comments/{comment.pk}", f"attachments/{file.pk}"):
        marks = {caller.get(f"/api/employee/tasks/{task.pk}/{part}").headers["ETag"] for _ in range(2)}
        assert len(marks) == 1, part
