"""Whatever a file holds, an import works, refuses in words, or names the bad items. It never breaks."""

import json
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from hyperflow.core.errors import Conflict
from integrations.importers import asana, statuses, tasks_csv, trello
from integrations.importers.boards import Board, ImportRefused
from integrations.services.imports import BadItems, import_board
from integrations.services.rows import fitted
from tasks.models import Task

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
IDS = st.sampled_from(["a1", "a2", "a3", "64b000000000000000000041", 7]) | ANYTHING
WORDS = (
    st.sampled_from(["Write", "Done", " ", "x" * 400, "a\x00b", "2026-03-31T10:00:00Z", "9999-12-31T23:59:59Z"])
    | ANYTHING
)
URLS = st.sampled_from(["https://example.com/x", "http://[", "javascript:1", "https://"]) | ANYTHING


def objects(**fields):
    """Objects with some of the fields, of the right kind or of any other."""
    return st.fixed_dictionaries({}, optional=fields)


def several(inner):
    return st.lists(inner, max_size=3) | ANYTHING


PERSON = objects(id=IDS, gid=IDS, fullName=WORDS, username=WORDS, name=WORDS, email=WORDS)
TRELLO_CARD = objects(
    id=IDS, idList=IDS, name=WORDS, desc=WORDS, closed=st.booleans() | ANYTHING, pos=ANYTHING, due=WORDS,
    dueComplete=st.booleans(), dateLastActivity=WORDS, idMembers=several(IDS), idLabels=several(IDS), badges=ANYTHING,
    attachments=several(objects(id=IDS, name=WORDS, url=URLS, date=WORDS, idMember=IDS)),
    customFieldItems=several(objects(idCustomField=IDS, idValue=IDS, value=ANYTHING)),
)  # fmt: skip
TRELLO = st.fixed_dictionaries(
    {
        "id": st.just("b1") | IDS,
        "lists": several(objects(id=IDS, name=WORDS, pos=ANYTHING)),
        "cards": several(TRELLO_CARD),
    },
    optional={
        "name": WORDS,
        "labels": several(objects(id=IDS, name=WORDS, color=WORDS)),
        "members": several(PERSON),
        "customFields": several(objects(id=IDS, name=WORDS, options=several(objects(id=IDS, value=ANYTHING)))),
        "checklists": several(objects(id=IDS, idCard=IDS, name=WORDS, checkItems=several(objects(id=IDS, name=WORDS)))),
        "actions": several(
            objects(
                id=IDS,
                type=st.sampled_from(["commentCard", "createCard", "updateCard"]),
                date=WORDS,
                data=objects(card=objects(id=IDS), text=WORDS, listAfter=objects(name=WORDS)),
                memberCreator=PERSON,
            )
        ),
    },
)
MEMBERSHIPS = several(objects(project=objects(gid=IDS, name=WORDS), section=objects(name=WORDS)))
ASANA_TASK = st.recursive(
    objects(gid=IDS, name=WORDS, completed=st.booleans() | ANYTHING, memberships=MEMBERSHIPS),
    lambda inner: objects(
        gid=IDS, name=WORDS, notes=WORDS, completed=st.booleans(), due_on=WORDS, created_at=WORDS, start_on=WORDS,
        completed_at=WORDS, memberships=MEMBERSHIPS, assignee=PERSON, followers=several(PERSON),
        tags=several(objects(name=WORDS)), subtasks=several(inner), attachments=several(objects(gid=IDS, name=WORDS)),
        stories=several(objects(gid=IDS, text=WORDS, resource_subtype=st.just("comment_added"), created_by=PERSON)),
        custom_fields=several(objects(name=WORDS, resource_subtype=WORDS, text_value=ANYTHING)),
    ),
    max_leaves=4,
)  # fmt: skip
ASANA = st.fixed_dictionaries({"data": several(ASANA_TASK)})


def parsed(parse, document):
    try:
        return parse(document)
    except ImportRefused:
        return None


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(TRELLO | ANYTHING)
def test_any_trello_document_is_read_or_refused(document):
    board = parsed(trello.parse, document)
    if board:
        holds(board)


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(ASANA | ANYTHING)
def test_any_asana_document_is_read_or_refused(document):
    board = parsed(asana.parse, document)
    if board:
        holds(board)


def holds(board: Board):
    """What every board promises, whatever it was read from."""
    for card in fitted(board)[0].walk():
        assert 0 < len(card.title) <= 300
        assert "\n" not in card.title
        assert 0 < len(card.id) <= 200
        assert all(0 < len(tag) <= 60 for tag in card.tags)
        assert all(link.url.startswith(("http://", "https://")) for link in card.links)
        assert statuses.status_of(card, {}) in Task.Status.values
        assert "\x00" not in card.description
        json.dumps(card.title).encode()


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_file_is_a_table_or_refused(tmp_path_factory, content):
    path: Path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(b"Title,Due\n" + content)
    parsed(lambda _: tasks_csv.read(path, {"title": "Title", "due_date": "Due"}), None)
    path.write_bytes(content)
    parsed(trello.read, path)


@pytest.mark.django_db
@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_what_was_read_is_imported_whole_or_not_at_all(data):
    source, documents = data.draw(st.sampled_from([(trello, TRELLO), (asana, ASANA)]))
    board = parsed(source.parse, data.draw(documents))
    if board is None:
        return
    with transaction.atomic():
        admin, client = UserFactory(as_="admin"), ClientFactory()
        try:
            import_board(actor=admin, board=board, client=client)
        except BadItems:
            assert Task.objects.count() == 0
        except Conflict:
            assert not board.cards
            assert Task.objects.count() == 0
            transaction.set_rollback(True)
            return
        import_board(actor=admin, board=board, client=client, skip_bad=True)
        report = import_board(actor=admin, board=board, client=client, skip_bad=True)
        assert not report.changed
        for task in Task.objects.all():
            task.clean_fields(exclude=["client", "project", "parent", "assigned_to", "created_by"])
        transaction.set_rollback(True)
