"""Who works here and on what terms: hiring, changing the terms, and what is paid from which day on."""

import datetime as dt
from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import people
from accounts.services.uniqueness import or_taken
from hr.models import Compensation, Employment
from hr.selectors.employment import pay_in_force
from hr.services import leave_ends, leave_ledger, terms
from hr.services.payroll_backdating import DAY, PaidMonths, Span, spans_between
from hyperflow.core import audit, changes, money, outbox
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

#: What stands on the account and is edited with the employment.
OF_THE_ACCOUNT = frozenset({"name", "department", "calendar"})
TERMS = frozenset(
    {"code", "position", "manager", "employment_type", "hire_date", "end_date", "weekly_hours", "pattern", "timezone"}
)
#: Of so many who are hired at once each finds a code of their own.
_TRIES = 50


@command
def employ(
    *,
    actor: Any | None,
    hire_date: dt.date,
    user: User | None = None,
    name: str = "",
    email: str = "",
    role: Role | None = None,
    **details: Any,
) -> Employment:
    """Make somebody an employee: a person who has an account, or a new one (``name`` and ``email``).

    A new account comes in by a reset link, and only who may add accounts makes one. ``details`` are what
    `update_employment` may set.
    """
    if user is None:
        if not (name and email):
            raise Invalid(_("Name an account, or a name and an address for a new one."), code="required", field="name")
        if actor is not None and not actor.has_perm("accounts.add_user"):
            raise NotAllowed(_("You may not make accounts: choose a person who has one."))
        own = {key: details.pop(key) for key in sorted(OF_THE_ACCOUNT & set(details))}
        if "timezone" in details:
            own["timezone"] = details["timezone"]  # until they choose another one to read times in
        role = role or people.role_by_code(Role.Code.EMPLOYEE)
        user = people.create_user(actor=actor, name=name, email=email, role=role, **own)
    elif name or email or role is not None:
        raise Invalid(_("The person has an account with a name, an address and a role."), field="user_id")
    return create_employment(actor=actor, user=user, hire_date=hire_date, **details)


@command
def create_employment(
    *, actor: Any | None, user: User, hire_date: dt.date, code: str = "", **details: Any
) -> Employment:
    """Make a person an employee from that day on. Without a ``code`` they get the next free one (``E0007``).

    Raises `Conflict` where they are one already (``already_employed``), where somebody has the code (``code_taken``),
    or where the manager is below them (``circular_manager``).
    """
    own = {name: details.pop(name) for name in sorted(OF_THE_ACCOUNT & set(details))}
    _only(details, TERMS)
    changes.lock(User(pk=user.pk))  # twice at once: the second sees what the first did
    person = User.objects.select_related("role").get(pk=user.pk)
    if not person.is_staff:
        raise Invalid(_("This account belongs to nobody who works here."), code="not_active_staff", field="user_id")
    if Employment._base_manager.filter(user=person).exists():
        raise Conflict(_("This person is an employee already: edit their record."), code="already_employed")
    if own:
        people.update_user(user=person, actor=actor, **own)
        person.refresh_from_db()
    row = Employment(user=person, hire_date=hire_date, **{"timezone": person.timezone, **details})
    _check_manager(row)
    made = _insert(row, code, actor)
    leave_ledger.credit(user_id=person.pk)
    return made


def _insert(row: Employment, code: str, actor: Any | None) -> Employment:
    for attempt in range(1, _TRIES + 1):
        row.code = code or _next_code()
        try:
            with _unless_code_taken():
                return changes.create(
                    row, actor=actor, action="employment.create", event="employment.created", user_id=row.user_id
                )
        except Conflict:
            if code or attempt == _TRIES:
                raise
    raise AssertionError("unreachable")


