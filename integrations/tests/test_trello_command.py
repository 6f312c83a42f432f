"""Trello boards from the command line: what it reports, and files and names that it refuses."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.tests.factories import UserFactory
from clients.models import Project
from clients.tests.factories import ClientFactory
from integrations.tests import boards
from integrations.tests.trello_rows import everything
from tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(as_="admin", email="boss@example.com", name="Boss")


@pytest.fixture
def client():
    return ClientFactory(name="Acme", timezone="Europe/Berlin")


def write(tmp_path, document):
    path = tmp_path / "board.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_the_command_reports_item_by_item(client, admin, tmp_path, capsys):
    path = write(tmp_path, boards.trello())

    call_command("import", "trello", path, client="acme", status_map="Doing=pending")

    said = capsys.readouterr().out
    assert "Project: Relaunch (new) of Acme" in said
    assert "made      card       Collect texts" in said
    assert "person    placeholder    Outside Person" in said
    assert "card made: 4, checkitem made: 2, comment made: 1" in said
    assert Task.objects.get(title="Build start page").status == "pending"


def test_a_dry_run_writes_nothing(client, admin, tmp_path, capsys):
    before = everything()
    call_command("import", "trello", write(tmp_path, boards.trello()), client="Acme", dry_run=True)

    assert everything() == before
    assert "Nothing was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 \xff", "is a PDF"),
        (b"PK\x03\x04zip", "is a ZIP archive"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b'{"id": "x",\n "cards": [,]}', "at line 2, column 12"),
        (b'{"id": "x", "cards": "\xff"}', "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"id": NaN}', "is not valid JSON"),
        (b"[]", "not a Trello board"),
        (b'{"cards": [], "lists": []}', "has no id"),
        (b'{"cards": {}, "lists": []}', "not a Trello board"),
        (b'{"data": []}', "use `manage.py import asana`"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(content, says, client, admin, tmp_path):
    path = tmp_path / "board.json"
    path.write_bytes(content)
    before = everything()

    with pytest.raises(CommandError, match=says) as refusal:
        call_command("import", "trello", str(path), client="Acme")

    assert refusal.value.returncode == 1
    assert everything() == before


def test_more_than_50_mb_are_refused(client, admin, tmp_path):
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)

    with pytest.raises(CommandError, match="larger than 50 MB"):
        call_command("import", "trello", str(path), client="Acme")


def test_who_and_for_whom_must_exist(client, admin, tmp_path):
    path = write(tmp_path, boards.trello())
    with pytest.raises(CommandError, match="no client 'Nobody'"):
        call_command("import", "trello", path, client="Nobody")
    with pytest.raises(CommandError, match=r"no active account ghost@example\.com"):
        call_command("import", "trello", path, client="Acme", actor="ghost@example.com")
    with pytest.raises(CommandError, match="'later' is no status"):
        call_command("import", "trello", path, client="Acme", status_map="Doing=later")
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import", "trello", str(tmp_path / "none.json"), client="Acme")
    assert Task.objects.count() == 0


def test_of_clients_that_differ_in_case_the_one_that_was_named_is_meant(client, admin, tmp_path):
    other = ClientFactory(name="ACME")
    path = tmp_path / "board.json"
    path.write_text(json.dumps(boards.trello()))

    call_command("import", "trello", str(path), "--client", "ACME", verbosity=0)

    assert Project.objects.get().client == other
    with pytest.raises(CommandError, match="more than one"):
        call_command("import", "trello", str(path), "--client", "aCmE", verbosity=0)
