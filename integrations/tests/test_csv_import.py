"""A table of tasks comes in."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from hyperflow.core.models import AuditEntry
from integrations.importers import tasks_csv
from integrations.importers.boards import ImportRefused
from integrations.services.imports import import_board
from tasks.models import Task

MAP = "id=Ref,title=Title,description=Notes,status=State,due_date=Due,assignee=Owner,tags=Labels"
MAP += ",estimated_time=Hours,priority=Priority,created_at=Made"
HEAD = "Ref,Title,Notes,State,Due,Owner,Labels,Hours,Priority,Made\n"


def rows(tmp_path, content, mapping="title=Title", encoding="utf-8"):
    path = tmp_path / "tasks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return tasks_csv.read(path, tasks_csv.parse_map(mapping))


@pytest.mark.django_db
def test_a_table_becomes_tasks_and_comes_again_without_a_change(tmp_path, capsys):
    UserFactory(as_="admin")
    nora = UserFactory(email="nora@example.com", name="Nora Beck")
    ClientFactory(name="Acme")
    path = tmp_path / "Plan 2026.csv"
    path.write_text(
        HEAD
        + 'A1,"Write, then check","Two\nlines",Doing,2026-03-31,nora@example.com,'
        + '"text; web",2.5,high,2026-01-05T09:00Z\n'
        + "A2,Publish,,completed,31.03.2026,Stranger,,,,\n"
    )

    call_command("import", "tasks-csv", str(path), client="Acme", map=MAP)

    write, publish = Task.objects.order_by("position")
    assert (write.title, write.description) == ("Write, then check", "Two\nlines")
    assert (write.status, write.priority, write.estimated_time) == ("in_progress", 3, Decimal("2.50"))
    assert (write.due_date, write.assigned_to, write.tags) == (dt.date(2026, 3, 31), nora, ["text", "web"])
    assert write.created_at == dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    assert (publish.status, publish.due_date) == ("completed", dt.date(2026, 3, 31))
    assert (publish.assigned_to.name, publish.assigned_to.is_placeholder) == ("Stranger", True)
    assert write.project.name == "Plan 2026"

    before = AuditEntry.objects.count()
    call_command("import", "tasks-csv", str(path), client="Acme", map=MAP)
    assert AuditEntry.objects.count() == before
    assert Task.objects.count() == 2

    path.write_text(path.read_text().replace("A2,Publish", "A2,Publish it"))
    call_command("import", "tasks-csv", str(path), client="Acme", map=MAP)
    publish.refresh_from_db()
    assert (publish.title, publish.version) == ("Publish it", 2)


@pytest.mark.django_db
def test_one_bad_row_refuses_the_file_with_its_line(tmp_path):
    UserFactory(as_="admin")
    ClientFactory(name="Acme")
    path = tmp_path / "tasks.csv"
    path.write_text(HEAD + "A1,First,,,,,,,,\nA2,,,,,,,,,\nA3,Third,,,someday,,,,,\n")

    with pytest.raises(CommandError) as refusal:
        call_command("import", "tasks-csv", str(path), client="Acme", map=MAP)

    assert "line 3: has no title" in str(refusal.value)
    assert "line 4: 'someday' is no date that is understood" in str(refusal.value)
    assert Task.objects.count() == 0
    call_command("import", "tasks-csv", str(path), client="Acme", map=MAP, skip_bad=True)
    assert [task.title for task in Task.objects.all()] == ["First"]


@pytest.mark.parametrize(
    ("content", "titles"),
    [
        ("Title\nÄpfel kaufen\n".encode(), ["Äpfel kaufen"]),
        ("\ufeffTitle\nÄpfel\n".encode(), ["Äpfel"]),
        ("Title\nÄpfel\n".encode("cp1252"), ["Äpfel"]),
        (b"Title;Note\nA, b;c\n", ["A, b"]),
        (b"Title\tNote\nA\tb\n", ["A"]),
        (b"Title\r\nA\r\n\r\nB\r\n", ["A", "B"]),
        (b"\n\nTitle\nA\n", ["A"]),
        ("Title\nÄ\n".encode("utf-16"), ["Ä"]),
        (b"title\n=1+1\n'=2+2\n@x\n", ["=1+1", "=2+2", "@x"]),
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(content, titles, tmp_path):
    assert [card.title for card in rows(tmp_path, content).cards] == titles


def test_the_encoding_that_was_guessed_is_said(tmp_path):
    board = rows(tmp_path, "Title\nÄpfel\n", encoding="cp1252")
    assert board.remarks == ["not UTF-8, so read as Windows-1252 (Western European): check accents and umlauts"]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-31", dt.date(2026, 3, 31)),
        ("31.03.2026", dt.date(2026, 3, 31)),
        ("3/31/2026", dt.date(2026, 3, 31)),
        ("31/3/2026", dt.date(2026, 3, 31)),
        ("4/4/2026", dt.date(2026, 4, 4)),
        ("31 Mar 2026", dt.date(2026, 3, 31)),
        ("2026-03-31T22:00:00Z", dt.date(2026, 3, 31)),
        ("3/4/2026", None),
        ("2026-02-30", None),
        ("99999-01-01", None),
        ("0001-01-01", None),
        ("٣١/٣/٢٠٢٦", None),
    ],
)
def test_a_date_is_read_one_way_or_not_at_all(cell, day, tmp_path):
    board = rows(tmp_path, f'Title,Due\nA,"{cell}"\n', "title=Title,due_date=Due")
    assert [card.due_date for card in board.cards] == ([day] if day else [])
    assert len(board.problems) == (0 if day else 1)


def test_without_an_id_column_rows_are_known_by_their_title_and_count(tmp_path):
    board = rows(tmp_path, "Title\nCall\ncall\nWrite\n")
    assert [card.id for card in board.cards] == ["call#1", "call#2", "write#1"]


@pytest.mark.parametrize(
    ("content", "mapping", "says"),
    [
        ("Title\nA\n", "title=Name", "no column 'Name'. Its columns are: Title"),
        ("Title,title\nA,B\n", "title=Title", "more than one column 'Title'"),
        ('Title\n"A\n', "title=Title", "broken at line"),
        ("Title\nA\n", "name=Title", "'name' is no field"),
        ("Title\nA\n", "title", "should be FIELD=COLUMN"),
        ("Title\nA\n", "description=Title", "which column is the title"),
        (b"Title\n\x00\x01\n", "title=Title", "not a text file"),
        (b"%PDF-1.4", "title=Title", "is a PDF"),
        (b"", "title=Title", "is empty"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content, mapping, says, tmp_path):
    with pytest.raises(ImportRefused, match=says):
        rows(tmp_path, content, mapping)


def test_cells_beyond_the_heading_and_odd_values_are_named(tmp_path):
    content = "Title,Hours,Priority\nA,1,low,x\nB,-1,low\nC,1e9,low\nD,1,later\n"
    board = rows(tmp_path, content, "title=Title,estimated_time=Hours,priority=Priority")
    assert [str(problem) for problem in board.problems] == [
        "line 2: has 4 cells where the heading has 3",
        "line 3: '-1' is no number of hours",
        "line 4: '1e9' is no number of hours",
        "line 5: 'later' is no priority: write low, medium, high or urgent",
    ]


@pytest.mark.django_db
def test_a_column_that_is_not_mapped_says_nothing(tmp_path):
    admin, client = UserFactory(as_="admin"), ClientFactory()
    content = "Title,Due,State\nA,2026-05-01,in_progress\n"
    full = "title=Title,due_date=Due,status=State"
    import_board(actor=admin, board=rows(tmp_path, content, full), client=client)

    report = import_board(actor=admin, board=rows(tmp_path, content, "title=Title"), client=client)
    assert not report.changed
    task = Task.objects.get()
    assert (task.due_date, task.status) == (dt.date(2026, 5, 1), "in_progress")

    import_board(actor=admin, board=rows(tmp_path, content.replace("in_progress", "completed"), full), client=client)
    task.refresh_from_db()
    assert task.status == "completed"


@pytest.mark.django_db
def test_texts_beyond_what_a_task_holds_are_cut_and_the_report_says_so(tmp_path):
    title = "A title " + "x" * 400
    content = f"Title,Notes\n{title},Short\nPlain,{'y' * 50_001}\nWhole,{'z' * 50_000}\n"
    board = rows(tmp_path, content, "title=Title,description=Notes")

    report = import_board(actor=UserFactory(as_="admin"), board=board, client=ClientFactory())

    long, plain, whole = Task.objects.order_by("pk")
    assert long.title == title[:299] + "…"
    assert long.description == f"{title}\n\nShort"
    assert plain.description == "y" * 49_999 + "…"
    assert whole.description == "z" * 50_000
    assert report.remarks == [
        "line 2: the title is cut at 300 characters; the description begins with all of it",
        "line 3: the description is cut at 50,000 characters",
    ]
