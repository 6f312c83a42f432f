"""Attendance from a CSV file of a punch clock: one row a punch, or one row a session with clock-in and clock-out.

Pure reading: times stay wall-clock times of the person until somebody knows their zone, save those with an offset.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hyperflow.core import tables
from hyperflow.core.columns import Given, chosen, time_of, unread
from hyperflow.core.tables import BadCell, ImportRefused, unquoted

#: Our fields, and what else people and devices call them.
FIELDS: dict[str, tuple[str, ...]] = {
    "employee": (
        "employee code", "code", "employee id", "staff no", "staff number", "personnel number", "user id", "badge",
        "email", "e-mail",
    ),
    "date": ("day", "work date"),
    "in": ("clock in", "check in", "time in", "login", "login time", "from", "start", "arrival"),
    "out": ("clock out", "check out", "time out", "logout", "logout time", "to", "end", "departure"),
    "at": ("punch", "punch time", "date time", "datetime", "timestamp", "time"),
    "direction": ("in out", "punch type", "type", "state", "event"),
    "id": ("record id", "log id", "external id", "transaction id"),
    "location": ("place", "device", "terminal", "site"),
    "note": ("remark", "comment"),
}  # fmt: skip
_IN = {"in", "i", "checkin", "clockin", "login", "arrival", "0", "entry", "start"}
_OUT = {"out", "o", "checkout", "clockout", "logout", "departure", "1", "exit", "end"}
#: A second punch so soon is the finger that was put down twice.
TWICE = dt.timedelta(seconds=60)
#: What follows a clock-in later than this belongs to another day: the clock-out was forgotten.
LONGEST = dt.timedelta(hours=16)
#: … and of one that ends on the next day without saying so: of a day, 09:00 to 17:00, swapped times would make one.
LONGEST_NIGHT = dt.timedelta(hours=12)

#: A moment as the file has it: an instant where it names an offset, else a wall-clock time.
Moment = dt.datetime
ToInstant = Callable[[Moment], dt.datetime]


@dataclass(frozen=True)
class Session:
    """From clock-in to clock-out, as far as the file says."""

    line: int
    employee: str
    starts_at: Moment
    ends_at: Moment
    id: str = ""
    location: str = ""
    note: str = ""


@dataclass(frozen=True)
class Punch:
    """One touch of the clock; ``direction`` is ``in``, ``out`` or unknown."""

    line: int
    employee: str
    at: Moment
    direction: str = ""
    id: str = ""
    location: str = ""
    note: str = ""


@dataclass
class File:
    sessions: list[Session] = field(default_factory=list)
    punches: list[Punch] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(path: Path, given: Given = "") -> File:
    """The sessions or the punches of a file. What can't be read is told by line."""
    content, remark = tables.decode(tables.read_bytes(path), path.name)
    named = tables.headings(content)
    columns = chosen(given, named, FIELDS)
    if "employee" not in columns:
        raise ImportRefused("Nothing says whose a row is: name the column, as in --map employee=Badge.")
    by_session = "in" in columns and "out" in columns
    if not by_session and "at" not in columns:
        raise ImportRefused(
            "One row a session has a column for the clock-in and one for the clock-out (--map in=…,out=…); "
            "one row a punch has one for its time (--map at=…)."
        )
    found = File(remarks=[*([remark] if remark else []), *unread(named, columns)])
    seen: dict[str, int] = {}
    for line, cells, problem in tables.rows(content, columns):
        try:
            if problem:
                raise BadCell(problem)
            plain = {name: unquoted(cell) for name, cell in cells.items()}
            _check_id(line, plain, seen)
            if by_session:
                found.sessions.append(_session(line, plain))
            else:
                found.punches.append(_punch(line, plain))
        except BadCell as bad:
            found.problems.append((line, str(bad)))
    return found


def _check_id(line: int, cells: Mapping[str, str], seen: dict[str, int]) -> None:
    if not cells["employee"]:
        raise BadCell("does not say whose it is")
    found = cells.get("id", "")
    if len(found) > 100:
        raise BadCell("has an id of more than 100 characters")
    if found and found in seen:
        raise BadCell(f"has the id {found!r} of line {seen[found]}")
    seen[found] = line


