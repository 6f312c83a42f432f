"""Cells that no spreadsheet takes for a formula (X01)."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from hyperflow.core import exports

FORMULAS = ['=HYPERLINK("http://evil.example")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "＝1"]
NUMBERS = [-1, 0, 12, Decimal("-12.50"), 1.5]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_begins_like_a_formula_gets_a_quote_in_csv(text):
    assert exports.safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_stay_numbers(number):
    assert exports.safe_cell(number) is number


def test_control_characters_go_and_lines_stay():
    assert exports.safe_cell("a\x00b\x1bc\nd\te\ud800") == "abc\nd\te"


def test_csv_is_read_back_as_it_was_meant():
    rows = [["=1+1", -5, Decimal("1.50"), None, dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), 'say "hi", now', True]]

    text = "".join(exports.csv_lines(["=Heading"] * 7, rows))

    assert text.startswith("\ufeff")
    heading, line = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert heading[0] == "'=Heading"
    assert line == ["'=1+1", "-5", "1.50", "", "2026-01-02T03:04:00Z", 'say "hi", now', "yes"]


def test_a_sheet_holds_text_as_text_and_numbers_as_numbers():
    rows = [[text, -5, Decimal("1.50"), None, dt.date(2026, 1, 2)] for text in FORMULAS]

    file = exports.xlsx_file(["=Heading", "b", "c", "d", "e"], rows, title="a/b:c")
    sheet = load_workbook(file).active

    assert sheet.title == "a b c"
    assert [cell.data_type for cell in sheet[1]] == ["s"] * 5
    for line, text in zip(sheet.iter_rows(min_row=2), FORMULAS, strict=True):
        assert [cell.data_type for cell in line] == ["s", "n", "n", "n", "d"]
        assert line[0].value == text.replace("\r", "\n")
        assert (line[1].value, line[2].value) == (-5, 1.5)


def test_rows_beyond_a_sheet_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(exports, "MOST_SHEET_ROWS", 4)
    title = "a-title-that-is-as-long-as-a-sheet-may-be"

    book = load_workbook(exports.xlsx_file(["n"], ([number] for number in range(7)), title=title))

    assert book.sheetnames == [title[:31], f"{title[:29]} 2", f"{title[:29]} 3"]
    assert [[cell.value for (cell,) in sheet] for sheet in book] == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]


def test_text_beyond_a_cell_says_that_there_is_more():
    sheet = load_workbook(exports.xlsx_file(["text"], [["x" * 32_767], ["x" * 32_768]], title="t")).active

    assert sheet["A2"].value == "x" * 32_767
    assert len(sheet["A3"].value) == 32_767
    assert sheet["A3"].value.endswith("x… (longer than a cell holds: the CSV export has all of it)")


@given(st.text())
def test_no_text_begins_a_formula(text):
    cell = exports.safe_cell(text)

    assert not cell.lstrip(" ").startswith(exports.FORMULA_STARTS)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=2, max_size=5))
def test_every_line_of_csv_has_all_its_cells(cells):
    text = "".join(exports.csv_lines(["h"] * len(cells), [cells])).removeprefix("\ufeff")

    _heading, line = csv.reader(io.StringIO(text, newline=""))
    assert line == [exports.csv_text(cell) for cell in cells]
