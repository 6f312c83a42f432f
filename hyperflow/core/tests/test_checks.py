"""Unsafe production settings do not start, at any door, and the message names the variable."""

import contextlib
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from accounts.tests.factories import UserFactory
from hyperflow.core import checks

GOOD = {
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "flow.example.com",
    "PUBLIC_URL": "https://flow.example.com",
    "FRONTEND_URL": "https://app.example.com",
    "CORS_ORIGINS": "https://app.example.com,http://localhost:5173",
    "EMAIL_HOST": "mail.example.com",
}
#: What is wrong, and whom it must name.
BAD = [
    ("SECRET_KEY", {"SECRET_KEY": "insecure-development-key-that-never-leaves-this-machine"}),
    ("SECRET_KEY", {"SECRET_KEY": secrets.token_urlsafe(20)}),
    ("SECRET_KEY", {"SECRET_KEY": "changeme" * 10}),
    ("SECRET_KEY", {"SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(64)}),
    ("SECRET_KEY", {"SECRET_KEY": "x" * 80}),
    ("JWT_SIGNING_KEY", {"SECRET_KEY": GOOD["SECRET_KEY"], "JWT_SIGNING_KEY": GOOD["SECRET_KEY"]}),
    ("JWT_SIGNING_KEY", {"JWT_SIGNING_KEY": secrets.token_hex(20)}),
    ("JWT_PREVIOUS_SIGNING_KEY", {"JWT_PREVIOUS_SIGNING_KEY": "short"}),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": []}),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": ["flow.example.com", "*"]}),
    ("CORS_ORIGINS", {"CORS_ALLOWED_ORIGINS": ["*"]}),
    ("CORS_ORIGINS", {"CORS_ALLOWED_ORIGINS": ["http://app.example.com"]}),
    ("CORS_ORIGINS", {"CORS_ALLOWED_ORIGINS": ["https://*.example.com"]}),
    ("CORS_ORIGINS", {"CORS_ALLOWED_ORIGINS": ["null"]}),
    ("CORS_ORIGINS", {"CORS_ALLOW_ALL_ORIGINS": True}),
    ("CORS_ORIGINS", {"CORS_ALLOW_CREDENTIALS": True}),
    ("CSRF_TRUSTED_ORIGINS", {"CSRF_TRUSTED_ORIGINS": ["http://app.example.com"]}),
    ("PUBLIC_URL", {"PUBLIC_URL": "http://flow.example.com"}),
    ("FRONTEND_URL", {"FRONTEND_URL": "http://app.example.com"}),
    ("SUPABASE_URL", {"SUPABASE_URL": "http://x.supabase.co"}),
    ("SUPABASE_JWT_SECRET", {"SUPABASE_JWT_SECRET": "short"}),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "short"}),
    ("EMAIL_HOST", {"EMAIL_HOST": ""}),
    ("EMAIL_TLS", {"EMAIL_HOST": "mail", "EMAIL_USE_TLS": False, "EMAIL_HOST_PASSWORD": "pw"}),
    ("EMAIL_TLS", {"EMAIL_HOST": "mail.example.com", "EMAIL_USE_TLS": False}),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": [".com"]}),
    ("PUBLIC_URL", {"PUBLIC_URL": "http://localhost:8000"}),
    ("REDIS_URL", {"REDIS_URL": "foo"}),
    ("REDIS_URL", {"REDIS_URL": "redis://:pw@cache.example.com/0"}),
    ("REDIS_URL", {"REDIS_URL": "rediss://cache.example.com/0"}),
    ("CELERY_TASK_ALWAYS_EAGER", {"REDIS_URL": "redis://localhost/0", "CELERY_TASK_ALWAYS_EAGER": True}),
    ("S3_BUCKET", {"FILE_STORE": "s3"}),
    ("S3_ENDPOINT_URL", {"FILE_STORE": "s3", "S3_BUCKET": "b", "S3_ENDPOINT_URL": "http://s3.example.com"}),
]
#: Unusual, but nobody's data is exposed.
FINE: list[dict[str, Any]] = [
    {"JWT_SIGNING_KEY": secrets.token_hex(32)},
    {"CORS_ALLOWED_ORIGINS": ["http://localhost:5173", "http://127.0.0.1:3000", "https://app.example.com:8443"]},
    {"EMAIL_HOST": "localhost", "EMAIL_USE_TLS": False, "EMAIL_HOST_PASSWORD": "pw"},
    {"EMAIL_HOST": "mailpit", "EMAIL_USE_TLS": False},
    {"REDIS_URL": "redis://redis:6379/0"},
    {"REDIS_URL": "redis://10.0.0.7/0"},
    {"REDIS_URL": "rediss://:pw@cache.example.com/0"},
    {"FILE_STORE": "s3", "S3_BUCKET": "b", "S3_ENDPOINT_URL": "http://minio:9000"},
]