def _rest(cells: Mapping[str, str]) -> dict[str, str]:
    return {
        "id": cells.get("id", ""),
        "location": cells.get("location", "")[:120],
        "note": cells.get("note", "")[:500],
    }


def _session(line: int, cells: Mapping[str, str]) -> Session:
    for name, label in (("in", "clock-in"), ("out", "clock-out")):
        if not cells[name]:
            raise BadCell(f"has no {label}")
    date = cells.get("date", "")
    starts, ends = moment(cells["in"], date), moment(cells["out"], date)
    if (starts.tzinfo is None) != (ends.tzinfo is None):
        raise BadCell("names an offset for one of its times only")
    if ends == starts:
        raise BadCell("has the same time for clock-in and clock-out")
    if ends < starts and date and len(cells["out"]) <= len("12:00:00 p.m."):
        ends += dt.timedelta(days=1)  # a night shift, whose end has no date of its own
        if ends - starts > LONGEST_NIGHT:
            raise BadCell(
                "ends before it begins: are the times swapped? (A night of over 12 hours needs its end's date.)"
            )
    if ends - starts > LONGEST:
        raise BadCell("lasts more than 16 hours: is the clock-out right, and not swapped with the clock-in?")
    return Session(line, cells["employee"], starts, ends, **_rest(cells))


def _punch(line: int, cells: Mapping[str, str]) -> Punch:
    direction = "".join(sign for sign in cells.get("direction", "").casefold() if sign.isalnum())
    if direction and direction not in _IN | _OUT:
        raise BadCell(f"{cells['direction']!r} is neither in nor out")
    known = "in" if direction in _IN else "out" if direction in _OUT else ""
    return Punch(line, cells["employee"], moment(cells["at"], cells.get("date", "")), known, **_rest(cells))


def moment(cell: str, date: str = "") -> Moment:
    """``2026-03-31T08:15+02:00``, ``31.03.2026 08:15``, or a time of day with the date from its own column."""
    try:
        found = dt.datetime.fromisoformat(cell)
        if len(cell) > len("2026-03-31"):
            return found if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    head, _space, tail = cell.strip().replace("T", " ").partition(" ")
    if tail and not tail.strip(" .").casefold().startswith(("am", "pm", "a.m", "p.m")):
        return dt.datetime.combine(tables.day(head), time_of(tail))
    if not date:
        raise BadCell(f"{cell!r} has no date: write it as 2026-03-31 08:15, or name the column of the date")
    return dt.datetime.combine(tables.day(date), time_of(cell))


def paired(punches: Iterable[Punch], to_instant: Callable[[Punch], dt.datetime]) -> tuple[list[Session], File]:
    """The sessions that punches make, each person's in the order of time, and what can't be paired.

    Without a direction they alternate, and begin anew where the next one comes later than a shift can last.
    """
    told = File()
    by_person: dict[str, list[tuple[dt.datetime, Punch]]] = defaultdict(list)
    for punch in punches:
        by_person[punch.employee].append((to_instant(punch), punch))
    sessions: list[Session] = []
    for mine in by_person.values():
        mine.sort(key=lambda pair: (pair[0], pair[1].line))
        sessions.extend(_paired_of(mine, told))
    return sessions, told


def _paired_of(punches: list[tuple[dt.datetime, Punch]], told: File) -> Iterable[Session]:
    came: tuple[dt.datetime, Punch] | None = None
    before: tuple[dt.datetime, Punch] | None = None
    for at, punch in punches:
        if before is not None and at - before[0] <= TWICE and punch.direction in {before[1].direction, ""}:
            told.remarks.append(f"line {punch.line} is within a minute of line {before[1].line} and counts once")
            continue
        before = (at, punch)
        if came is not None and at - came[0] > LONGEST:
            told.problems.append((came[1].line, "has no clock-out within 16 hours"))
            came = None
        if came is None and punch.direction != "out":
            came = (at, punch)
        elif came is None:
            told.problems.append((punch.line, "is a clock-out without a clock-in"))
        elif punch.direction == "in":
            told.problems.append((came[1].line, f"has no clock-out before the clock-in of line {punch.line}"))
            came = (at, punch)
        else:
            first = came[1]
            yield Session(first.line, first.employee, came[0], at, first.id, first.location, first.note or punch.note)
            came = None
    if came is not None:
        told.problems.append((came[1].line, "has no clock-out"))
