"""Private files: what comes in, what is kept of it, how it goes out, and when it is gone."""

import datetime as dt
import hashlib
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image

from accounts.tests.factories import UserFactory
from hyperflow.core import clock, storage
from hyperflow.core.errors import DomainError, Invalid, NotAllowed, NotFound, TooLarge
from hyperflow.core.models import StoredFile
from hyperflow.core.storage import links
from hyperflow.core.storage.serving import disposition
from tasks.models import Attachment
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    return settings.FILES_DIR


def upload(content: bytes, name: str = "file.bin") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def image(kind: str = "PNG", size: tuple[int, int] = (8, 8), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def archive(*names: str, content: bytes = b"x", **files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, content)
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
ODT = archive("mimetype", "content.xml", content=b"application/vnd.oasis.opendocument.text")


@pytest.mark.parametrize(
    ("content", "name", "content_type", "kept_name"),
    [
        (image("PNG"), "a.png", "image/png", "a.png"),
        (image("JPEG"), "a.JPEG", "image/jpeg", "a.JPEG"),
        (image("GIF"), "a.gif", "image/gif", "a.gif"),
        (image("WEBP"), "a.webp", "image/webp", "a.webp"),
        (image("PNG"), "holiday.exe", "image/png", "holiday.exe.png"),
        (PDF, "contract.pdf", "application/pdf", "contract.pdf"),
        (PDF, "contract", "application/pdf", "contract.pdf"),
        (b"%PDF-1.4\n<html><script>alert(1)</script>", "x.html", "application/pdf", "x.html.pdf"),
        (DOCX, "a.docx", DOCX and "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx"),
        (XLSX, "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a.xlsx"),
        (ODT, "a.odt", "application/vnd.oasis.opendocument.text", "a.odt"),
        (archive("a.txt", "b/c.png"), "a.zip", "application/zip", "a.zip"),
        ("Grüße, größer < 3 und > 2\n".encode(), "a.txt", "text/plain", "a.txt"),
        (b"name,hours\nAnn,3\n", "hours.csv", "text/plain", "hours.csv"),
        (b'{"a": "b"}', "a.json", "text/plain", "a.json"),
        (b"\xef\xbb\xbfwith a mark", "a.md", "text/plain", "a.md"),
    ],
)
def test_the_content_says_what_a_file_is(content, name, content_type, kept_name):
    actor = UserFactory()
    file = storage.store(upload(content, name), actor=actor)

    assert (file.content_type, file.original_name) == (content_type, kept_name)
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert file.uploaded_by == actor
    with storage.with_bytes(file) as stored:
        assert stored.read() == content


HOSTILE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg with a head": b'<?xml version="1.0"?>\n<!-- x -->\n<svg onload="alert(1)"/>',
    "svg behind blanks": b" " * 9000 + b"<svg onload=alert(1)>",
    "html": b"<!DOCTYPE html><html><body>x</body></html>",
    "html fragment": b"hello <script>alert(1)</script>",
    "html late": b"a" * 70_000 + b"<ScRiPt >alert(1)</script>",
    "html over a border": b"a" * 65_530 + b"<iframe src=x>",
    "html in utf-16": "<html><script>alert(1)</script>".encode("utf-16"),
    "xml": b'<?xml version="1.0"?><a/>',
    "xml bomb": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "php": b"<?php system($_GET['c']); ?>",
    "asp": b"<% eval request('x') %>",
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "batch": b"@echo off\r\ndel *.*\r\n",
    "exe": b"MZ\x90\x00" + b"\0" * 200,
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 200,
    "mach-o": b"\xcf\xfa\xed\xfe" + b"\0" * 200,
    "class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
    "jar": archive("META-INF/MANIFEST.MF", "A.class"),
    "apk": archive("AndroidManifest.xml", "classes.dex", "META-INF/MANIFEST.MF"),
    "zip with a program": archive("readme.txt", "tools/setup.exe"),
    "macros": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "two offices": archive("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
    "no zip": b"PK\x03\x04 not really",
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
    "nul": b"text\0text",
    "control": b"text\x1b[31mred",
    "bytes": bytes(range(128, 256)),
    "empty": b"",
    "swf": b"CWS\x08" + b"\0" * 100,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["x.png", "x.pdf", "x.txt"])
def test_what_could_be_run_or_is_not_known_is_refused(folder, content, name):
    with pytest.raises(Invalid) as refusal:
        storage.store(upload(content, name), actor=None)
    assert refusal.value.code == "unsupported_file_type"
    assert kept(folder) == []
    assert not StoredFile.objects.exists()


def test_an_empty_file_is_called_empty(folder):
    with pytest.raises(Invalid, match="The file is empty"):
        storage.store(upload(b"", "x.txt"), actor=None)


def test_only_images_where_only_images_are_wanted(folder):
    assert storage.store(upload(image()), actor=None, images_only=True).content_type == "image/png"
    for content in (PDF, b"text", DOCX):
        with pytest.raises(Invalid) as refusal:
            storage.store(upload(content), actor=None, images_only=True)
        assert refusal.value.code == "unsupported_file_type"


def flood() -> bytes:
    """A PNG that says it is 50,000 x 50,000, in a few bytes."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (flood(), "image_too_large"),
        (image("JPEG", (640, 480))[:3000], "invalid_image"),
        (image("PNG", (640, 480))[:-40], "invalid_image"),
        (image("GIF")[:20], "invalid_image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "invalid_image"),
    ],
)
def test_a_flood_of_pixels_and_a_broken_image_are_refused(folder, content, code):
    with pytest.raises(Invalid) as refusal:
        storage.store(upload(content, "x.png"), actor=None)
    assert refusal.value.code == code
    assert kept(folder) == []


def test_the_pixels_are_bounded_by_setting(settings):
    settings.MAX_IMAGE_PIXELS = 63
    with pytest.raises(Invalid) as refusal:
        storage.store(upload(image()), actor=None)
    assert refusal.value.code == "image_too_large"


def test_an_archive_that_would_explode_is_refused(settings, folder):
    bomb = archive("[Content_Types].xml", "word/document.xml", content=b"\0" * 12_000_000)
    assert len(bomb) < 50_000
    with pytest.raises(Invalid):
        storage.store(upload(bomb, "x.docx"), actor=None)
    with pytest.raises(Invalid):
        storage.store(upload(archive(*(f"{number}.txt" for number in range(10_001)))), actor=None)
    assert kept(folder) == []


def test_a_file_may_be_as_large_as_the_setting_and_not_a_byte_more(settings, folder):
    settings.MAX_UPLOAD_BYTES = 1000
    storage.store(upload(b"a" * 1000), actor=None)
    with pytest.raises(TooLarge):
        storage.store(upload(b"a" * 1001), actor=None)
    lying = upload(b"a" * 1001)
    lying.size = 5
    with pytest.raises(TooLarge):
        storage.store(lying, actor=None)
    assert len(kept(folder)) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\ann\\notes.txt", "notes.txt"),
        ("a\0b.txt", "ab.txt"),
        ("a\r\nb.txt", "ab.txt"),
        ("CON", "_CON.txt"),
        ("nul.txt", "_nul.txt"),
        ("", "file.txt"),
        ("...", "file.txt"),
        (".htaccess", "htaccess.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe.txt"),
        ("a\u200bb\ufeff.txt", "ab.txt"),
        ('we<ird>"|?*:.txt', "we_ird______.txt"),
        ("x" * 300 + ".txt", "x" * 150 + ".txt"),
        ("Angebot für Müller & Söhne.txt", "Angebot für Müller & Söhne.txt"),
        ("報告書.txt", "報告書.txt"),
        ("a\u0308.txt", "ä.txt"),
        ("page.html", "page.html.txt"),
        ("  a .txt ", "a.txt"),
    ],
)
def test_a_name_is_cleaned_for_showing_and_never_used_for_storing(folder, name, expected):
    file = storage.store(SimpleUploadedFileWithName(b"hello", name), actor=None)

    assert file.original_name == expected
    (path,) = kept(folder)
    assert path.relative_to(folder).as_posix() == file.name
    assert len(path.name) == 40
    assert path.name.isalnum()


class SimpleUploadedFileWithName(SimpleUploadedFile):
    """With the very name that was sent: Django's own class cleans some of it."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__("x", content)
        self._name = name


def test_files_are_this_users_alone(folder):
    storage.store(upload(b"hello"), actor=None)
    (path,) = kept(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


# -- going out


def test_a_file_goes_out_as_an_attachment_of_our_own_type():
    file = storage.store(upload(b"%PDF-1.4\n<script>alert(1)</script>", "Angebot für Ann.pdf"), actor=None)

    response = storage.download(file)

    assert b"".join(response.streaming_content) == b"%PDF-1.4\n<script>alert(1)</script>"
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Length"] == "34"
    assert response["Content-Disposition"] == (
        "attachment; filename=\"Angebot f_r Ann.pdf\"; filename*=UTF-8''Angebot%20f%C3%BCr%20Ann.pdf"
    )


@pytest.mark.parametrize("name", ['a"b.txt', "a\\b.txt", "a;b.txt", "a\r\nX: y.txt", "%41.txt", "報告.txt", "a'b.txt"])
def test_no_name_breaks_out_of_the_header(name):
    header = disposition(name)
    assert header.isascii()
    assert header.startswith('attachment; filename="')
    assert header.count('"') == 2
    assert "\r" not in header
    assert "\n" not in header


def test_bytes_that_are_gone_are_not_found():
    file = storage.store(upload(b"hello"), actor=None)
    storage.file_store().delete(file.name)
    with pytest.raises(NotFound):
        storage.download(file)


# -- links


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> tuple[StoredFile, Any]:
    monkeypatch.setattr(links, "_owners", {})
    file, owner = storage.store(upload(b"hello"), actor=None), UserFactory()
    storage.register_owner(
        "test.row", lambda pk, user: StoredFile.objects.filter(pk=pk).first() if user == owner else None
    )
    return file, owner


def open_link(path: str) -> StoredFile:
    assert path.startswith("/api/files/")
    return storage.open_signed(path.removeprefix("/api/files/"))


def refusal_of(path: str) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        open_link(path)
    return refusal.value


def test_a_link_gives_the_file_for_a_while(linked, settings):
    file, owner = linked
    path = storage.signed_path("test.row", file.pk, owner)

    assert open_link(path) == file
    assert path.removeprefix("/api/files/").replace("-", "").replace("_", "").isalnum()
    with time_machine.travel(clock.now() + dt.timedelta(seconds=settings.FILE_LINK_SECONDS + 1)):
        refusal = refusal_of(path)
    assert (type(refusal), refusal.code) == (NotAllowed, "link_expired")


def test_a_link_ends_with_the_session_of_its_user(linked):
    file, owner = linked
    path = storage.signed_path("test.row", file.pk, owner)

    type(owner).objects.filter(pk=owner.pk).update(token_version=owner.token_version + 1)
    assert refusal_of(path).code == "link_expired"

    type(owner).objects.filter(pk=owner.pk).update(token_version=owner.token_version, is_active=False)
    assert refusal_of(path).code == "link_expired"


def test_a_link_of_a_session_is_good_while_all_say_that_it_goes_on(linked, monkeypatch):
    file, owner = linked
    live = {"phone"}
    checks = []
    monkeypatch.setattr(links, "_session_checks", checks)
    bound = storage.signed_path("test.row", file.pk, owner, session="phone")
    free = storage.signed_path("test.row", file.pk, owner)

    assert refusal_of(bound).code == "link_expired"  # nobody knows of sessions
    storage.register_session_check(lambda session, user: user == owner and session in live)
    assert open_link(bound) == file
    live.clear()

    refusal = refusal_of(bound)
    assert (type(refusal), refusal.code) == (NotAllowed, "link_expired")
    assert open_link(free) == file


def test_a_link_does_not_show_what_its_user_may_not_see(linked):
    file, _ = linked
    assert isinstance(refusal_of(storage.signed_path("test.row", file.pk, UserFactory())), NotFound)


def test_a_link_to_a_removed_file_is_not_found(linked):
    file, owner = linked
    path = storage.signed_path("test.row", file.pk, owner)
    storage.remove(file)
    assert isinstance(refusal_of(path), NotFound)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ÄÖ", "eyJ", "%00", "=" * 50, "a" * 5000])
def test_an_invented_link_is_not_found(linked, token):
    assert isinstance(refusal_of(f"/api/files/{token}"), NotFound)


def test_a_changed_link_is_not_found(linked):
    file, owner = linked
    path = storage.signed_path("test.row", file.pk, owner)
    middle = len(path) // 2
    assert isinstance(refusal_of(f"{path[:middle]}{'A' if path[middle] != 'A' else 'B'}{path[middle + 1 :]}"), NotFound)


def test_a_link_needs_an_owner_that_is_registered():
    with pytest.raises(LookupError):
        storage.signed_path("no.such", 1, UserFactory())


# -- going away


def test_bytes_go_once_the_removal_is_committed(folder, run_due_jobs):
    file = storage.store(upload(b"hello"), actor=None)
    with transaction.atomic():
        storage.remove(StoredFile.objects.get(pk=file.pk))
        transaction.set_rollback(True)
    run_due_jobs()
    assert len(kept(folder)) == 1

    storage.remove(StoredFile.objects.get(pk=file.pk))
    assert len(kept(folder)) == 1
    assert run_due_jobs() == ["remove_bytes"]
    assert kept(folder) == []


def test_what_an_interrupted_upload_left_is_removed_a_day_later(folder, run_due_jobs):
    with transaction.atomic():
        storage.store(upload(b"never committed"), actor=None)
        transaction.set_rollback(True)
    unreferenced = storage.store(upload(b"never attached"), actor=None)
    assert len(kept(folder)) == 2

    assert storage.remove_orphans() == {"files": 0, "bytes": 0}
    later = clock.now() + dt.timedelta(hours=25)
    with time_machine.travel(later):
        assert storage.remove_orphans() == {"files": 1, "bytes": 1}
        run_due_jobs()
    assert kept(folder) == []
    assert not StoredFile.objects.filter(pk=unreferenced.pk).exists()


def test_a_file_that_something_refers_to_is_no_orphan(folder):
    file = storage.store(upload(b"hello"), actor=None)
    task = TaskFactory()
    Attachment.objects.create(task=task, file=file, name="hello.txt", uploaded_by=task.created_by)
    with time_machine.travel(clock.now() + dt.timedelta(hours=25)):
        assert storage.remove_orphans() == {"files": 0, "bytes": 0}
    assert len(kept(folder)) == 1


def test_another_store_is_a_setting(settings):
    settings.FILE_STORE, settings.S3_BUCKET, settings.S3_ENDPOINT_URL = "s3", "files", "https://s3.example.com"
    store = storage.file_store()
    assert type(store).__name__ == "S3Storage"
    assert (store.bucket_name, store.endpoint_url, store.default_acl, store.querystring_auth) == (
        "files", "https://s3.example.com", None, True,
    )  # fmt: skip
