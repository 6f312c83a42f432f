"""Employees and punches from CSV: what comes in, what is refused by line, and that nothing comes in by halves."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.importers import attendance as punches
from hr.models import Attendance, Employment, LockedDays, PayAdjustment
from hr.tests.factories import EmploymentFactory, WorkPatternFactory
from hr.tests.payroll_people import approved, paid
from hyperflow.core.columns import time_of
from hyperflow.core.models import AuditEntry, OutboxEvent
from hyperflow.core.tables import BadCell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_august")]


@pytest.fixture
def _august():
    with time_machine.travel("2026-08-03T12:00:00Z", tick=False):
        yield


@pytest.fixture
def boss():
    return UserFactory(as_="admin", name="Boss", email="boss@example.com")


@pytest.fixture
def brought(tmp_path, boss):
    """``brought("attendance", text, "--dry-run")``: what the command prints."""

    def bring(kind, text, *options):
        path = tmp_path / "file.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        out = StringIO()
        call_command("import-hr", kind, str(path), *options, stdout=out)
        return out.getvalue()

    return bring


def refused(brought, kind, text, *options):
    with pytest.raises(CommandError) as caught:
        brought(kind, text, *options)
    return str(caught.value)


def times():
    rows = Attendance.objects.order_by("login_time").values_list("work_date", "login_time", "logout_time", "seconds")
    return [(f"{day:%m-%d}", f"{begins:%d %H:%M}", f"{ends:%d %H:%M}", seconds) for day, begins, ends, seconds in rows]


STAFF = """Employee code;Full name;E-mail;Date of joining;Job title;Department;Reports to;Hours per week;Type
A1;Ada Byron;ada@example.com;01.03.2026;Designer;Design;A2;37,5;Full-time
A2;Grace Hopper;grace@example.com;2026-01-15;Lead;Design;boss@example.com;40;permanent
"""


def test_employees_come_in_with_accounts_departments_and_managers_that_follow_below(brought):
    design = DepartmentFactory(name="Design")
    told = brought("employees", STAFF)

    ada, grace = Employment.objects.select_related("user").order_by("code")
    assert (ada.code, ada.user.name, ada.user.email, ada.hire_date) == (
        "A1",
        "Ada Byron",
        "ada@example.com",
        dt.date(2026, 3, 1),
    )
    assert (ada.position, f"{ada.weekly_hours}", ada.user.department) == ("Designer", "37.50", design)
    assert [ada.manager, grace.manager.email] == [grace.user, "boss@example.com"]
    assert told.splitlines()[-1] == "made: 2."


def test_the_same_file_again_changes_nothing_and_an_edited_one_only_what_it_says(brought):
    DepartmentFactory(name="Design")
    brought("employees", STAFF)
    written = (OutboxEvent.objects.count(), AuditEntry.objects.count(), User.objects.count())
    assert brought("employees", STAFF) == "unchanged: 2.\n"
    assert (OutboxEvent.objects.count(), AuditEntry.objects.count(), User.objects.count()) == written

    told = brought("employees", STAFF.replace("Designer", "Art director"))
    assert told.splitlines() == ["  line 2      updated   A1 Ada Byron", "unchanged: 1, updated: 1."]
    assert Employment.objects.get(code="A1").position == "Art director"


def test_people_who_have_an_account_get_their_employment(brought):
    person = UserFactory(email="kim@example.com", name="Kim")
    brought("employees", "email,hired\nKIM@example.com,2026-02-01\n")
    assert Employment.objects.get().user == person


def test_bad_rows_are_told_by_line_and_nothing_comes_in(brought):
    text = (
        "code,name,email,hire_date,department,weekly_hours,type,manager\n"
        "B1,Good,good@example.com,2026-01-01,,,,\n"
        "B2,Bad day,b2@example.com,03/04/2026,,,,\n"
        "B3,No team,b3@example.com,2026-01-01,Nowhere,,,\n"
        "B4,Odd hours,b4@example.com,2026-01-01,,many,,\n"
        "B5,Odd type,b5@example.com,2026-01-01,,,slave,\n"
        ",,,2026-01-01,,,,\n"
        "B1,Twice,b7@example.com,2026-01-01,,,,\n"
        "B8,No account,,2026-01-01,,,,\n"
        "B9,Below,b9@example.com,2026-01-01,,,,Z9\n"
        "B10,No begin,b10@example.com,,,,,\n"
        "B11,Too long a week,b11@example.com,2026-01-01,,200,,\n"
    )
    people = User.objects.count()
    told = refused(brought, "employees", text)
    assert told.splitlines() == [
        "Nothing was imported, because of 10 bad rows:",
        "  line 3: '03/04/2026' could be two days: write it as 2026-03-31",
        "  line 4: There is no department “Nowhere”: make it first.",
        "  line 5: 'many' is no number of hours",
        "  line 6: 'slave' is no type of employment: choose from full_time, part_time, contractor, intern",
        "  line 7: names nobody: it has neither a code nor an e-mail address",
        "  line 8: has the code b1 of line 2",
        "  line 9: is nobody who has an account: a new one takes a name and an e-mail address",
        "  line 10: There is no manager “Z9”: write a code or an e-mail address.",
        "  line 11: has no day of hire",
        "  line 12: weekly_hours: Ensure this value is less than or equal to 80.",
        "Mend them in the file, or leave them out with --skip-bad.",
    ]
    assert (Employment.objects.count(), User.objects.count()) == (0, people)

    told = brought("employees", text, "--skip-bad")
    assert told.splitlines()[-1] == "made: 1, skipped: 10."
    assert [row.code for row in Employment.objects.all()] == ["B1"]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(brought):
    DepartmentFactory(name="Design")
    told = brought("employees", STAFF, "--dry-run")
    assert told.startswith("Nothing was written: this is what would happen.\n  line 2      made      A1 Ada Byron\n")
    assert (Employment.objects.count(), OutboxEvent.objects.count()) == (0, 0)


def test_who_may_not_is_refused(brought):
    UserFactory(as_="manager", email="lead@example.com")
    said = refused(brought, "employees", STAFF, "--actor", "lead@example.com")
    assert "takes hr.add_employment" in said
    said = refused(brought, "attendance", "code,at\nA1,2026-07-06 09:00\n", "--actor", "lead@example.com")
    assert "takes hr.view_all_attendance" in said


# -- attendance


@pytest.fixture
def ada():
    return EmploymentFactory(code="A1", user__name="Ada", user__email="ada@example.com", user__timezone="Europe/Berlin")


DAYS = """Badge,Date,Clock in,Clock out,Record ID,Place
A1,2026-07-06,09:00,12:30,r1,Door
a1,2026-07-06,1:00 PM,5:30 PM,r2,Home office
ada@example.com,06.07.2026,22:00,06:00,r3,
"""


def test_one_row_a_session_in_the_zone_of_the_person_night_shifts_included(brought, ada):
    told = brought("attendance", DAYS)
    assert times() == [
        ("07-06", "06 07:00", "06 10:30", 12_600),
        ("07-06", "06 11:00", "06 15:30", 16_200),
        ("07-06", "06 20:00", "07 04:00", 28_800),
    ]
    rows = Attendance.objects.order_by("login_time")
    assert {row.source for row in rows} == {"import"}
    assert [row.status for row in rows] == ["present", "remote", "present"]
    assert [row.external_id for row in rows] == ["r1", "r2", "r3"]
    assert told.splitlines()[-1] == "made: 3."


@pytest.mark.parametrize(
    ("came", "out", "why"),
    [
        ("09:00", "2026-07-07 01:01", "lasts more than 16 hours"),
        ("09:00", "08:59", "ends before it begins"),
        ("17:00", "09:00", "ends before it begins"),
    ],
)
def test_a_clock_out_that_was_mistyped_makes_no_shift_of_a_day(tmp_path, brought, ada, came, out, why):
    rows = f"Badge,Date,Clock in,Clock out\nA1,2026-07-06,{came},{out}\n"
    file = tmp_path / "days.csv"
    file.write_text(rows)

    [(line, reason)] = punches.read(file).problems
    with pytest.raises(CommandError):
        brought("attendance", rows)

    assert (line, reason.startswith(why)) == (2, True)
    assert not Attendance.objects.exists()


def test_sixteen_hours_are_taken(brought, ada):
    brought("attendance", "Badge,Date,Clock in,Clock out\nA1,2026-07-06,09:00,2026-07-07 01:00\n")

    assert Attendance.objects.get().seconds == 57_600


def test_the_same_sessions_again_change_nothing_and_a_moved_one_is_moved(brought, ada):
    brought("attendance", DAYS)
    before = list(Attendance.objects.order_by("pk").values_list("pk", "version"))
    assert brought("attendance", DAYS) == "unchanged: 3.\n"
    assert list(Attendance.objects.order_by("pk").values_list("pk", "version")) == before

    brought("attendance", DAYS.replace("12:30,r1", "12:45,r1"))
    moved = Attendance.objects.get(external_id="r1")
    assert (f"{moved.logout_time:%H:%M}", moved.seconds) == ("10:45", 13_500)
    assert Attendance.objects.count() == 3


def test_what_was_corrected_here_stays(brought, ada):
    brought("attendance", DAYS)
    kept = Attendance.objects.get(external_id="r1")
    Attendance.objects.filter(pk=kept.pk).update(source="correction")
    told = brought("attendance", DAYS.replace("12:30,r1", "12:45,r1"))
    assert "unchanged (corrected here): 1" in told
    assert Attendance.objects.get(pk=kept.pk).logout_time == kept.logout_time


def test_one_row_a_punch_alternates_and_a_finger_put_down_twice_counts_once(brought, ada):
    told = brought(
        "attendance",
        "User ID;Timestamp\nA1;2026-07-06 12:30\nA1;06.07.2026 09:00\nA1;2026-07-06 09:00:40\n"
        "A1;2026-07-06T11:00:00+00:00\nA1;2026-07-06 17:30\n",
    )
    assert times() == [("07-06", "06 07:00", "06 10:30", 12_600), ("07-06", "06 11:00", "06 15:30", 16_200)]
    assert "line 4 is within a minute of line 3 and counts once" in told
    assert brought("attendance", "code,at\nA1,2026-07-06 09:00\nA1,2026-07-06 12:30\n") == "unchanged: 1.\n"


def test_punches_with_a_direction_tell_which_one_is_missing(brought, ada):
    text = (
        "code,at,direction\n"
        "A1,2026-07-06 09:00,In\nA1,2026-07-07 09:00,In\nA1,2026-07-07 17:00,Out\nA1,2026-07-08 17:00,Check-out\n"
        "A1,2026-07-09 09:00,IN\nZ9,2026-07-09 09:00,IN\nA1,2026-07-09 12:00,sideways\n"
    )
    assert refused(brought, "attendance", text).splitlines()[1:-1] == [
        "  line 2: has no clock-out within 16 hours",
        "  line 5: is a clock-out without a clock-in",
        "  line 6: has no clock-out",
        "  line 7: there is no employee 'Z9': write a code or an e-mail address",
        "  line 8: 'sideways' is neither in nor out",
    ]
    assert times() == []
    brought("attendance", text, "--skip-bad")
    assert times() == [("07-07", "07 07:00", "07 15:00", 28_800)]


def test_what_the_services_refuse_is_told_by_line_too(brought, ada, boss):
    LockedDays.objects.create(starts_on="2026-06-01", ends_on="2026-06-30")
    text = (
        "code,date,in,out\n"
        "A1,2026-06-30,09:00,17:00\n"
        "A1,2026-07-06,09:00,17:00\n"
        "A1,2026-07-06,16:00,18:00\n"
        "A1,2026-08-04,09:00,17:00\n"
        "A1,2026-07-07,09:00,\n"
        "A1,2026-07-08,25:00,26:00\n"
    )
    told = refused(brought, "attendance", text).splitlines()[1:-1]
    assert [line.split(":")[0].strip() for line in told] == ["line 2", "line 4", "line 5", "line 6", "line 7"]
    assert "closed" in told[0]
    assert "overlaps" in told[1]
    assert "passed" in told[2]
    assert Attendance.objects.count() == 0


def test_a_dry_run_of_attendance_writes_nothing(brought, ada):
    assert "made: 3." in brought("attendance", DAYS, "--dry-run")
    assert Attendance.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,in,out\n2026-07-06,09:00,17:00\n", "Nothing says whose a row is"),
        ("code,date,in\nA1,2026-07-06,09:00\n", "One row a session has"),
        ("", "is empty"),
        (b"PK\x03\x04abc", "is a ZIP archive"),
        ("code,in,out,out\nA1,1,2,3\n", "more than one column 'out'"),
        ('code,at\nA1,"2026\n', "broken at line"),
    ],
)
def test_a_file_that_is_none_is_refused(brought, ada, text, says):
    assert says in refused(brought, "attendance", text)


def test_a_map_names_columns_that_nobody_could_guess(brought, ada):
    text = "Wer,Wann,Was\nA1,2026-07-06 09:00,in\nA1,2026-07-06 17:00,out\n"
    brought("attendance", text, "--map", "employee=Wer, at=Wann, direction=Was")
    assert times() == [("07-06", "06 07:00", "06 15:00", 28_800)]
    for given, says in (
        ("wer", "should be FIELD=COLUMN"),
        ("who=Wer", "'who' is no field"),
        ("employee=Nobody,at=Wann", "no column 'Nobody'"),
        ("employee=Wer,employee=Was", "there twice"),
    ):
        assert says in refused(brought, "attendance", text, "--map", given)


@pytest.mark.parametrize(
    ("cell", "time"),
    [("8:15", "08:15"), ("08.15", "08:15"), ("12:00 am", "00:00"), ("12:05 PM", "12:05"), ("5:30p.m.", "17:30")],
)
def test_times_as_people_write_them(cell, time):
    assert f"{time_of(cell):%H:%M}" == time


@pytest.mark.parametrize("cell", ["", "8", "24:00", "08:60", "13:00 pm", "0:10 am", "٨:١٥", "8:15x"])
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(BadCell):
        time_of(cell)


def test_a_moment_needs_a_date():
    with pytest.raises(BadCell, match="no date"):
        punches.moment("08:15")
    assert punches.moment("31.03.2026 8:15 PM") == dt.datetime(2026, 3, 31, 20, 15)
    assert punches.moment("8:15 PM", "2026-03-31") == dt.datetime(2026, 3, 31, 20, 15)
    assert punches.moment("2026-03-31T08:15:00+02:00") == dt.datetime(2026, 3, 31, 6, 15, tzinfo=dt.UTC)


def test_seven_people_and_a_pattern(brought):
    pattern = WorkPatternFactory(name="Nights")
    lines = "".join(f"N{n},N {n},n{n}@example.com,2026-01-01,nights\n" for n in range(7))
    brought("employees", f"code,name,email,hire_date,pattern\n{lines}")
    assert Employment.objects.filter(pattern=pattern).count() == 7


def test_a_session_outside_the_employment_does_not_come_in(brought, ada):
    ada.end_date = dt.date(2026, 7, 5)
    ada.save()

    told = refused(brought, "attendance", DAYS)

    assert "The employment ended on 2026-07-05: there is no attendance on 2026-07-06." in told
    assert not Attendance.objects.exists()


def test_a_session_that_ends_as_it_begins_is_no_whole_day(brought, ada):
    told = refused(brought, "attendance", "code,date,in,out\nA1,2026-07-28,17:00,17:00\n")

    assert "line 2: has the same time for clock-in and clock-out" in told
    assert not Attendance.objects.exists()


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_last_day_in_a_month_that_is_paid_is_remarked(brought, boss, options):
    employment = paid(2_300, code="A9")
    approved(boss, "2026-07")

    told = brought("employees", "code,last day\nA9,2026-07-20\n", *options)

    assert "line 2: The pay of 2026-07 is approved already." in told
    employment.refresh_from_db()
    assert (employment.end_date is None, PayAdjustment.objects.count()) == ((True, 0) if options else (False, 1))
