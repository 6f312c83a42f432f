"""Which status a list's name stands for, and what is shown while an import runs."""

import io

import pytest

from hyperflow.core.progress import Bar
from integrations.importers import statuses
from integrations.importers.boards import Card, ImportRefused


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("To Do", "pending"),
        ("Todo", "pending"),
        ("Backlog", "pending"),
        ("Next up", "pending"),
        ("Not started", "pending"),
        ("Ideas", "pending"),
        ("Doing", "in_progress"),
        ("In Progress", "in_progress"),
        ("in_progress", "in_progress"),
        ("Work in progress 🚧", "in_progress"),
        ("Code review", "in_progress"),
        ("Blocked", "in_progress"),
        ("Done", "completed"),
        ("Done ✅ (this week)", "completed"),
        ("Completed", "completed"),
        ("Shipped", "completed"),
        ("Won't do", "cancelled"),
        ("Not doing", "cancelled"),
        ("Cancelled", "cancelled"),
        ("Canceled", "cancelled"),
        ("Undone things", "pending"),
        ("Abandoned", "cancelled"),
        ("Website relaunch", "pending"),
        ("", "pending"),
    ],
)
def test_a_list_is_understood_by_its_words(name, status):
    assert statuses.by_list_name(name) == status


def card(**values):
    return Card(kind="card", id="1", title="Card", where="card 1", **values)


@pytest.mark.parametrize(
    ("values", "chosen", "status"),
    [
        ({"list_name": "Doing"}, {}, "in_progress"),
        ({"list_name": "Doing"}, {"doing": "pending"}, "pending"),
        ({"list_name": "Doing", "done": True}, {}, "completed"),
        ({"list_name": "Doing", "done": True}, {"doing": "pending"}, "completed"),
        ({"list_name": "Done", "done": False}, {}, "in_progress"),
        ({"list_name": "Doing", "archived": True}, {}, "cancelled"),
        ({"list_name": "Done", "archived": True}, {}, "completed"),
        ({"list_name": "Doing", "archived": True, "done": True}, {}, "completed"),
        ({"list_name": "Done", "archived": True}, {"archived": "cancelled"}, "cancelled"),
        ({"list_name": "", "status": "cancelled"}, {}, "cancelled"),
    ],
)
def test_what_was_chosen_goes_before_what_is_guessed(values, chosen, status):
    assert statuses.status_of(card(**values), chosen) == status


def test_a_status_map_is_read_or_refused_in_a_sentence():
    assert statuses.parse_map("Doing=in_progress, a=b=pending ,") == {"doing": "in_progress", "a=b": "pending"}
    for wrong in ("Doing", "=pending", "Doing=later"):
        with pytest.raises(ImportRefused, match="--status-map"):
            statuses.parse_map(wrong)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_drawn_at_a_terminal_and_nowhere_else():
    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        bar = Bar(out, "board.json")
        bar.show(5, 10)
        bar.show(10, 10)
        bar.close()
        bar.close()

    assert terminal.getvalue().endswith(f"\rboard.json  [{'#' * 30}]  10/10\n")
    assert file.getvalue() == ""
