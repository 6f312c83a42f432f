"""How pages write dates, times, months and typed numbers."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import formats

from hyperflow.core.admin.forms import shown_without_zeros, without_zeros
from hyperflow.core.reports import shown


def test_dates_and_times_have_one_form_on_every_page():
    at = dt.datetime(2026, 1, 5, 16, 30, tzinfo=dt.UTC)
    written = [formats.date_format(at, name) for name in ("DATE_FORMAT", "DATETIME_FORMAT", "TIME_FORMAT")]
    assert written == ["05 Jan 2026", "05 Jan 2026, 16:30", "16:30"]


@pytest.mark.parametrize(
    ("value", "words"), [("34000.000", "34000"), ("4400.500", "4400.50"), ("0.125", "0.125"), ("0.000", "0")]
)
def test_a_number_in_a_field_has_no_zeros_that_say_nothing(value, words):
    assert str(without_zeros(Decimal(value))) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [("33.3330", "33.333"), ("19.0000", "19"), ("1,234.500", "1,234.50"), ("1.234,500", "1.234,50"), ("–", "–"),
     ("-0.335000", "-0.335"), ("0.000", "0"), ("", "")],
)  # fmt: skip
def test_a_number_that_is_read_has_none_either(text, words):
    assert shown_without_zeros(text) == words


@pytest.mark.parametrize(("value", "words"), [("2026-03", "Mar 2026"), ("Design", "Design"), ("2026-13", "2026-13")])
def test_a_month_is_shown_by_its_name(value, words):
    assert shown(value, "month") == words
