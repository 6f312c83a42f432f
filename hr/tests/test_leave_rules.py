"""The arithmetic of leave: credits, carry-over, lapse. Nothing here touches a database."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr import leave_rules
from hr.leave_rules import Line, Policy, Span, due_lines

ANNUAL = Policy("annual", "yearly", Decimal(25), carry_over_max=Decimal(5), carry_over_months=3)
MONTHLY = Policy("annual", "monthly", Decimal(24))
LONG_AGO = dt.date(2020, 1, 1)


def span(until, hired=LONG_AGO, ends=None, since=dt.date(2025, 1, 1)):
    return Span(hired=hired, ends=ends, since=since, until=until)


def short(lines):
    return [(line.kind, float(line.days), line.effective_on.isoformat()) for line in lines]


def test_a_year_is_credited_at_its_begin_and_only_once():
    first = due_lines(ANNUAL, [], span(dt.date(2025, 1, 1)))

    assert short(first) == [("accrual", 25.0, "2025-01-01")]
    assert due_lines(ANNUAL, first, span(dt.date(2025, 12, 31))) == []


def test_months_that_were_missed_are_caught_up():
    made = due_lines(MONTHLY, [], span(dt.date(2025, 4, 1)))

    assert short(made) == [("accrual", 2.0, f"2025-0{month}-01") for month in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("hired", "ends", "policy", "expected"),
    [
        (dt.date(2025, 7, 1), None, ANNUAL, [("accrual", 12.603, "2025-07-01")]),  # 184 of 365 days
        (dt.date(2025, 1, 1), dt.date(2025, 6, 30), ANNUAL, [("accrual", 12.397, "2025-01-01")]),  # 181 of 365
        (
            dt.date(2024, 2, 29),
            None,
            Policy("a", "monthly", Decimal(12)),
            [("accrual", 0.034, "2024-02-29")],
        ),  # 1 of 29
    ],
)
def test_credits_are_prorated_by_the_days_of_employment(hired, ends, policy, expected):
    until = dt.date(hired.year, hired.month, 29 if hired.month == 2 else 28)

    assert short(due_lines(policy, [], span(until, hired, ends, since=dt.date(hired.year, 1, 1)))) == expected


def test_a_full_balance_takes_no_more_and_what_it_did_not_take_is_not_made_up_for():
    policy = Policy("annual", "monthly", Decimal(24), balance_cap=Decimal(5))
    made = due_lines(policy, [], span(dt.date(2025, 4, 1)))

    assert [float(line.days) for line in made] == [2, 2, 1, 0]
    taken = [*made, Line("taken", Decimal(-4), dt.date(2025, 4, 10))]
    assert short(due_lines(policy, taken, span(dt.date(2025, 5, 1)))) == [("accrual", 2.0, "2025-05-01")]


def test_what_is_left_moves_into_the_next_year_as_far_as_it_may():
    lines = [*due_lines(ANNUAL, [], span(dt.date(2025, 1, 1))), Line("taken", Decimal(-17), dt.date(2025, 8, 4))]

    made = due_lines(ANNUAL, lines, span(dt.date(2026, 1, 1)))

    assert short(made) == [
        ("lapse", -3.0, "2025-12-31"),
        ("carry_over", -5.0, "2025-12-31"),
        ("carry_over", 5.0, "2026-01-01"),
        ("accrual", 25.0, "2026-01-01"),
    ]
    assert leave_rules.balance([*lines, *made]) == 30
    assert leave_rules.balance([*lines, *made], dt.date(2025, 12, 31)) == 0


def test_carried_days_lapse_unless_leave_used_them_first():
    lines = [Line("accrual", Decimal(5), dt.date(2025, 1, 1), "accrual:annual:2025")]
    lines += due_lines(ANNUAL, lines, span(dt.date(2026, 3, 31)))
    lines.append(Line("taken", Decimal(-2), dt.date(2026, 2, 2)))

    assert short(due_lines(ANNUAL, lines, span(dt.date(2026, 4, 1)))) == [("lapse", -3.0, "2026-04-01")]


def test_leave_over_the_end_of_the_year_counts_where_it_lies():
    """Days of January do not use up what is left in December."""
    lines = due_lines(ANNUAL, [], span(dt.date(2025, 1, 1)))
    dates = [dt.date(2025, 12, day) for day in (29, 30, 31)] + [dt.date(2026, 1, 2)]
    for first, days in leave_rules.by_year(dates, leave_rules.WHOLE).values():
        lines.append(Line("taken", -days, first))

    made = due_lines(ANNUAL, lines, span(dt.date(2026, 1, 1)))

    assert short(lines[1:]) == [("taken", -3.0, "2025-12-29"), ("taken", -1.0, "2026-01-02")]
    assert short(made)[:2] == [("lapse", -17.0, "2025-12-31"), ("carry_over", -5.0, "2025-12-31")]
    assert leave_rules.balance([*lines, *made]) == 29


def credited(policy, until, **more):
    """A ledger as it stands on a day, and the span that goes with it."""
    mine = span(until, since=until.replace(month=1, day=1), **more)
    return due_lines(policy, [], mine), mine


def took(days, *date):
    return Line("taken", Decimal(-days), dt.date(*date))


AUTUMN = dt.date(2025, 10, 1)


@pytest.mark.parametrize(
    ("booked", "wanted", "missing"),
    [
        # Next year brings 25, and 5 of what is left of this one are carried into it.
        ([], [took(30, 2026, 2, 2)], 0),
        ([], [took(31, 2026, 2, 2)], 1),
        # Carried days lapse at the end of March: later there are the 25 of the year alone.
        ([], [took(26, 2026, 4, 1)], 1),
        # Days of next year leave those of this year alone ...
        ([took(25, 2026, 7, 1)], [took(25, 2025, 12, 1)], 0),
        # ... unless they need what is carried over.
        ([took(27, 2026, 2, 2)], [took(23, 2025, 12, 1)], 0),
        ([took(27, 2026, 2, 2)], [took(24, 2025, 12, 1)], 1),
        # Over the end of a year each part is judged in its own.
        ([took(24, 2025, 12, 1)], [took(1, 2025, 12, 31), took(25, 2026, 1, 1)], 0),
        ([took(24, 2025, 12, 1)], [took(2, 2025, 12, 30), took(1, 2026, 1, 1)], 1),
        # The year after next stands on what the next one leaves.
        ([took(30, 2026, 2, 2)], [took(25, 2027, 7, 1)], 0),
        ([took(30, 2026, 2, 2)], [took(26, 2027, 2, 1)], 1),
    ],
)
def test_days_are_taken_out_of_their_own_year(booked, wanted, missing):
    lines, mine = credited(ANNUAL, AUTUMN)

    assert leave_rules.short_by(ANNUAL, [*lines, *booked], mine, wanted) == missing


def test_what_a_month_brings_can_be_asked_for_before_but_not_taken_before():
    lines, mine = credited(MONTHLY, dt.date(2025, 3, 1))

    assert leave_rules.short_by(MONTHLY, lines, mine, [took(8, 2025, 4, 1)]) == 0
    assert leave_rules.short_by(MONTHLY, lines, mine, [took(9, 2025, 4, 1)]) == 1
    # What is booked for summer is not spent in spring.
    assert leave_rules.short_by(MONTHLY, [*lines, took(14, 2025, 7, 1)], mine, [took(1, 2025, 4, 1)]) == 1
    assert leave_rules.short_by(MONTHLY, [*lines, took(14, 2025, 7, 1)], mine, [took(1, 2025, 8, 1)]) == 0


def test_nothing_is_expected_for_the_time_after_the_last_day():
    lines, mine = credited(ANNUAL, AUTUMN, ends=dt.date(2026, 3, 31))

    assert leave_rules.short_by(ANNUAL, lines, mine, [took(11, 2026, 3, 2)]) == 0  # 5 carried, 90 of 365 days of 25
    assert leave_rules.short_by(ANNUAL, lines, mine, [took(12, 2026, 3, 2)]) == Decimal("0.836")


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (dt.date(2025, 10, 1), 21),  # what is booked for December is gone already
        (dt.date(2025, 12, 31), 21),
        (dt.date(2026, 2, 1), 28),  # 5 carried and 25 new, less the 2 of July; what may lapse in April is there now
        (dt.date(2026, 5, 1), 23),
    ],
)
def test_what_is_left_is_what_can_still_be_taken_in_that_year(day, left):
    lines, mine = credited(ANNUAL, AUTUMN)

    booked = [*lines, took(4, 2025, 12, 1), took(2, 2026, 7, 1)]
    assert leave_rules.left(ANNUAL, booked, mine, day) == left


@given(
    policy=st.sampled_from([ANNUAL, MONTHLY, Policy("annual", "yearly", Decimal(25), Decimal(27))]),
    wanted=st.lists(
        st.tuples(st.dates(dt.date(2025, 10, 1), dt.date(2027, 6, 30)), st.integers(1, 12)), min_size=1, max_size=12
    ),
)
def test_whatever_was_granted_in_advance_the_ledger_never_falls_below_nothing(policy, wanted):
    lines, mine = credited(policy, AUTUMN)
    for date, days in wanted:
        more = took(days, date.year, date.month, date.day)
        if not leave_rules.short_by(policy, lines, mine, [more]):
            lines.append(more)

    day = AUTUMN
    while day < dt.date(2027, 7, 31):
        lines += due_lines(policy, lines, span(day, since=dt.date(2025, 1, 1)))
        assert leave_rules.balance(lines, day) >= 0
        day += dt.timedelta(days=7)


def test_a_debt_moves_as_it_is():
    lines = [*due_lines(ANNUAL, [], span(dt.date(2025, 1, 1))), Line("taken", Decimal(-27), dt.date(2025, 8, 4))]

    made = due_lines(ANNUAL, lines, span(dt.date(2026, 6, 1)))

    assert short(made) == [
        ("carry_over", 2.0, "2025-12-31"),
        ("carry_over", -2.0, "2026-01-01"),
        ("accrual", 25.0, "2026-01-01"),
    ]


def test_who_leaves_gives_back_what_was_credited_for_the_time_after():
    lines = due_lines(ANNUAL, [], span(dt.date(2025, 1, 1)))
    leaving = span(dt.date(2025, 5, 2), ends=dt.date(2025, 6, 30))

    made = due_lines(ANNUAL, lines, leaving)

    assert short(made) == [("accrual", -12.603, "2025-06-30")]
    assert due_lines(ANNUAL, [*lines, *made], leaving) == []
    stays = due_lines(ANNUAL, [*lines, *made], span(dt.date(2025, 5, 3)))
    assert float(stays[0].days) == 12.603
    assert leave_rules.balance([*lines, *made, *stays]) == 25


def test_nothing_is_credited_before_the_first_or_after_the_last_day():
    assert due_lines(ANNUAL, [], span(dt.date(2025, 6, 1), hired=dt.date(2025, 7, 1))) == []
    assert due_lines(ANNUAL, [], span(dt.date(2026, 6, 1), hired=LONG_AGO, ends=dt.date(2024, 1, 1))) == []


POLICIES = st.builds(
    Policy,
    code=st.just("annual"),
    accrual=st.sampled_from(["monthly", "yearly", "none"]),
    days_per_year=st.decimals(0, 40, places=2),
    balance_cap=st.none() | st.decimals(0, 50, places=2),
    carry_over_max=st.none() | st.decimals(0, 20, places=2),
    carry_over_months=st.none() | st.integers(1, 14),
)
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31))
TAKEN = st.lists(st.tuples(DAYS, st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(3)])), max_size=8)


@given(POLICIES, TAKEN, st.lists(DAYS, min_size=1, max_size=4), DAYS)
def test_however_often_the_job_runs_the_ledger_comes_to_the_same(policy, taken, runs, hired):
    """What is taken is known before; running on some days in between, or once at the end, is one and the same."""
    leave = [Line("taken", -days, day) for day, days in taken]
    last = max(runs)

    def kept(days):
        lines = list(leave)
        for day in days:
            lines += due_lines(policy, lines, Span(hired=hired, ends=None, since=dt.date(2024, 1, 1), until=day))
        return lines

    often, once = kept(sorted(runs)), kept([last])

    assert sorted(map(str, often)) == sorted(map(str, once))
    assert due_lines(policy, once, Span(hired=hired, ends=None, since=dt.date(2024, 1, 1), until=last)) == []
    keys = [line.key for line in once if line.key]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("late", "written", "left"),
    [
        # 25 in the year, 17 taken: 5 are carried, 3 lapse. In February 2026 leave of December is entered.
        ([("taken", -2)], [("lapse", 2.0, "2025-12-31")], 30),
        (
            [("taken", -5)],
            [("lapse", 3.0, "2025-12-31"), ("carry_over", 2.0, "2025-12-31"), ("carry_over", -2.0, "2026-01-01")],
            28,
        ),
        # It comes back: more than 5 are not carried.
        ([("returned", 2)], [("lapse", -2.0, "2025-12-31")], 30),
    ],
)
def test_what_is_entered_late_for_a_closed_year_corrects_its_closing(late, written, left):
    lines = [*due_lines(ANNUAL, [], span(dt.date(2025, 1, 1))), Line("taken", Decimal(-17), dt.date(2025, 8, 4))]
    lines += due_lines(ANNUAL, lines, span(dt.date(2026, 2, 1)))
    lines += [Line(kind, Decimal(days), dt.date(2025, 12, 22)) for kind, days in late]

    made = due_lines(ANNUAL, lines, span(dt.date(2026, 2, 1)))

    assert short(made) == written
    assert leave_rules.balance([*lines, *made]) == left
    assert leave_rules.balance([*lines, *made], dt.date(2025, 12, 31)) == 0


def test_leave_of_before_carried_days_lapsed_that_is_entered_after_it_used_them():
    lines = [*due_lines(ANNUAL, [], span(dt.date(2025, 1, 1))), Line("taken", Decimal(-17), dt.date(2025, 8, 4))]
    lines += due_lines(ANNUAL, lines, span(dt.date(2026, 4, 2)))
    assert short(lines)[-1] == ("lapse", -5.0, "2026-04-01")
    lines.append(Line("taken", Decimal(-3), dt.date(2026, 3, 2)))

    made = due_lines(ANNUAL, lines, span(dt.date(2026, 4, 2)))

    assert short(made) == [("lapse", 3.0, "2026-04-01")]
    assert made[0].key == "expiry:annual:2025:2"


@given(POLICIES, TAKEN, TAKEN, st.sets(st.integers(0, 7)), st.lists(DAYS, min_size=1, max_size=3))
def test_leave_that_is_entered_or_cancelled_late_leaves_what_it_had_left_in_time(policy, known, late, cancelled, runs):
    policy = replace(policy, balance_cap=None)  # what a full balance did not take is not made up for
    career = Span(hired=dt.date(2023, 1, 1), ends=None, since=dt.date(2024, 1, 1), until=max(runs))
    in_time = [Line("taken", -days, day) for day, days in known]
    taken_back = [Line("returned", days, day) for number, (day, days) in enumerate(known) if number in cancelled]
    afterwards = [*(Line("taken", -days, day) for day, days in late), *taken_back]

    lines = list(in_time)
    for day in sorted(runs):
        lines += due_lines(policy, lines, replace(career, until=day))
    for line in afterwards:
        lines.append(line)
        lines += due_lines(policy, lines, career)
    once = [*in_time, *afterwards]
    once += due_lines(policy, once, career)

    for day in [*(dt.date(year, 12, 31) for year in range(2024, 2028)), dt.date(2030, 1, 1)]:
        assert leave_rules.balance(lines, day) == leave_rules.balance(once, day)
    keys = [line.key for line in lines if line.key]
    assert len(keys) == len(set(keys))


def test_a_year_that_is_over_is_not_paid_for_by_the_next():
    """All 25 days of 2025 were taken; in January 2026 there are 25 new ones."""
    lines = [*due_lines(ANNUAL, [], span(dt.date(2025, 1, 1))), Line("taken", Decimal(-25), dt.date(2025, 8, 4))]
    lines += due_lines(ANNUAL, lines, span(dt.date(2026, 1, 7)))
    now = span(dt.date(2026, 1, 7))

    assert leave_rules.short_by(ANNUAL, lines, now, [Line("taken", Decimal(-5), dt.date(2025, 12, 15))]) == 5
    assert leave_rules.short_by(ANNUAL, lines, now, [Line("taken", Decimal(-5), dt.date(2026, 2, 2))]) == 0
    owing = [*lines, Line("adjusted", Decimal(-3), dt.date(2025, 12, 1))]
    owing += due_lines(ANNUAL, owing, now)
    assert leave_rules.short_by(ANNUAL, owing, now, [Line("taken", Decimal(-5), dt.date(2025, 12, 15))]) == 5


@pytest.mark.parametrize(
    ("policy", "was", "is_now", "until"),
    [
        (ANNUAL, (2025, 1, 1), (2025, 7, 1), (2025, 8, 1)),
        (ANNUAL, (2025, 7, 1), (2025, 1, 1), (2025, 8, 1)),
        (MONTHLY, (2025, 2, 10), (2025, 4, 20), (2025, 8, 1)),
        (MONTHLY, (2025, 4, 20), (2025, 2, 10), (2025, 8, 1)),
        (ANNUAL, (2025, 3, 1), (2026, 2, 1), (2026, 5, 1)),
    ],
)
@pytest.mark.parametrize("ends", [None, dt.date(2026, 6, 30)])
def test_another_first_day_credits_as_if_it_had_been_known(policy, was, is_now, until, ends):
    was, is_now, until = dt.date(*was), dt.date(*is_now), dt.date(*until)
    lines = due_lines(policy, [], span(until, hired=was))
    after = span(until, hired=is_now, ends=ends)

    lines += leave_rules.hired_anew(policy, lines, was, after)
    lines += due_lines(policy, lines, after)

    expected = due_lines(policy, [], after)
    assert leave_rules.balance(lines) == pytest.approx(leave_rules.balance(expected), abs=Decimal("0.002"))
    assert due_lines(policy, lines, after) == []
    again = leave_rules.hired_anew(policy, lines, is_now, span(until, hired=was, ends=ends))
    assert len({line.key for line in [*lines, *again]}) == len(lines) + len(again)


KINDS = ["accrual", "carry_over", "lapse", "taken", "returned", "adjusted"]


@given(st.dictionaries(st.tuples(st.sampled_from(KINDS), st.booleans()), st.decimals(-50, 50, places=3)))
def test_the_parts_of_a_statement_are_the_sum_of_the_ledger(sums):
    assert leave_rules.statement(sums).balance == sum(sums.values(), Decimal(0))