@command
def update_employment(
    *,
    employment: Employment,
    actor: Any | None,
    expected_version: int | None = None,
    terms_from: dt.date | None = None,
    **values: Any,
) -> Employment:
    """Change the terms (`TERMS`), or what stands on the account (`OF_THE_ACCOUNT`).

    Nobody changes their own (``self_approval``). Pay is set by `set_compensation` alone. Other weekly hours, another
    pattern or time zone hold since ``terms_from`` (today unless told; the first day puts right what was wrong all
    along), and the days before it stay as they were. Another first or last day, or another week, puts months right
    that are paid already (`PaidMonths`), and leave outside the employment is given back (`leave_ends`), which the
    ``warnings`` of the row given back tell.
    """
    _only(values, TERMS | OF_THE_ACCOUNT)
    employment = changes.lock(employment, expected_version=expected_version)
    _not_oneself(actor, employment, _("Nobody changes the terms of their own employment: ask a colleague who may."))
    own = {name: values.pop(name) for name in sorted(OF_THE_ACCOUNT & set(values))}
    if "manager" in values and getattr(values["manager"], "pk", None) != employment.manager_id:
        employment.manager = values["manager"]
        _check_manager(employment)
        employment.refresh_from_db(fields=["manager"])
    hired_before = employment.hire_date
    hired, ends = values.get("hire_date", employment.hire_date), values.get("end_date", employment.end_date)
    _check_dates(hired, ends)
    spans = spans_between(employment.hire_date, hired, first=True)
    spans += spans_between(employment.end_date, ends, first=False)
    has_moved = bool(spans)
    since = terms.since_when(employment, values, terms_from, hired)
    if since is not None:
        spans.append((since, None))
    paid = PaidMonths(employment, spans)
    version = employment.version
    if since is not None:
        terms.keep(employment, since, hired=hired, actor=actor)
    with _unless_code_taken():
        changes.update(
            employment,
            actor=actor,
            action="employment.update",
            event="employment.updated",
            payload={"user_id": employment.user_id},
            **values,
        )
    account = User.objects.get(pk=employment.user_id)
    edited = bool(own) and people.update_user(user=account, actor=actor, **own).version != account.version
    if edited and employment.version == version:
        changes.touch(employment)  # its page shows them, so its ETag counts them
    if since is not None:
        terms.restate_since(employment, since, actor=actor)
    notices = leave_ends.keep_within(employment, actor=actor) if has_moved else []
    if has_moved:
        leave_ledger.follow_terms(user_id=employment.user_id, hired_before=hired_before)
    why = _terms(hired, ends) if since is None else _("another week from %(day)s") % {"day": since}
    employment.warnings = [*notices, *(paid.settle(actor=actor, why=why) if spans else [])]
    return employment


def _terms(hired: dt.date, ends: dt.date | None) -> str:
    if ends is None:
        return _("employed from %(first)s") % {"first": hired}
    return _("employed from %(first)s to %(last)s") % {"first": hired, "last": ends}


@command
def set_compensation(
    *,
    employment: Employment,
    actor: Any | None,
    effective_from: dt.date,
    amount: Decimal,
    currency: str,
    kind: str = Compensation.Kind.MONTHLY,
    employer_share: Decimal | None = None,
    reason: str = "",
) -> Compensation:
    """What this person is paid from that day on. A row is added; what stood there stays to be read.

    A second row for the same day takes the first one's place: so a mistake is mended. Without an ``employer_share``
    the one in force stays. Raises `Invalid` for a day outside the employment (``before_hire``, ``after_employment``)
    and for a monthly amount that its currency has no coins for (``too_many_digits``). Nobody sets their own pay
    (``self_approval``). Months that are paid already are put right (`PaidMonths`), which the ``warnings`` of the row
    tell.
    """
    if actor is not None and not actor.has_perm("hr.set_pay"):
        raise NotAllowed(_("You may not set what people are paid."))
    employment = changes.lock(employment)
    _not_oneself(actor, employment, _("Nobody sets their own pay: ask a colleague who may."))
    _check_employed_from(employment, effective_from)
    if employer_share is None:
        employer_share = _share_in_force(employment, effective_from)
    row = Compensation(
        employment=employment,
        effective_from=effective_from,
        amount=amount,
        currency=currency,
        kind=kind,
        employer_share=employer_share,
        reason=reason,
        set_by=actor,
    )
    row.full_clean(exclude=["employment", "set_by"], validate_constraints=False)
    _check_digits(row)
    paid = PaidMonths(employment, [_in_force(employment, effective_from)])
    row.save(force_insert=True)
    # No amount: the history of an employee is read by people who may not see pay.
    audit.record("employment.pay", employment, actor=actor, changes={"paid_from": (None, effective_from)})
    outbox.emit("employment.updated", employment, changed=["pay"], user_id=employment.user_id)
    row.warnings = paid.settle(actor=actor, why=_("pay from %(day)s") % {"day": effective_from})
    return row


