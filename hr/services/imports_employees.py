"""A list of employees comes in: one command, all of it or nothing."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department, User, WorkingCalendar
from hr.importers.employees import File, Row
from hr.models import Employment, WorkPattern
from hr.services.employment import OF_THE_ACCOUNT, employ, update_employment
from hyperflow.core.errors import DomainError, Invalid, NotAllowed
from hyperflow.core.imports import MADE, SKIPPED, UNCHANGED, UPDATED, BadRows, Report
from hyperflow.core.transactions import command

Progress = Callable[[int, int], None]
NEEDS = ("hr.add_employment", "hr.change_employment", "hr.view_all_employments", "accounts.add_user")


def check_may(actor: Any, needs: Sequence[str]) -> None:
    for permission in needs:
        if not actor.has_perm(permission):
            raise NotAllowed(_("%(name)s may not import: that takes %(right)s.") % {"name": actor, "right": permission})


def reason_of(refusal: Exception) -> str:
    """Of values that are refused, each with the column that it stands in."""
    if not isinstance(refusal, ValidationError):
        return str(refusal)
    if not hasattr(refusal, "error_dict"):
        return " ".join(refusal.messages)
    return " ".join(
        message if name == NON_FIELD_ERRORS else f"{name}: {message}"
        for name, messages in refusal.message_dict.items()
        for message in messages
    )


@command
def import_employees(
    *, actor: Any, file: File, skip_bad: bool = False, dry_run: bool = False, progress: Progress | None = None
) -> Report:
    """Make and change employees as the file says. They are found by their code, else by their e-mail address.

    What the file does not say stays. Raises `BadRows`, and writes nothing, where some rows can't come in, unless
    ``skip_bad`` leaves those out. ``dry_run`` does it all and takes it back.
    """
    check_may(actor, NEEDS)
    report = Report(remarks=list(file.remarks))
    for line, reason in file.problems:
        report.refuse(line, reason)
    rows, told = file.rows, progress or (lambda done, total: None)
    while True:
        attempt = Report()
        with transaction.atomic():
            _Import(actor, attempt).write(rows, told)
            if attempt.problems:
                transaction.set_rollback(True)
        report.problems.extend(attempt.problems)
        report.items = attempt.items
        told_of_pay = attempt.remarks
        # A row that is left out is nobody's manager, so the others are tried anew without it.
        bad = {problem.line for problem in attempt.problems}
        rows = [row for row in rows if row.line not in bad]
        if not bad or not skip_bad:
            break
    report.remarks += told_of_pay
    if report.problems and not skip_bad:
        raise BadRows(report.problems)
    for problem in report.problems:
        report.add(problem.line, SKIPPED, problem.reason)
    if dry_run:
        transaction.set_rollback(True)
    return report


class _Import:
    def __init__(self, actor: Any, report: Report) -> None:
        self.actor, self.report = actor, report
        rows = Employment.objects.select_related("user", "user__role")
        self.by_code = {row.code.casefold(): row for row in rows}
        self.by_email = {row.user.email: row for row in self.by_code.values()}
        self.users = {user.email: user for user in User.objects.select_related("role")}
        self.named: dict[str, dict[str, Any]] = {
            "department": {row.name.casefold(): row for row in Department.objects.all()},
            "pattern": {row.name.casefold(): row for row in WorkPattern.objects.all()},
            "calendar": {row.name.casefold(): row for row in WorkingCalendar.objects.all()},
        }

    def write(self, rows: Sequence[Row], progress: Progress) -> None:
        """First everybody, then who is whose manager: managers may stand below in the file."""
        outcomes: dict[int, tuple[Employment, str]] = {}
        for number, row in enumerate(rows, 1):
            if made := self._try(row, self._one):
                outcomes[row.line] = made
            progress(number, 2 * len(rows))
        for number, row in enumerate(rows, len(rows) + 1):
            if row.line in outcomes and (placed := self._try(row, self._under, *outcomes[row.line])):
                outcomes[row.line] = placed
            progress(number, 2 * len(rows))
        refused = {problem.line for problem in self.report.problems}
        for line, (employment, outcome) in outcomes.items():
            if line not in refused:
                self.report.add(line, outcome, f"{employment.code} {employment.user.name}")

    def _try(self, row: Row, act: Callable[..., tuple[Employment, str]], *more: Any) -> tuple[Employment, str] | None:
        try:
            with transaction.atomic():
                return act(row, *more)
        except (DomainError, ValidationError) as refusal:
            self.report.refuse(row.line, reason_of(refusal))
            return None

    def _one(self, row: Row) -> tuple[Employment, str]:
        values = {name: self._value(name, value) for name, value in row.values.items() if name != "manager"}
        found = self._found(row)
        if found is None:
            return self._new(row, values), MADE
        if row.name:
            values["name"] = row.name
        if row.code and row.code.casefold() != found.code.casefold():
            values["code"] = row.code
        changed = {name: value for name, value in values.items() if _now(found, name) != value}
        if not changed:
            return found, UNCHANGED
        updated = update_employment(employment=found, actor=self.actor, **changed)
        self.report.remarks += [f"line {row.line}: {notice.message}" for notice in updated.warnings]
        return self._keep(updated), UPDATED

    def _found(self, row: Row) -> Employment | None:
        found = self.by_code.get(row.code.casefold()) if row.code else None
        return found or self.by_email.get(row.email)

    def _new(self, row: Row, values: dict[str, Any]) -> Employment:
        if values.get("hire_date") is None:
            raise Invalid(_("has no day of hire"), field="hire_date")
        user = self.users.get(row.email)
        account = {"user": user} if user is not None else {"name": row.name, "email": row.email}
        if user is None and not (row.name and row.email):
            raise Invalid(_("is nobody who has an account: a new one takes a name and an e-mail address"))
        return self._keep(employ(actor=self.actor, code=row.code, **account, **values))

    def _keep(self, row: Employment) -> Employment:
        row = Employment.objects.select_related("user", "user__role").get(pk=row.pk)
        self.by_code[row.code.casefold()] = self.by_email[row.user.email] = row
        return row

    def _under(self, row: Row, employment: Employment, outcome: str) -> tuple[Employment, str]:
        named = row.values.get("manager")
        if named is None:
            return employment, outcome
        above = self.by_code.get(named.casefold()) or self.by_email.get(named.casefold())
        manager = above.user if above is not None else self.users.get(named.casefold())
        if manager is None:
            raise Invalid(_("There is no manager “%(name)s”: write a code or an e-mail address.") % {"name": named})
        if employment.manager_id == manager.pk:
            return employment, outcome
        updated = update_employment(employment=employment, actor=self.actor, manager=manager)
        return self._keep(updated), MADE if outcome == MADE else UPDATED

    def _value(self, name: str, value: Any) -> Any:
        if name not in self.named:
            return value
        found = self.named[name].get(value.casefold())
        if found is None:
            raise Invalid(_("There is no %(what)s “%(name)s”: make it first.") % {"what": name, "name": value})
        return found


def _now(row: Employment, name: str) -> Any:
    """What stands there now; name, department and calendar stand on the account."""
    return getattr(row.user if name in OF_THE_ACCOUNT else row, name)
