"""Settings are read strictly, and `.env.example` tells all of them."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hyperflow.core import env


@pytest.fixture
def given(monkeypatch):
    monkeypatch.setattr(env, "known", {})
    return lambda value: monkeypatch.setenv("X", value)


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("1", True), ("YES", True), ("off", False), ("0", False)])
def test_a_switch_is_on_or_off(given, raw, value):
    given(raw)
    assert env.boolean("X", not value) is value


@pytest.mark.parametrize("raw", ["maybe", "2", "tru", "y"])
def test_a_switch_that_is_neither_stops_the_start(given, raw):
    given(raw)
    with pytest.raises(ImproperlyConfigured, match="X: must be true or false"):
        env.boolean("X", False)


@pytest.mark.parametrize("raw", ["", "  "])
def test_unset_and_empty_mean_the_default(given, raw):
    given(raw)
    assert env.boolean("X", True) is True
    assert env.text("X", "a") == "a"
    assert env.integer("X", 7, at_least=1, at_most=9) == 7
    assert env.words("X", ["a"]) == ["a"]
    assert env.database_url("X") == {}


@pytest.mark.parametrize("raw", ["x", "1.5", "0", "11", "-1", "٣", "1e1", "0x5"])
def test_a_number_is_whole_and_within_bounds(given, raw):
    given(raw)
    with pytest.raises(ImproperlyConfigured, match=r"^X: "):
        env.integer("X", 5, at_least=1, at_most=10)


def test_words_are_separated_by_commas(given):
    given(" a, b,,c ")
    assert env.words("X", []) == ["a", "b", "c"]


def test_a_choice_is_one_of_them(given):
    given("c")
    with pytest.raises(ImproperlyConfigured, match="X: must be one of a, b"):
        env.text("X", "a", choices={"a", "b"})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("mysql://u:p%40ss@db:3307/flow", ("mysql", "u", "p@ss", "db", "3307", "flow")),
        ("mariadb://db/flow", ("mysql", "", "", "db", "", "flow")),
        ("sqlite:////srv/x.sqlite3", ("sqlite", "", "", "", "", "/srv/x.sqlite3")),
    ],
)
def test_a_database_is_named_by_url(given, raw, expected):
    given(raw)
    names = ("engine", "user", "password", "host", "port", "name")
    assert env.database_url("X") == dict(zip(names, expected, strict=True))


@pytest.mark.parametrize("raw", ["postgres://x/y", "flow", "mysql://db/flow?ssl=1", "mysql://db:x/flow"])
def test_a_database_url_that_is_not_understood_stops_the_start(given, raw):
    given(raw)
    with pytest.raises(ImproperlyConfigured, match=r"^X: "):
        env.database_url("X")


def read_settings(**variables: str) -> subprocess.CompletedProcess[str]:
    # Settings of MariaDB ask for its driver, which the embedded default does without.
    driver = (
        "import importlib.machinery, importlib.util, sys, types\n"
        "if importlib.util.find_spec('MySQLdb') is None:\n"
        "    made = sys.modules['MySQLdb'] = types.ModuleType('MySQLdb')\n"
        "    made.__spec__ = importlib.machinery.ModuleSpec('MySQLdb', None)\n"
    )
    code = driver + (
        "import json; from hyperflow.settings import base; from hyperflow.core import env; print(json.dumps(env.known))"
    )
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=clean | variables, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_the_example_lists_every_variable_with_its_default():
    known = json.loads(read_settings(DB_HOST="db").stdout)
    text = (settings.BASE_DIR / ".env.example").read_text()
    listed = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))
    fixed = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))

    def shown(value: object) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    assert sorted(listed) == sorted(known)
    assert fixed == {name: shown(known[name]) for name in fixed}


def test_the_example_can_be_loaded_as_it_is():
    text = (settings.BASE_DIR / ".env.example").read_text()
    fixed = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))
    assert read_settings(**fixed).returncode == 0


def test_two_databases_stop_the_start():
    done = read_settings(DB_HOST="db", DATABASE_URL="mysql://db/flow")
    assert done.returncode == 1
    assert "DATABASE_URL and DB_HOST" in done.stderr


@pytest.mark.parametrize(
    ("reader", "good", "bad"),
    [
        (env.time_zone, ["Europe/Berlin", "UTC"], ["Mars/X", "berlin"]),
        (env.currency, ["EUR", "JPY"], ["XXQ", "eur", "EURO"]),
        (env.rate, ["1200/m", "5/10s", "1/d"], ["lots", "0/m", "5", "5/w", "-1/m"]),
        (
            env.web_address,
            ["https://work.example.com", "http://localhost:8000/x"],
            ["work.example.com", "ftp://x", "https://"],
        ),
        (env.sender, ["a@example.com", "Agency <a@example.com>"], ["x", "Agency", "Agency <>"]),
    ],
)
def test_what_has_a_form_is_held_to_it(given, reader, good, bad):
    for raw in good:
        given(raw)
        assert reader("X", "") == raw
    for raw in bad:
        given(raw)
        with pytest.raises(ImproperlyConfigured, match=r"^X: must"):
            reader("X", "")
