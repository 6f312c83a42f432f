"""Load from `wrk`: one process a port at the same moment, added up."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Call:
    """One request of the mix."""

    method: str
    path: str
    token: str
    body: str = ""

    def line(self) -> str:
        return "\t".join((self.method, self.path, self.token, self.body))


@dataclass(frozen=True)
class Outcome:
    """What a load brought: requests a second over all ports, the worst port's percentiles, and what failed."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


def send(ports: Sequence[int], calls: Sequence[Call], *, connections: int, seconds: float) -> Outcome:
    """Keep *connections* busy, shared evenly over *ports*, for about *seconds*."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as mix:
        mix.write("\n".join(call.line() for call in calls) + "\n")
        mix.flush()
        each = max(1, connections // len(ports))
        loads = [
            subprocess.Popen(
                [
                    "wrk",
                    "-t1",
                    f"-c{each}",
                    f"-d{seconds:g}s",
                    "--timeout",
                    "10s",
                    "-s",
                    str(SCRIPT),
                    f"http://127.0.0.1:{port}",
                    "--",
                    mix.name,
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for port in ports
        ]
        answers = [json.loads(load.communicate()[0].strip().splitlines()[-1]) for load in loads]
    return Outcome(
        per_second=sum(answer["requests"] / answer["seconds"] for answer in answers),
        p50_ms=max(answer["p50_ms"] for answer in answers),
        p99_ms=max(answer["p99_ms"] for answer in answers),
        failed=sum(answer["failed"] + answer["timeouts"] for answer in answers),
    )
