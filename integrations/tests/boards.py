"""The real exports that lie beside the checkout, and small ones made for a test."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "boards"


def real(name: str) -> Path:
    """A real export; the test is skipped where the folder is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the real exports are not beside the checkout ({path})")
    return path


def document(name: str) -> dict[str, Any]:
    return json.loads(real(name).read_text())


#: A Trello board with one of everything.
_TRELLO: dict[str, Any] = {
    "id": "64b000000000000000000001",
    "name": "Relaunch",
    "lists": [
        {"id": "64b000000000000000000011", "name": "To do", "closed": False, "pos": 1},
        {"id": "64b000000000000000000012", "name": "Doing", "closed": False, "pos": 2},
        {"id": "64b000000000000000000013", "name": "Done", "closed": False, "pos": 3},
    ],
    "labels": [
        {"id": "64b000000000000000000021", "name": "Design", "color": "green"},
        {"id": "64b000000000000000000022", "name": "", "color": "red"},
    ],
    "members": [
        {"id": "64b000000000000000000031", "fullName": "Nora Beck", "username": "nora"},
        {"id": "64b000000000000000000032", "fullName": "Outside Person", "username": "outside"},
    ],
    "customFields": [],
    "cards": [
        {
            "id": "64b000000000000000000041",
            "idList": "64b000000000000000000011",
            "name": "Collect texts",
            "desc": "From the old site",
            "closed": False,
            "pos": 2,
            "idMembers": ["64b000000000000000000031"],
            "idLabels": ["64b000000000000000000021", "64b000000000000000000022"],
            "due": "2026-03-31T22:30:00.000Z",
            "dateLastActivity": "2026-03-01T10:00:00.000Z",
            "attachments": [{"id": "a1", "name": "Brief", "url": "https://files.example.com/brief.pdf"}],
        },
        {
            "id": "64b000000000000000000042",
            "idList": "64b000000000000000000012",
            "name": "Build start page",
            "desc": "",
            "closed": False,
            "pos": 1,
            "idMembers": ["64b000000000000000000032", "64b000000000000000000031"],
            "idLabels": [],
            "due": None,
            "dateLastActivity": "2026-03-02T10:00:00.000Z",
            "attachments": [],
        },
        {
            "id": "64b000000000000000000043",
            "idList": "64b000000000000000000013",
            "name": "Choose host",
            "desc": "",
            "closed": False,
            "pos": 1,
            "idMembers": [],
            "idLabels": [],
            "due": None,
            "dateLastActivity": "2026-02-02T10:00:00.000Z",
            "attachments": [],
        },
        {
            "id": "64b000000000000000000044",
            "idList": "64b000000000000000000011",
            "name": "Old idea",
            "desc": "",
            "closed": True,
            "pos": 1,
            "idMembers": [],
            "idLabels": [],
            "due": None,
            "dateLastActivity": "2026-01-02T10:00:00.000Z",
            "attachments": [],
        },
    ],
    "checklists": [
        {
            "id": "c1",
            "idCard": "64b000000000000000000042",
            "name": "Steps",
            "pos": 1,
            "checkItems": [
                {"id": "i2", "name": "Second", "state": "incomplete", "pos": 2},
                {"id": "i1", "name": "First", "state": "complete", "pos": 1},
            ],
        }
    ],
    "actions": [
        {
            "id": "x1",
            "type": "commentCard",
            "date": "2026-02-20T08:00:00.000Z",
            "data": {"card": {"id": "64b000000000000000000041"}, "text": "Half of them are in the wiki"},
            "memberCreator": {"id": "64b000000000000000000031", "fullName": "Nora Beck", "username": "nora"},
        }
    ],
}


def trello() -> dict[str, Any]:
    return copy.deepcopy(_TRELLO)