@pytest.fixture(autouse=True)
def _links_lead_here(settings):
    settings.PUBLIC_URL = settings.FRONTEND_URL = GOOD["PUBLIC_URL"]


def configuration(folder: Path, **variables: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return clean | {"DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"} | GOOD | variables


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=project.BASE_DIR, env=configuration(folder, **variables), capture_output=True,
        text=True, timeout=100, check=False,
    )  # fmt: skip


def named(found: list[Any]) -> set[str]:
    return {message.msg.split()[0] for message in found}


@pytest.mark.parametrize(("name", "values"), BAD)
def test_an_unsafe_setting_is_found_and_named(settings, name, values):
    for setting, value in values.items():
        setattr(settings, setting, value)

    assert named(checks.check_configuration()) == {name}


@pytest.mark.parametrize("values", FINE)
def test_a_safe_setting_is_let_be(settings, values):
    for setting, value in values.items():
        setattr(settings, setting, value)

    assert checks.check_configuration() == []


def test_several_web_processes_need_a_server(settings):
    settings.WEB_PROCESSES = 2
    assert named(checks.check_configuration()) == ({"WEB_PROCESSES"} if connection.vendor == "sqlite" else set())


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    done = run(folder, "manage.py", "migrate", "core", "-v", "0", DEBUG="true")
    assert done.returncode == 0, done.stderr
    return folder


DOORS = {
    "web": ("-c", "import hyperflow.wsgi"),
    "web (asgi)": ("-c", "import hyperflow.asgi"),
    "worker": ("manage.py", "run_jobs"),
    "scheduler": ("manage.py", "run_schedule"),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_opens_on_unsafe_settings(migrated, door):
    done = run(migrated, *DOORS[door], SECRET_KEY="", ALLOWED_HOSTS="*", CORS_ORIGINS="*", WEB_PROCESSES="2")

    assert done.returncode == 1
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "CORS_ORIGINS", "WEB_PROCESSES"):
        assert f"- {name} " in done.stderr


#: Any kind of database, which is gone.
WITHOUT_DATABASE = """
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

def gone(self):
    raise OperationalError("gone")

BaseDatabaseWrapper.ensure_connection = gone
import hyperflow.wsgi
"""


def test_unsafe_settings_are_named_although_the_database_does_not_answer(tmp_path):
    done = run(tmp_path, "-c", WITHOUT_DATABASE, SECRET_KEY="", ALLOWED_HOSTS="")

    reasons = [line for line in done.stderr.splitlines() if line.startswith("- ")]
    assert done.returncode == 1
    assert [line.split()[1] for line in reasons[:2]] == ["SECRET_KEY", "ALLOWED_HOSTS"]
    assert reasons[-1] == "- The database does not answer (gone)."
    assert reasons.count(reasons[-1]) == 1


def test_migrate_makes_a_data_folder_that_only_this_account_may_read(tmp_path):
    data = tmp_path / "not" / "there"

    done = run(data, "manage.py", "migrate", "core", "-v", "0")

    assert (done.returncode, done.stderr) == (0, "")
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "hyperflow.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_can_not_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    data = tmp_path / "file" / "data"

    done = run(data, "manage.py", "migrate", "core", "-v", "0")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"The database file {data}/hyperflow.sqlite3 can't be made (not a directory): choose another folder with "
        "DATA_DIR.\n"
    )


