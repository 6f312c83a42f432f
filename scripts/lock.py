"""`make lock`: make requirements*.txt from requirements*.in.

Existing pins stay where they fit; ARGS=--upgrade takes the newest. The biggest set is resolved first and constrains the
smaller ones, so that a package has one version in all of them. The locks hold for every Python that HyperFlow runs
on, not only for the one that made them.
"""

from __future__ import annotations

import os
import sys

from scripts.house import SETS, VENV, Stop, end_like_ctrl_c, install, main, run, say

COMPILE = [
    "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
]  # fmt: skip


def body() -> int:
    end_like_ctrl_c()
    install("base")
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        raise Stop("The locks are made with uv, which could not be installed: the message above says why.")
    biggest, *smaller = reversed(SETS.values())
    others = ["requirements-uv.txt", "requirements-mysql.txt"]
    for lock in [biggest, *smaller, *others]:
        constraint = ["--constraint", biggest] if lock in smaller else []
        source = lock.replace(".txt", ".in")
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        if run([uv, *COMPILE, *constraint, *sys.argv[1:], "-o", lock, source], env=environment) != 0:
            raise Stop(f"{source} could not be resolved: the message above says why.")
        say(f"{lock} made")
    return 0


if __name__ == "__main__":
    main(body)
