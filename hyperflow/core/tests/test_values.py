"""Text, time and money mean the same everywhere."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import UserFactory
from hyperflow.core import clock, money
from hyperflow.core.fields import fold_email, names_collation
from hyperflow.core.models import Job

# -- identifiers and addresses


@pytest.mark.django_db
@pytest.mark.parametrize("other", ["key", "Kéy", "Key ", " Key", "Ｋey", "Key\u200b"])
def test_an_identifier_matches_itself_alone(other):
    Job.objects.create(kind="x", dedupe_key="Key")
    assert not Job.objects.filter(dedupe_key=other).exists()
    Job.objects.create(kind="x", dedupe_key=other)
    assert Job.objects.filter(dedupe_key="Key").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="x", dedupe_key=other)


@pytest.mark.django_db
def test_an_identifier_tells_emoji_apart():
    Job.objects.create(kind="x", dedupe_key="😀")
    assert not Job.objects.filter(dedupe_key="😁").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("zalice@x.example", True),
        ("ZALICE@X.EXAMPLE", True),
        ("zàlice@x.example", False),
        ("zalice@x.example ", False),
        (" zalice@x.example", False),
        ("za\u0301lice@x.example", False),
    ],
)
def test_an_address_is_found_in_any_case_and_in_no_other_spelling(asked, found):
    person = UserFactory(email="zAlice@x.example")
    people = type(person).objects
    assert people.filter(email=asked).exists() is found
    assert people.filter(email__in=[asked]).exists() is found
    person.refresh_from_db()
    assert person.email == "zalice@x.example"


@pytest.mark.django_db
def test_an_address_can_be_had_once():
    UserFactory(email="ann@x.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="ANN@x.example")
    UserFactory(email="ànn@x.example")


def test_folding_joins_what_is_written_in_two_ways():
    assert fold_email("A\u0308nn@X.example") == fold_email("änn@x.example") == "änn@x.example"


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    assert fold_email(fold_email(text)) == fold_email(text)


@pytest.mark.services
@pytest.mark.django_db
def test_on_mariadb_the_columns_really_compare_bytes():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, collation_name FROM information_schema.columns WHERE table_schema = DATABASE()"
            " AND (table_name, column_name) IN (('core_job', 'dedupe_key'), ('users', 'email'))"
        )
        found = dict(cursor.fetchall())
    exact = "utf8mb4_nopad_bin" if connection.mysql_is_mariadb else "utf8mb4_0900_bin"
    assert found == {"dedupe_key": exact, "email": exact}


# -- time


def test_an_instant_is_utc_to_the_millisecond():
    with time_machine.travel(dt.datetime(2026, 3, 1, 12, 0, 0, 123_999, tzinfo=dt.UTC), tick=False):
        assert clock.now() == dt.datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=dt.UTC)
        assert clock.now().tzinfo is dt.UTC


def test_an_invented_history_has_its_own_now_which_ends_with_it():
    then = dt.datetime(2025, 3, 30, 1, 0, tzinfo=dt.UTC)
    before = clock.now()
    with clock.as_of(then):
        assert clock.now() == then
        with clock.as_of(then + dt.timedelta(days=1)):
            assert clock.business_date() == dt.date(2025, 3, 31)
        assert clock.business_date() == dt.date(2025, 3, 30)
    assert clock.now() >= before


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Kiritimati", dt.date(2026, 3, 2)),
        ("Europe/Berlin", dt.date(2026, 3, 1)),
        ("Pacific/Pago_Pago", dt.date(2026, 3, 1)),
    ],
)
def test_a_business_date_is_the_owners_own(zone, day):
    class Owner:
        timezone = zone

    at = dt.datetime(2026, 3, 1, 11, 30, tzinfo=dt.UTC)
    assert clock.business_date(Owner(), at) == day
    with time_machine.travel(at, tick=False):
        assert clock.business_date(Owner()) == day


def test_without_a_zone_of_their_own_people_have_the_companys(settings):
    settings.COMPANY_TIME_ZONE = "Asia/Tokyo"
    assert clock.zone_of(None) == ZoneInfo("Asia/Tokyo")
    assert clock.zone_of(type("Person", (), {"timezone": ""})()) == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("name", "known"), [("Europe/Berlin", True), ("UTC", True), ("Mars/Base", False), ("", False), ("localtime", False)]
)
def test_zones_have_names(name, known):
    assert clock.is_zone(name) is known


# -- money

amounts = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=6)
currencies = st.sampled_from(sorted(money.CURRENCIES))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("0.125", "EUR", "0.13"),
        ("0.135", "EUR", "0.14"),
        ("-0.125", "EUR", "-0.13"),
        ("2.5", "JPY", "3"),
        ("1250", "JPY", "1250"),
        ("1.0005", "KWD", "1.001"),
        ("1250", "EUR", "1250.00"),
        ("0", "EUR", "0.00"),
    ],
)
def test_money_is_rounded_half_up_by_its_currency(amount, currency, shown):
    assert money.wire(Decimal(amount), currency) == shown


def test_no_amount_is_no_amount():
    assert money.wire(None, "EUR") is None


@given(amounts, currencies)
def test_rounding_is_exact_and_happens_once(amount, currency):
    rounded = money.quantize(amount, currency)
    step = Decimal(1).scaleb(-money.digits(currency))

    assert money.quantize(rounded, currency) == rounded
    assert abs(rounded - amount) <= step / 2
    assert rounded % step == 0
    assert money.quantize(-amount, currency) == -rounded


@given(amounts, currencies)
def test_what_is_printed_reads_back_exactly(amount, currency):
    shown = money.wire(amount, currency)
    assert shown is not None
    assert Decimal(shown) == amount.quantize(Decimal(1).scaleb(-money.digits(currency)), rounding=ROUND_HALF_UP)
    assert len(shown.partition(".")[2]) == money.digits(currency)
    assert "E" not in shown


@given(st.lists(amounts, max_size=30), currencies)
def test_stored_lines_add_up_to_the_printed_total(lines, currency):
    stored = [money.quantize(line, currency) for line in lines]
    assert money.quantize(sum(stored, Decimal(0)), currency) == sum(stored, Decimal(0))


def test_currencies_have_codes_of_three_letters():
    assert all(len(code) == 3 and code.isupper() for code in money.CURRENCIES)
    assert {"EUR", "USD", "JPY", "KWD"} <= money.CURRENCIES


@pytest.mark.services
@pytest.mark.django_db
def test_on_mariadb_all_other_text_tells_accents_and_emoji_apart():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = DATABASE()"
            " AND column_name IN ('name', 'title', 'description') AND table_name NOT LIKE 'django%%'",
            [],
        )
        found = {name for (name,) in cursor.fetchall()}
    exact = "utf8mb4_nopad_bin" if connection.mysql_is_mariadb else "utf8mb4_0900_bin"
    assert found - {exact} == {names_collation(connection)}