def _in_force(employment: Employment, since: dt.date) -> Span:
    """From that day to the eve of the next row, which takes over."""
    later = Compensation._base_manager.filter(employment=employment, effective_from__gt=since)
    following = later.order_by("effective_from").values_list("effective_from", flat=True).first()
    return since, following - DAY if following is not None else None


def _check_employed_from(employment: Employment, day: dt.date) -> None:
    if day < employment.hire_date:
        raise Invalid(
            _("The employment begins on %(day)s: pay is set from then on at the earliest.")
            % {"day": employment.hire_date},
            code="before_hire",
            field="effective_from",
        )
    if employment.end_date is not None and day > employment.end_date:
        raise Invalid(_("The employment ends before this day."), code="after_employment", field="effective_from")


def _check_digits(row: Compensation) -> None:
    """A month's pay is an amount of money; a price per hour may be finer than that."""
    if row.kind == Compensation.Kind.MONTHLY and not money.fits(row.amount, row.currency):
        message = _("An amount in %(currency)s has at most %(digits)d digits after the point.")
        values = {"currency": row.currency, "digits": money.digits(row.currency)}
        raise Invalid(message % values, code="too_many_digits", field="amount")


def _share_in_force(employment: Employment, day: dt.date) -> Decimal:
    rows = pay_in_force([employment.pk], day, day)[employment.pk]
    return rows[-1].employer_share if rows else Decimal(0)


def _check_manager(row: Employment) -> None:
    """A manager works here, is somebody else, and is not below the person, also if two are changed at once."""
    if row.manager_id is None:
        return
    if row.manager_id == row.user_id:
        raise Conflict(_("Nobody is their own manager."), code="circular_manager", field="manager_id")
    manager = User.objects.select_related("role").get(pk=row.manager_id)
    if not (manager.is_active and manager.is_staff):
        raise Invalid(_("This is nobody who works here now."), code="not_active_staff", field="manager_id")
    held: set[int] = set()
    while not (chain := _chain_above(row.manager_id)) <= held:
        # Each link holds the others' rows, so of two changes that would close a circle the second sees the first.
        changes.lock_all(Employment, _employments_of({*chain, row.user_id}))
        held |= chain
    if row.user_id in chain:
        raise Conflict(_("This manager is below the person: nobody is above themself."), code="circular_manager")


def _chain_above(person: int) -> set[int]:
    pairs = Employment._base_manager.exclude(manager=None).order_by().values_list("user_id", "manager_id")
    above, found, at = dict(pairs), set[int](), person
    while at not in found:
        found.add(at)
        at = above.get(at) or at
    return found


def _employments_of(people_ids: Iterable[int]) -> list[int]:
    return list(Employment._base_manager.filter(user_id__in=list(people_ids)).values_list("pk", flat=True))


def _check_dates(hired: dt.date, ends: dt.date | None) -> None:
    if ends is not None and ends < hired:
        raise Invalid(_("The last day lies before the first."), code="end_before_start", field="end_date")


def _next_code() -> str:
    codes = Employment._base_manager.filter(code__startswith="E").order_by().values_list("code", flat=True)
    numbers = [int(code[1:]) for code in codes if code[1:].isascii() and code[1:].isdigit() and len(code) < 10]
    return f"E{max(numbers, default=0) + 1:04}"


def _unless_code_taken() -> AbstractContextManager[None]:
    return or_taken(_("Somebody has this employee code already."), "code_taken")


def _not_oneself(actor: Any | None, employment: Employment, message: str) -> None:
    if actor is not None and actor.pk == employment.user_id:
        raise NotAllowed(message, code="self_approval")


def _only(values: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := set(values) - known:
        raise TypeError(f"Not a field of an employment: {', '.join(sorted(unknown))}")
