"""The arithmetic of billing. Nothing here touches a database."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.billing.grouping import GroupBy, Work, hours, lines_of
from finance.billing.recurrence import Every, periods
from finance.billing.retainer import Month, Terms, months

HOUR = 3600
MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)


def work(entry_id, task=1, user=1, day=MONDAY, seconds=HOUR, rate=90):
    return Work(entry_id, task, f"Task {task}", user, f"Person {user}", day, seconds, Decimal(rate))


def shown(lines):
    return [(line.label, line.rate, line.quantity, line.entry_ids) for line in lines]


def test_hours_are_added_by_the_second_and_turned_into_a_quantity_once():
    three_times_twenty_minutes = [work(n, seconds=1200) for n in (1, 2, 3)]

    (line,) = lines_of(three_times_twenty_minutes, GroupBy.TASK)

    assert (line.quantity, hours(1200)) == (1, Decimal("0.333333"))


def test_a_line_stands_for_one_task_person_or_day_at_one_rate():
    done = [
        work(1, task=1, user=1, day=MONDAY),
        work(2, task=2, user=1, day=MONDAY),
        work(3, task=1, user=2, day=TUESDAY, rate=120),
        work(4, task=1, user=2, day=TUESDAY),
    ]

    assert shown(lines_of(done, GroupBy.TASK)) == [
        ("Task 1", 90, 2, [1, 4]),
        ("Task 2", 90, 1, [2]),
        ("Task 1", 120, 1, [3]),
    ]
    assert shown(lines_of(done, GroupBy.PERSON)) == [
        ("Person 1", 90, 2, [1, 2]),
        ("Person 2", 120, 1, [3]),
        ("Person 2", 90, 1, [4]),
    ]
    by_day = lines_of(done, GroupBy.DAY)
    assert shown(by_day) == [("2026-03-02", 90, 2, [1, 2]), ("2026-03-03", 120, 1, [3]), ("2026-03-03", 90, 1, [4])]
    assert [line.task_id for line in by_day] == [None, 1, 1]


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 20), st.integers(1, 90_000), st.integers(0, 2)),
        max_size=30,
    ),
    st.sampled_from(GroupBy),
)
def test_every_entry_is_on_exactly_one_line(rows, by):
    done = [
        work(number, task, user, MONDAY + dt.timedelta(days=day), seconds, 50 + rate)
        for number, (task, user, day, seconds, rate) in enumerate(rows)
    ]

    lines = lines_of(done, by)

    assert sorted(pk for line in lines for pk in line.entry_ids) == list(range(len(done)))
    assert sum(line.seconds for line in lines) == sum(one.seconds for one in done)


@pytest.mark.parametrize(
    ("every", "begins", "until", "expected"),
    [
        (Every.MONTH, "2026-01-31", "2026-04-30", ["01-31 02-27", "02-28 03-30", "03-31 04-29", "04-30 05-30"]),
        (Every.QUARTER, "2026-01-01", "2026-07-01", ["01-01 03-31", "04-01 06-30", "07-01 09-30"]),
        (Every.YEAR, "2024-02-29", "2026-03-01", ["02-29 02-27", "02-28 02-27", "02-28 02-27"]),
        (Every.WEEK, "2026-03-02", "2026-03-15", ["03-02 03-08", "03-09 03-15"]),
        (Every.MONTH, "2026-03-02", "2026-03-01", []),
    ],
)
def test_the_turns_of_a_schedule(every, begins, until, expected):
    found = periods(every, dt.date.fromisoformat(begins), dt.date.fromisoformat(until))

    assert [f"{one.first:%m-%d} {one.last:%m-%d}" for one in found] == expected


def test_a_schedule_that_ends_begins_no_turn_after_its_last_day():
    found = list(periods(Every.MONTH, dt.date(2026, 1, 15), dt.date(2027, 1, 1), ends=dt.date(2026, 3, 15)))

    assert [one.name for one in found] == ["2026-01-15", "2026-02-15", "2026-03-15"]


@given(st.sampled_from(Every), st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 1500))
def test_turns_follow_each_other_without_a_gap(every, begins, days):
    found = list(periods(every, begins, begins + dt.timedelta(days=days)))

    assert found[0].first == begins
    assert all(one.last + dt.timedelta(days=1) == two.first for one, two in itertools.pairwise(found))
    assert len({one.name for one in found}) == len(found)


def test_a_retainer_covers_its_hours_and_the_rest_runs_over():
    found = months(Terms(10), [("2026-01", 4), ("2026-02", 13)])

    assert found == [
        Month("2026-01", included=10, brought=0, used=4, covered=4, overrun=0, carried=0, lapsed=6),
        Month("2026-02", included=10, brought=0, used=13, covered=10, overrun=3, carried=0, lapsed=0),
    ]


def test_what_a_month_leaves_can_be_used_for_as_long_as_agreed_the_oldest_first():
    found = months(Terms(10, rolls_over_months=2), [("1", 4), ("2", 8), ("3", 13), ("4", 0), ("5", 30)])

    assert [(one.brought, one.covered, one.overrun, one.carried, one.lapsed) for one in found] == [
        (0, 4, 0, 6, 0),
        (6, 8, 0, 8, 0),  # six of January, two of its own
        (8, 13, 0, 5, 0),  # eight of February, five of its own
        (5, 0, 0, 15, 0),
        (15, 25, 5, 0, 0),
    ]


def test_hours_that_never_lapse_are_kept():
    found = months(Terms(10, rolls_over_months=None), [("1", 0), ("2", 0), ("3", 0), ("4", 45)])

    assert [(one.carried, one.overrun) for one in found] == [(10, 0), (20, 0), (30, 0), (0, 5)]


@given(
    st.integers(0, 50),
    st.one_of(st.none(), st.integers(0, 5)),
    st.lists(st.integers(0, 120), max_size=24),
)
def test_every_second_of_a_retainer_is_accounted_for(included, rolls_over, used):
    found = months(Terms(included, rolls_over), [(str(number), worked) for number, worked in enumerate(used)])

    for one in found:
        assert one.included + one.brought == one.covered + one.carried + one.lapsed
        assert one.covered + one.overrun == one.used
    assert all(one.carried == two.brought for one, two in itertools.pairwise(found))
