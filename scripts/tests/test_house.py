"""The scripts that run before anything is installed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import check, house

ROOT = house.ROOT


@pytest.mark.parametrize("path", sorted(ROOT.glob("scripts/*.py")), ids=lambda path: path.name)
def test_an_older_python_can_read_the_scripts_and_so_say_that_it_is_too_old(path: Path):
    ast.parse(path.read_text(), feature_version=(3, 8))


def test_a_too_old_python_is_one_sentence_and_exit_1():
    code = "import scripts.house as h; h.OLDEST_PYTHON = (9, 9); h.main(h.check_python)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        (
            f"HyperFlow needs Python 9.9 or newer, and this is {sys.version.split()[0]}: "
            "install a newer one, or name it, as in `make run PYTHON=python9.9`."
        )
    ]


def test_a_missing_venv_module_names_the_package_and_leaves_no_half_environment(monkeypatch, tmp_path):
    half = tmp_path / ".venv"
    without = tmp_path / "python3"  # Debian's python3 makes half a folder, then says this
    without.write_text(f"#!/bin/sh\nmkdir -p {half}/bin\necho 'ensurepip is not available. On Debian …'\nexit 1\n")
    without.chmod(0o755)
    monkeypatch.setattr(house, "VENV", half)
    monkeypatch.setattr(house, "PYTHON", half / "bin" / "python")
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "executable", str(without))

    with pytest.raises(house.Stop, match="install the package python3-venv"):
        house.make_venv()

    assert not half.exists()


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A folder with three locks and an installed `check` set."""
    for lock in [*house.SETS.values(), house.MYSQL]:
        (tmp_path / lock).write_text(lock)
    (tmp_path / "python").touch()
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(house, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(house, "STAMP", tmp_path / "stamp")
    stamp = {"set": "check", "lock": house._lock_hash("check"), "mysql": None}
    (tmp_path / "stamp").write_text(json.dumps(stamp))
    return tmp_path


@pytest.mark.parametrize("wanted", ["base", "test", "check"])
def test_a_bigger_set_serves_the_smaller_ones(environment, wanted):
    assert house._is_installed(wanted, mysql=False)


def test_the_mysql_driver_is_asked_for_on_its_own(environment):
    assert not house._is_installed("base", mysql=True)


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-check.txt"])
def test_a_changed_lock_is_installed_again(environment, lock):
    (environment / lock).write_text("changed")

    assert not house._is_installed("base", mysql=False)


@pytest.mark.parametrize("stamp", ["", "[]", "{}", '{"set": "other"}'])
def test_a_broken_stamp_is_no_stamp(environment, stamp):
    (environment / "stamp").write_text(stamp)

    assert not house._is_installed("base", mysql=False)


def test_a_run_on_the_embedded_default_sees_nothing_that_leads_elsewhere(monkeypatch, tmp_path):
    (tmp_path / ".env.example").write_text("# Data\n#DB_HOST=\nREDIS_URL=redis://…\n")
    monkeypatch.setattr(house, "ROOT", tmp_path)
    for name in ["DB_HOST", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"]:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("LANG", "C.UTF-8")

    seen = house.embedded_environment(DEBUG="false")

    assert not {"DB_HOST", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"} & set(seen)
    assert (seen["LANG"], seen["DEBUG"]) == ("C.UTF-8", "false")


# -- the audit of known vulnerabilities


def _audit(monkeypatch, answer: str) -> str:
    class Done:
        stdout = answer

    monkeypatch.setattr(check.subprocess, "run", lambda *_, **__: Done)
    return check.vulnerabilities()


def test_an_audit_that_reached_no_advisories_does_not_say_clean(monkeypatch):
    skipped = json.dumps({"dependencies": [{"name": "django", "skip_reason": "not found"}]})

    said = _audit(monkeypatch, skipped)

    assert said == "NOT AUDITED: 3 of 3 packages; no advisories about them could be reached"


def test_an_audit_that_broke_counts_every_locked_package(monkeypatch):
    said = _audit(monkeypatch, "Traceback …")

    assert said.startswith("NOT AUDITED: ")
    assert "known vulnerability" not in said


def test_a_known_vulnerability_fails_the_check(monkeypatch):
    found = {"name": "django", "version": "5.2.0", "vulns": [{"id": "CVE-2026-1"}]}

    with pytest.raises(check.Failed, match=r"django 5\.2\.0: CVE-2026-1"):
        _audit(monkeypatch, json.dumps({"dependencies": [found]}))


def test_a_full_audit_without_a_finding_says_how_many_it_looked_at(monkeypatch):
    fine = {"name": "django", "version": "5.2.19", "vulns": []}

    assert _audit(monkeypatch, json.dumps({"dependencies": [fine]})) == "no known vulnerability in 3 locked packages"
