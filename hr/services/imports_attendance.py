"""The sessions of a punch clock come in: one command, all of it or nothing."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from hr import rules
from hr.importers import attendance as punches
from hr.importers.attendance import File, Session
from hr.models import Attendance, Employment
from hr.schedules import rota_of, zone_of_person
from hr.services import attendance_days as days
from hr.services import attendance_locks as locks
from hr.services.imports_employees import Progress, check_may, reason_of
from hyperflow.core import changes, clock
from hyperflow.core.errors import DomainError
from hyperflow.core.imports import MADE, SKIPPED, UNCHANGED, UPDATED, BadRows, Report
from hyperflow.core.transactions import command

NEEDS = ("hr.view_all_attendance", "hr.correct_attendance")


@command
def import_attendance(
    *, actor: Any, file: File, skip_bad: bool = False, dry_run: bool = False, progress: Progress | None = None
) -> Report:
    """Write down the sessions of the file. Times without an offset are in the zone of the person.

    A session that came in before is found by its id, else by its clock-in: it is changed where the file now says
    otherwise, unless somebody corrected it here. Raises `BadRows`, and writes nothing, where some rows can't come in,
    unless ``skip_bad`` leaves those out. ``dry_run`` does it all and takes it back.
    """
    check_may(actor, NEEDS)
    report = Report(remarks=list(file.remarks))
    for line, reason in file.problems:
        report.refuse(line, reason)
    people = _people()
    sessions = _sessions(file, people, report)
    _Import(actor, report).write(sessions, progress or (lambda done, total: None))
    if report.problems and not skip_bad:
        raise BadRows(report.problems)
    for problem in report.problems:
        report.add(problem.line, SKIPPED, problem.reason)
    if dry_run:
        transaction.set_rollback(True)
    return report


def _people() -> dict[str, User]:
    """Employees by what a file may call them: their code or their address."""
    found: dict[str, User] = {}
    for row in Employment.objects.select_related("user"):
        row.user.employment = row  # whose zone its times are in
        found[row.code.casefold()] = found[row.user.email] = row.user
    return found


def _sessions(file: File, people: Mapping[str, User], report: Report) -> dict[User, list[Session]]:
    """The sessions of each person, with their times as instants."""

    def known(rows: Iterable[Any]) -> list[Any]:
        found = []
        for row in rows:
            if row.employee.casefold() in people:
                found.append(replace(row, employee=row.employee.casefold()))
            else:
                report.refuse(row.line, f"there is no employee {row.employee!r}: write a code or an e-mail address")
        return found

    def instant(row: Any, at: dt.datetime) -> dt.datetime:
        return (at if at.tzinfo else at.replace(tzinfo=zone_of_person(people[row.employee]))).astimezone(dt.UTC)

    made = [
        replace(row, starts_at=instant(row, row.starts_at), ends_at=instant(row, row.ends_at))
        for row in known(file.sessions)
    ]
    paired, told = punches.paired(known(file.punches), lambda punch: instant(punch, punch.at))
    report.remarks.extend(told.remarks)
    for line, reason in told.problems:
        report.refuse(line, reason)
    found: dict[User, list[Session]] = defaultdict(list)
    for row in [*made, *paired]:
        found[people[row.employee]].append(row)
    return found


class _Import:
    def __init__(self, actor: Any, report: Report) -> None:
        self.actor, self.report = actor, report

    def write(self, sessions: Mapping[User, Sequence[Session]], progress: Progress) -> None:
        total, done = sum(map(len, sessions.values())), 0
        if not total:
            return
        dates = [row.starts_at.date() for mine in sessions.values() for row in mine]
        rota = rota_of([user.pk for user in sessions], min(dates) - 3 * rules.DAY, max(dates) + 3 * rules.DAY)
        for user in sorted(sessions, key=lambda user: user.pk):  # in one order, as everybody locks people
            person = days.lock_person(user.pk)
            plan = days.plan_in(rota, person)
            written: set[dt.date] = set()
            known = self._known(person, sessions[user])
            for row in sorted(sessions[user], key=lambda row: row.starts_at):
                self._try(row, person, plan, known, written)
                done += 1
                progress(done, total)
            for day in sorted(written):
                days.restate(person, day, plan, actor=self.actor)

    def _known(self, person: User, sessions: Sequence[Session]) -> dict[Any, Attendance]:
        """What may be the same session: by the id of an earlier import, and by its clock-in."""
        first = min(row.starts_at for row in sessions) - rules.LONGEST
        last = max(row.starts_at for row in sessions) + rules.LONGEST
        rows = Attendance._base_manager.filter(user_id=person.pk)
        found: dict[Any, Attendance] = {row.login_time: row for row in rows.filter(login_time__range=(first, last))}
        ids = [row.id for row in sessions if row.id]
        for start in range(0, len(ids), 500):
            for kept in rows.filter(external_id__in=ids[start : start + 500]):
                found[kept.external_id] = kept
        return found

    def _try(
        self, row: Session, person: User, plan: days.Plan, known: Mapping[Any, Attendance], written: set[dt.date]
    ) -> None:
        try:
            with transaction.atomic():
                outcome, day = self._one(row, person, plan, known.get(row.id or None) or known.get(row.starts_at))
        except (DomainError, ValidationError) as refusal:
            self.report.refuse(row.line, reason_of(refusal))
            return
        if outcome in {MADE, UPDATED}:
            written.add(day)
        self.report.add(row.line, outcome, f"{person.name} {day}")

    def _one(self, row: Session, person: User, plan: days.Plan, there: Attendance | None) -> tuple[str, dt.date]:
        if there is not None and (there.login_time, there.logout_time) == (row.starts_at, row.ends_at):
            return UNCHANGED, there.work_date
        if there is not None and (there.source != Attendance.Source.IMPORT or there.corrections.exists()):
            return f"{UNCHANGED} (corrected here)", there.work_date
        days.check_span(row.starts_at, row.ends_at)
        day = plan.work_date(row.starts_at)
        days.check_employed(plan, day)
        locks.check_open(person.pk, *{day, there.work_date if there is not None else day})
        days.check_free(person.pk, row.starts_at, row.ends_at, besides=there.pk if there is not None else None)
        values = {
            "work_date": day,
            "login_time": row.starts_at,
            "logout_time": row.ends_at,
            "seconds": rules.seconds_between(row.starts_at, row.ends_at),
            "location": row.location,
            "note": row.note,
        }
        if there is not None:
            moved = there.work_date
            changes.update(
                changes.lock(there), actor=self.actor, action="attendance.import", event="attendance.changed",
                payload={"user_id": person.pk}, **values,
            )  # fmt: skip
            if moved != day:
                days.restate(person, moved, plan, actor=self.actor)
            return UPDATED, day
        made = Attendance(
            user=person, source=Attendance.Source.IMPORT, external_id=row.id, created_at=clock.now(), **values
        )
        changes.create(
            made, actor=self.actor, action="attendance.import", event="attendance.changed", user_id=person.pk
        )
        return MADE, day
