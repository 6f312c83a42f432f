"""Cursors: opaque, bound to their order, and nothing that somebody made up gets past them."""

import base64
import datetime as dt

import orjson
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from hyperflow.core.api.pagination import Keyset, Position, decode, encode
from hyperflow.core.errors import Invalid
from hyperflow.core.models import Job

KEYSET = Keyset.of(Job, {"created_at": "created_at", "kind": "kind", "progress": "progress"}, "-created_at")


def read(**query):
    return KEYSET.read(QueryDict("&".join(f"{name}={value}" for name, value in query.items())))


def cursor_of(*parts):
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def test_a_list_has_fifty_rows_in_its_own_order():
    wanted = read()

    assert (wanted.limit, wanted.ordering, wanted.column, wanted.descending, wanted.position) == (
        50, "-created_at", "created_at", True, None,
    )  # fmt: skip


@pytest.mark.parametrize("limit", ["0", "-1", "201", "abc", "", "1.0", "1e2", "99999999999999999999", "١", "+5", " 5"])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(Invalid) as refusal:
        KEYSET.read({"limit": limit})

    assert refusal.value.field == "limit"


@pytest.mark.parametrize("skip", ["10001", "99999999999999999999999"])
def test_skipping_too_much_names_the_cursor(skip):
    with pytest.raises(Invalid) as refusal:
        KEYSET.read({"skip": skip})

    assert refusal.value.code == "skip_too_large"
    assert "cursor" in refusal.value.message


@pytest.mark.parametrize("ordering", ["owner", "--created_at", "created_at,id", "created_at; DROP TABLE", "-", "pk"])
def test_an_order_that_is_not_offered_is_refused(ordering):
    with pytest.raises(Invalid) as refusal:
        KEYSET.read({"ordering": ordering})

    assert refusal.value.code == "invalid_ordering"


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "%%%", "A" * 3_000, "é", "bnVsbA", cursor_of(), cursor_of("-created_at"),
        cursor_of("created_at", "2026-01-01T00:00:00+00:00", 1, 0),  # the other way round
        cursor_of("-created_at", "2026-01-01T00:00:00", 1, 0),  # no offset
        cursor_of("-created_at", "9999-12-31T23:59:59-12:00", 1, 0),
        cursor_of("-created_at", 5, 1, 0),
        cursor_of("-created_at", None, 1, 0),
        cursor_of("-created_at", ["x"], 1, 0),
        cursor_of("-created_at", "2026-01-01T00:00:00+00:00", -1, 0),
        cursor_of("-created_at", "2026-01-01T00:00:00+00:00", "1", 0),
        cursor_of("-created_at", "2026-01-01T00:00:00+00:00", True, 0),
        cursor_of("-created_at", "2026-01-01T00:00:00+00:00", 1, 2),
        cursor_of("-created_at", "2026-01-01T00:00:00+00:00", 1, [0]),
    ],
)  # fmt: skip
def test_a_cursor_that_somebody_made_up_is_refused(cursor):
    with pytest.raises(Invalid) as refusal:
        KEYSET.read({"cursor": cursor})

    assert refusal.value.code == "invalid_cursor"


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(text):
    if text:
        with pytest.raises(Invalid, match="cursor"):
            KEYSET.read({"cursor": text})


@given(st.datetimes(timezones=st.just(dt.UTC)), st.integers(0, 2**63 - 1), st.booleans())
def test_a_cursor_brings_back_its_place(value, pk, backwards):
    place = Position(value, pk, backwards)

    assert decode(encode("-created_at", place), "-created_at", KEYSET.parsers["created_at"]) == place


@pytest.fixture
def jobs(db):
    """Seven rows, three of one instant."""
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    minutes = [0, 1, 2, 2, 2, 3, 4]
    return [Job.objects.create(kind="test", created_at=start + dt.timedelta(minutes=m)) for m in minutes]


@pytest.mark.parametrize("ordering", ["created_at", "-created_at", "id", "-id", "kind", "-kind"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_following_the_links_shows_every_row_once_there_and_back(jobs, ordering, limit):
    forth, wanted = [], KEYSET.read({"ordering": ordering, "limit": str(limit)})
    pages = []
    while True:
        page = wanted.fetch(Job.objects.all())
        pages.append([row.pk for row in page.rows])
        forth += pages[-1]
        if not page.more:
            break
        cursor = encode(ordering, Position(*wanted.value_of(page.rows[-1])))
        wanted = KEYSET.read({"ordering": ordering, "limit": str(limit), "cursor": cursor})
    sign = "-" if ordering.startswith("-") else ""
    column = ordering.removeprefix("-")
    expected = [row.pk for row in Job.objects.order_by(*dict.fromkeys([f"{sign}{column}", f"{sign}id"]))]
    back = [pages[-1]]
    first = page.rows[0]
    while True:
        cursor = encode(ordering, Position(*wanted.value_of(first), backwards=True))
        wanted = KEYSET.read({"ordering": ordering, "limit": str(limit), "cursor": cursor})
        page = wanted.fetch(Job.objects.all())
        if page.rows:
            back.insert(0, [row.pk for row in page.rows])
            first = page.rows[0]
        if not page.more:
            break

    assert forth == expected
    assert [pk for rows in back for pk in rows] == expected


def test_a_row_that_goes_meanwhile_is_not_missed_and_none_is_shown_twice(jobs):
    wanted = KEYSET.read({"limit": "3", "ordering": "id"})
    page = wanted.fetch(Job.objects.all())
    cursor = encode("id", Position(*wanted.value_of(page.rows[-1])))
    page.rows[0].delete()

    after = KEYSET.read({"limit": "3", "ordering": "id", "cursor": cursor}).fetch(Job.objects.all())

    assert [row.pk for row in after.rows] == [job.pk for job in jobs[3:6]]