def test_mariadb_without_its_driver_is_one_sentence_that_names_the_file_to_install(tmp_path):
    hidden = (
        "import sys; sys.modules['MySQLdb'] = None; sys.argv = ['manage.py', 'migrate']; import manage; manage.main()"
    )

    done = run(tmp_path, "-c", hidden, DB_HOST="127.0.0.1")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert ".venv/bin/pip install --require-hashes -r requirements-mysql.txt" in done.stderr


@pytest.mark.parametrize("files", ["static/files", ".", "static"])
def test_peoples_files_do_not_lie_where_anybody_may_fetch_from(tmp_path, files):
    done = run(tmp_path, "manage.py", "check", FILES_DIR=str(tmp_path / files), DEBUG="true")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(f"FILES_DIR ({tmp_path / files}) and the static files (")


@pytest.mark.parametrize(
    ("process", "variables", "name"),
    [
        ("worker", {"ALLOWED_HOSTS": "*", "REDIS_URL": "redis://127.0.0.1:1/0"}, "ALLOWED_HOSTS"),
        ("beat", {}, "REDIS_URL"),
    ],
)
def test_celery_does_not_start_on_unsafe_settings_or_without_a_broker(migrated, process, variables, name):
    done = run(migrated, "-m", "celery", "-A", "hyperflow.celery", process, **variables)

    assert done.returncode == 1
    assert name in done.stderr


@pytest.mark.parametrize("door", ["worker", "scheduler"])
def test_a_door_opens_on_good_settings_and_closes_when_asked(migrated, door):
    process = subprocess.Popen([sys.executable, *DOORS[door]], cwd=project.BASE_DIR, env=configuration(migrated))
    try:
        deadline = time.monotonic() + 60
        while not has_beaten(migrated, door):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()


def has_beaten(folder: Path, name: str) -> bool:
    with contextlib.closing(sqlite3.connect(folder / "hyperflow.sqlite3")) as database:
        return bool(database.execute("SELECT 1 FROM core_heartbeat WHERE name = ?", [name]).fetchall())


def test_the_web_opens_on_good_settings_once_the_static_files_are_collected(migrated):
    done = run(migrated, *DOORS["web"])
    assert (done.returncode, "manage.py collectstatic" in done.stderr) == (1, True)

    assert run(migrated, "manage.py", "collectstatic", "--noinput").returncode == 0
    done = run(migrated, *DOORS["web"])
    assert done.returncode == 0, done.stderr


def test_the_deploy_check_has_nothing_to_say_about_good_settings(migrated):
    done = run(migrated, "manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_developers_machine_may_be_unsafe(settings):
    settings.DEBUG, settings.SECRET_KEY = True, "x"
    checks.refuse_unsafe_start()


@pytest.mark.django_db
def test_demo_accounts_do_not_go_into_production():
    checks.refuse_unsafe_start()
    person = UserFactory(email="admin@hyperflow.example")
    with pytest.raises(ImproperlyConfigured, match="names a demo database"):
        checks.refuse_unsafe_start()
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    checks.refuse_unsafe_start()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["admin", "manager", "hr", "employee", "nosuch"])
def test_strangers_do_not_become_more_than_basic(settings, role):
    settings.REGISTRATION_ROLE = role
    with pytest.raises(ImproperlyConfigured, match="REGISTRATION_ROLE"):
        checks.refuse_unsafe_start()

    settings.REGISTRATION_OPEN = False
    checks.refuse_unsafe_start()


@pytest.mark.django_db
def test_the_database_as_it_is_set_up_has_nothing_wrong():
    assert [message.msg for message in checks._database()] == []
    call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.services
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "undo", "reason"),
    [
        ("SET SESSION sql_mode=''", "SET SESSION sql_mode='TRADITIONAL'", "has no strict sql_mode"),
        (
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "has isolation level REPEATABLE-READ",
        ),
        (
            "SET SESSION default_storage_engine=MyISAM",
            "SET SESSION default_storage_engine=InnoDB",
            "makes tables of MyISAM",
        ),
    ],
)
def test_a_server_that_would_lose_data_does_not_start(statement, undo, reason):
    with connection.cursor() as cursor:
        cursor.execute(statement)
    try:
        with pytest.raises(ImproperlyConfigured, match=f"DB_HOST {reason}"):
            checks.refuse_unsafe_start()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(undo)
