"""HR's part of the demo data keeps every promise that the services make."""

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise
from statistics import mean, median

import pytest

from accounts.models import Notification
from hr import rules
from hr.models import (
    Attendance,
    AttendanceCorrection,
    Candidate,
    Compensation,
    Employment,
    Interview,
    JobPosting,
    LeaveDay,
    LeaveEntry,
    LeaveRequest,
    LockedDays,
    OnboardingTask,
    PayrollRun,
    Payslip,
)
from hr.schedules import Rota
from hr.selectors import attendance_time
from hr.selectors.payroll_month import Month
from hr.services import attendance_days
from hyperflow.core import clock
from hyperflow.core.models import AuditEntry, Job, OutboxEvent
from hyperflow.demo.tests.invented import NOW, history_of, named
from tasks.models import TimeEntry

pytestmark = pytest.mark.django_db

FIRST = dt.date(2025, 4, 1)
TODAY = NOW.date()
DAY = dt.timedelta(days=1)


def rota():
    return Rota.of(Employment.objects.select_related("user", "pattern"), FIRST, TODAY + 400 * DAY)


def test_fourteen_work_here_one_has_left_and_one_begins_soon(loaded):
    stands = Counter(row.status_on(TODAY) for row in Employment.objects.all())
    assert stands == {"active": 14, "ended": 1, "planned": 1}
    gone = named("oskar.lindner")
    assert gone.employment.end_date == dt.date(2026, 1, 14)
    assert not gone.is_active
    assert Employment.objects.filter(manager=None).get().user == named("admin")
    assert set(rota()[named("employee").pk].week) == {0, 1, 2, 3, 4}
    part_time = Employment.objects.get(employment_type="part_time")
    assert (part_time.user, sorted(rota()[part_time.user_id].week)) == (named("lucia.prieto"), [0, 1, 2, 3])
    assert Compensation.objects.filter(employment=named("employee").employment, effective_from="2025-12-15").exists()
    assert {row.currency for row in Compensation.objects.filter(employment=named("daniel.okafor").employment)} == {
        "GBP"
    }


def test_nothing_of_it_is_queued_announced_or_of_the_moment_of_loading(loaded):
    assert (Job.objects.count(), OutboxEvent.objects.count()) == (0, 0)
    assert not AuditEntry.objects.filter(at__gt=NOW).exists()
    assert not Notification.objects.filter(created_at__gt=NOW).exists()
    for model in (Employment, Compensation, Attendance, LeaveRequest, LeaveEntry, PayrollRun, Payslip, Candidate):
        assert not model.objects.filter(created_at__gt=NOW).exists()
        assert not model.objects.filter(updated_at__gt=NOW).exists()


@pytest.mark.parametrize("model", [Attendance, AttendanceCorrection, LeaveRequest, PayrollRun, JobPosting])
def test_each_version_of_a_row_has_its_entry_in_the_history(loaded, model):
    history = history_of(model._meta.label_lower)
    for row in model.objects.all():
        entries = history[row.pk]
        assert len(entries) == row.version
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        assert entries[0].at == row.created_at
        assert entries[-1].at == row.updated_at
        state = {}
        for entry in entries:
            for name, (before, after) in entry.changes.items():
                name = name.removesuffix("_id")
                assert name not in state or state[name] == before
                state[name] = after
        assert state["status"] == row.status


def test_sessions_never_overlap_and_stand_as_the_rules_say(loaded):
    plans = rota()
    by_day = defaultdict(list)
    last = {}
    for row in Attendance.objects.select_related("user").order_by("user_id", "login_time"):
        plan = plans[row.user_id]
        before = last.get(row.user_id)
        assert before is None or before.logout_time <= row.login_time
        last[row.user_id] = row
        assert row.work_date == rules.work_date(row.login_time, plan.zone, plan.shift)
        assert plan.is_working_day(row.work_date)
        assert row.login_time <= NOW
        if row.logout_time is None:
            assert (row.work_date, row.seconds) == (TODAY, 0)
        else:
            assert row.logout_time <= NOW
            assert row.seconds == rules.seconds_between(row.login_time, row.logout_time)
        by_day[row.user_id, row.work_date].append(row)
    assert Attendance.objects.open().count() >= 5
    for (user_id, day), rows in by_day.items():
        plan, (away, from_home) = plans[user_id], attendance_days.leave_on(user_id, day)
        assert away < 1
        sessions = [
            rules.Session(
                row.login_time,
                row.logout_time,
                rules.is_remote(row.location, works_from_home=from_home),
                row.confirmed,
            )
            for row in rows
        ]
        shift = plan.shift(day)
        is_over = rules.is_over(day, shift, NOW, plan.zone)
        expected = rules.statuses(sessions, shift, plan.rules, leave=away, is_over=is_over)
        assert [row.status for row in rows] == expected
    assert set(Attendance.objects.values_list("status", flat=True)) == set(Attendance.Status.values)


