"""Parts of a report's page: totals, charts, notes, hours to the minute."""

import pytest

from hyperflow.core.reports import Bar, Chart, Column, Note, Table, duration, raw_of, totals_of

COLUMNS = [
    Column("Who", "who"),
    Column("Cost", "cost", "money", total=True),
    Column("Time", "time", "minutes", total=True),
]


def test_hidden_figures_have_no_total_and_none_of_zero():
    rows = [{"who": "A", "cost": None, "time": 61}, {"who": "B", "cost": None, "time": 60}]
    assert [cell.text for cell in totals_of(COLUMNS, Table(rows))] == ["Together", "–", "2:01"]
    rows[0]["cost"] = 0
    assert [cell.text for cell in totals_of(COLUMNS, Table(rows))] == ["Together", "0", "2:01"]


def testtotals_of_lead_where_the_table_says():
    rows = [{"who": "A", "cost": 1, "time": 1}, {"who": "B", "cost": 2, "time": 2}]
    cells = totals_of(COLUMNS, Table(rows, total_links={"cost": "/x"}, totals={"cost": 7, "time": 3}))
    assert [(cell.text, cell.link) for cell in cells] == [("Together", None), ("7", "/x"), ("0:03", None)]


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0:00"), (59, "0:59"), (65, "1:05"), (-65, "-1:05"), (1_474_127, "24,568:47")]
)
def test_hours_are_shown_to_the_minute(minutes, words):
    assert duration(minutes) == words


def test_a_sheet_gets_hours_that_add_up_to_the_minute():
    assert [raw_of(COLUMNS[2], {"time": minutes}) for minutes in (20, 90, None)] == [0.3333, 1.5, None]


def test_a_bar_whose_part_is_more_than_the_whole_has_its_label_beside_both():
    chart = Chart("Invoiced", [Bar("May", 50.0, "50", part=100.0), Bar("June", 100.0, "100", part=25.0)])
    for drawn, start in ((chart.drawn(), chart.label_width), (chart.drawn_narrow(), 0)):
        for item in drawn:
            assert item["value_x"] > start + max(item["width"], item["part"])
        assert drawn[0]["part"] == drawn[1]["width"]  # both are a hundred
        assert drawn[0]["part_height"] < drawn[1]["part_height"]  # and the whole is seen behind the longer part
    assert [(one["share"], one["part"]) for one in chart.shares()] == [(50.0, 100.0), (100.0, 25.0)]


def test_a_note_on_paper_is_one_sentence_with_its_list():
    assert str(Note("Converted:", ["USD at 0.9", "GBP at 1.1"])) == "Converted: USD at 0.9; GBP at 1.1"
