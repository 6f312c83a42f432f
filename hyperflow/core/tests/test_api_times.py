"""Instants and days: any offset, the caller's own zone without one, and never an overflow."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperflow.core.api import times
from hyperflow.core.api.responses import wire_time

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T13:45:00Z", "2026-01-31T13:45:00Z"),
        ("2026-01-31t13:45:00z", "2026-01-31T13:45:00Z"),
        ("2026-01-31T13:45:00+02:00", "2026-01-31T11:45:00Z"),
        ("2026-01-31T13:45:00+0200", "2026-01-31T11:45:00Z"),
        ("2026-01-31 13:45-08:00", "2026-01-31T21:45:00Z"),
        ("2026-01-31T13:45:00", "2026-01-31T12:45:00Z"),
        ("2026-07-31T13:45:00", "2026-07-31T11:45:00Z"),
        ("2026-01-31T13:45:00.1239999Z", "2026-01-31T13:45:00.123Z"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ("2999-12-31T23:59:59.999Z", "2999-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_is_read_from_any_offset(text, instant):
    assert wire_time(times.parse_instant(text, BERLIN)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00+14:00",
        "0001-01-01T00:00:00Z",
        "1899-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
        "9999-12-31T23:59-12:00",
        "0000-00-00T00:00Z",
        "2026-02-30T00:00Z",
        "99999-01-01T00:00Z",
        "2026-01-31",
        "2026-01-31T25:00Z",
        "2026-01-31T12:60Z",
        "2026-01-31T12:00:00+99:00",
        "٢٠٢٦-01-31T12:00Z",
        "2026-W05-1T12:00Z",
        "1767225600",
        "2026-03-29T02:30:00",  # skipped in Berlin
        "2026-10-25T02:30:00",  # twice in Berlin
        "",
        "now",
        None,
        5,
        [],
    ],
)
def test_what_is_no_one_instant_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        times.parse_instant(text, BERLIN)


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01",
        "0001-01-01",
        "1899-12-31",
        "3000-01-01",
        "2026-02-30",
        "99999-01-01",
        "2026-1-1",
        "20260101",
        "٢٠٢٦-01-01",
        "",
        None,
    ],
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        times.parse_date(text)


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2999, 12, 31), timezones=st.just(dt.UTC)))
def test_what_is_printed_is_read_back(instant):
    instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    assert times.parse_instant(wire_time(instant), BERLIN) == instant


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_the_ends_of_time_have_no_bounds(day):
    with pytest.raises(ValueError, match="years"):
        times.day_bounds(day, ZoneInfo("Asia/Tokyo" if day == dt.date.min else "America/New_York"))


def test_a_day_has_the_length_that_the_clocks_give_it():
    start, end = times.day_bounds(dt.date(2026, 3, 29), BERLIN)

    assert end - start == dt.timedelta(hours=23)