def test_everybody_has_fourteen_months_and_some_days_are_missing(loaded):
    for user_id, plan in rota().people.items():
        if plan.employment.hire_date > TODAY:
            continue
        days = set(Attendance.objects.filter(user=user_id).values_list("work_date", flat=True))
        away = set(LeaveDay.objects.filter(user=user_id, is_away=True, portion=1).values_list("date", flat=True))
        ends = min(plan.employment.end_date or TODAY, TODAY - DAY)
        planned = set(plan.working_days(dt.date(2025, 5, 1), ends))
        assert min(days) < dt.date(2025, 5, 6)
        assert len(planned - days - away) <= len(planned) * 0.03
    nights = Attendance.objects.filter(user=named("oskar.lindner"))
    assert nights.count() > 250
    assert any(row.login_time.astimezone(clock.zone_of(row.user)).date() > row.work_date for row in nights)
    releases = Attendance.objects.filter(note__icontains="release", user=named("viktor.hahn"))
    assert releases.count() >= 3


def test_forgotten_clock_outs_are_confirmed_but_for_two_of_late(loaded):
    forgotten = Attendance.objects.filter(closed_by_job=True)
    assert 15 < forgotten.count() < 60
    waiting = forgotten.filter(confirmed=False)
    assert {row.user for row in waiting} == {named("employee"), named("rasmus.holm")}
    assert all(dt.timedelta(0) < TODAY - row.work_date <= dt.timedelta(days=14) for row in waiting)
    assert set(AttendanceCorrection.objects.values_list("status", flat=True)) == {"pending", "approved", "rejected"}
    told = Notification.objects.filter(kind="attendance.forgotten", read_at=None, user=named("employee"))
    assert told.count() == 1


def test_almost_no_time_was_logged_while_clocked_out_or_away(loaded):
    sessions = defaultdict(list)
    for user_id, day, *times in Attendance.objects.values_list("user_id", "work_date", "login_time", "logout_time"):
        sessions[user_id, day].append((times[0], times[1] or NOW))
    whole = outside = 0
    for entry in TimeEntry.objects.all():
        there = sessions[entry.user_id, entry.work_date]
        inside = rules.shared_seconds([(entry.started_at, entry.ended_at)], there)
        whole += entry.seconds
        outside += entry.seconds - inside
    assert 0 < outside < whole * 0.01
    away = set(LeaveDay.objects.filter(is_away=True, portion=1).values_list("user_id", "date"))
    on_leave = away & set(TimeEntry.objects.values_list("user_id", "work_date"))
    assert sorted(user for user, _day in on_leave) == sorted(
        named(login).pk for login in ("marketing", "rasmus.holm", "daniel.okafor")
    )


def test_on_usual_days_nearly_all_is_logged_and_who_forgets_stands_out(loaded):
    logs = set(TimeEntry.objects.values_list("user_id", flat=True))
    assert len(logs) == 12
    with clock.as_of(NOW):
        found = attendance_time.days_of_time(logs, TODAY - 120 * DAY, TODAY - DAY)
    fine = {user: sum(not day.flags for day in days) / len(days) for user, days in found.items()}
    forgets = named("leon.brandt").pk
    assert min(fine, key=fine.get) == forgets
    assert 0.8 < mean(share for user, share in fine.items() if user != forgets) < 0.95
    days = [day for days in found.values() for day in days if not day.flags]
    shares = [day.logged_seconds / (day.attended_seconds - day.break_seconds) for day in days]
    assert 0.96 < min(shares) < 0.97 < median(shares) < 0.99


