"""What we write is ours alone; what others were given stays as it is."""

import sqlite3

import pytest

from hyperflow.core import private
from hyperflow.core.sqlite import base


def mode(path):
    return path.stat().st_mode & 0o777


def connect(path):
    wrapper = base.DatabaseWrapper({"NAME": str(path), "OPTIONS": {}, "CONN_MAX_AGE": 0, "TIME_ZONE": None})
    return wrapper.get_new_connection(wrapper.get_connection_params())


def test_a_new_database_and_what_sqlite_lays_beside_it_is_closed_to_others(tmp_path):
    path = tmp_path / "data" / "x.sqlite3"

    connection = connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE a (b)")

    names = ["x.sqlite3", "x.sqlite3-shm", "x.sqlite3-wal"]
    assert sorted(one.name for one in path.parent.iterdir()) == names
    assert {mode(one) for one in path.parent.iterdir()} == {0o600}
    assert mode(path.parent) == 0o700
    connection.close()


def test_the_database_of_an_older_installation_is_closed_and_its_folder_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    path = tmp_path / "x.sqlite3"
    before = sqlite3.connect(path)
    before.execute("PRAGMA journal_mode=WAL")
    before.execute("CREATE TABLE a (b)")
    for one in tmp_path.iterdir():
        one.chmod(0o644)

    connect(path).close()

    assert sorted(mode(one) for one in tmp_path.iterdir()) == [0o600] * 3
    assert mode(tmp_path) == 0o755
    before.close()


@pytest.mark.parametrize(
    ("given", "left"), [(0o644, 0o600), (0o664, 0o660), (0o660, 0o660), (0o600, 0o600), (0o400, 0o400)]
)
def test_a_group_that_may_write_shares_it_on_purpose(tmp_path, given, left):
    path = tmp_path / "file"
    path.touch()
    path.chmod(given)

    private.file(path)

    assert mode(path) == left


def test_what_another_account_owns_is_not_touched(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o644)
    monkeypatch.setattr(private.os, "geteuid", lambda: path.stat().st_uid + 1)

    private.file(path)

    assert mode(path) == 0o644