def test_leave_takes_the_working_days_of_what_was_approved(loaded):
    plans = rota()
    requests = LeaveRequest.objects.select_related("type")
    assert {(row.status, row.start_date > TODAY) for row in requests} == {
        (status, is_coming) for status in LeaveRequest.Status.values for is_coming in (True, False)
    } - {("pending", False)}
    kinds = {row.type.code for row in requests.filter(status="approved")}
    assert kinds >= {"annual", "sick", "personal", "wfh", "unpaid"}
    assert requests.filter(half_day=True, status="approved").exists()
    for row in requests:
        portion = Decimal("0.5") if row.half_day else Decimal(1)
        expected = plans[row.user_id].working_days(row.start_date, row.end_date)
        taken = list(row.leave_days.order_by("date").values_list("date", "portion", "is_paid", "is_away"))
        assert row.days == portion * len(expected)
        if row.status == "approved":
            assert taken == [(day, portion, row.type.is_paid, row.type.is_away) for day in expected]
        else:
            assert taken == []
        if row.status in ("approved", "rejected"):
            assert row.approver_id not in (None, row.user_id)
        booked = sum(row.ledger_entries.values_list("days", flat=True), Decimal(0))
        drawn = row.status == "approved" and row.type.draws_on_balance
        assert booked == (-row.days if drawn else 0)


def test_no_balance_is_below_zero_and_each_year_is_credited_once(loaded):
    sums = defaultdict(Decimal)
    for user_id, code, days in LeaveEntry.objects.values_list("user_id", "type__code", "days"):
        sums[user_id, code] += days
    assert min(sums.values()) >= 0
    assert len({user for user, _code in sums}) == 15
    assert LeaveEntry.objects.filter(user=named("employee"), kind="accrual", type__code="annual").count() == 2
    assert LeaveEntry.objects.filter(kind="carry_over").exists()


def test_thirteen_runs_are_paid_and_the_last_is_a_draft(loaded):
    runs = list(PayrollRun.objects.order_by("period"))
    assert [run.status for run in runs] == ["paid"] * 13 + ["draft"]
    assert (runs[0].period, runs[-1].period) == ("2025-05", "2026-06")
    for before, after in pairwise(runs[:-1]):
        assert before.ends_on + DAY == after.starts_on
    for run in runs[:-1]:
        assert run.ends_on < run.computed_at.date() <= run.approved_at.date() < run.paid_at.date()
        assert len({run.started_by_id, run.approved_by_id, run.paid_by_id}) == 3
        assert LockedDays.objects.filter(starts_on=run.starts_on, ends_on=run.ends_on).count() == 1
        assert run.problems == []
    gone = Payslip.objects.filter(user=named("oskar.lindner")).order_by("period")
    assert [slip.period for slip in gone][-1] == "2026-01"
    assert gone.last().working_days < gone.last().month_days
    raised = Payslip.objects.get(user=named("employee"), period="2025-12")
    assert 4_100 < raised.basic_salary < 4_400
    assert Payslip.objects.filter(lines__adjustment__isnull=False).count() == 1


def test_payslips_say_what_working_them_out_now_would_say(loaded):
    for run in PayrollRun.objects.all():
        slips = {slip.user_id: slip for slip in run.payslips.all()}
        with clock.as_of(NOW):
            batch = Month(run, list(Employment.objects.values_list("pk", flat=True)))
        rows = [row for row in batch.rows if row.hire_date <= run.ends_on]
        rows = [row for row in rows if row.end_date is None or row.end_date >= run.starts_on]
        assert set(slips) == {row.user_id for row in rows}
        for row in rows:
            pay, slip = batch.pay(row), slips[row.user_id]
            assert (slip.gross, slip.net, slip.currency) == (pay.gross, pay.net, pay.basics.currency)
            assert (slip.hours, slip.overtime_hours) == (pay.basics.hours, pay.basics.overtime_hours)
            assert (slip.paid_days, slip.unpaid_days) == (pay.basics.paid_days, pay.basics.unpaid_days)


def test_candidates_stand_in_every_stage_and_one_is_to_be_a_colleague(loaded):
    assert Counter(JobPosting.objects.values_list("status", flat=True)) == {"open": 2, "draft": 1, "filled": 1}
    for posting in JobPosting.objects.filter(status="open"):
        assert set(posting.candidates.values_list("stage", flat=True)) == set(Candidate.Stage.values)
    hired = Candidate.objects.get(employee__isnull=False)
    assert not hired.employee.is_active
    assert hired.employee.employment.hire_date > TODAY
    assert OnboardingTask.objects.filter(user=hired.employee).count() > 3
    assert Interview.objects.filter(status="planned", starts_at__gt=NOW).count() == 3
    assert not Interview.objects.filter(status="planned", starts_at__lte=NOW).exists()
    assert Candidate.objects.filter(average__isnull=False).count() >= 5


def test_the_manager_has_something_to_decide(loaded, api):
    manager = named("manager")
    waiting = LeaveRequest.objects.visible_to(manager).filter(status="pending").exclude(user=manager)
    assert waiting.count() >= 4
    assert LeaveDay.objects.filter(date=TODAY, is_away=True).exists()
