"""What finance costs on many rows: goal 5, and the depth of the list of invoices.

``python -m bench.finance load INVOICES RECORDS`` fills the database that the variables name, if it is not filled yet,
and adds its sums up. ``python -m bench.finance measure`` prints one JSON line: median milliseconds of the first and the
last page of the invoices; whether the report of expenses by month equals the database's own SUM after eight writers
wrote at once; and how much keeping the sums slows those writers down. ``python -m bench.finance report`` prints the
median milliseconds of that report over twelve months.
"""

import datetime as dt
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.services.sessions import open_session  # noqa: E402
from bench.finance_paths import END, REPORT, START  # noqa: E402
from finance.models import FinancialRecord, Invoice  # noqa: E402
from finance.services import rollups  # noqa: E402
from hyperflow.core import clock  # noqa: E402
from hyperflow.core.api.pagination import Position, encode  # noqa: E402

TIMES, WRITERS, SECONDS = 41, 8, 2.0
PAGE = 50


def main() -> None:
    if sys.argv[1] == "load":
        load(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1] == "report":
        print(json.dumps(_timed(_caller(), {"report_ms": REPORT}, 5 * TIMES)))
    else:
        print(json.dumps(measure()))


# -- loading


def load(invoices: int, records: int) -> None:
    """Rows of two years, made by the database itself from a sequence of numbers."""
    if FinancialRecord._base_manager.count() >= records:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id), COUNT(*) FROM clients")
        first, clients = cursor.fetchone()
    now = clock.now()
    day = "DATE_ADD('2024-07-01', INTERVAL (n.seq * 7919) %% 730 DAY)"
    client = f"{first} + (n.seq * 104729) %% {clients}"
    amount = "((n.seq * 6007) %% 900000) / 100 + 1"
    _fill(
        Invoice(
            status="pending",
            currency="EUR",
            exchange_rate=1,
            company_currency="EUR",
            issued_at=now,
            seller={},
            buyer={},
        ),
        invoices,
        {
            "number": "CONCAT('B-', n.seq)",
            "client_id": client,
            "issue_date": day,
            "due_date": f"DATE_ADD({day}, INTERVAL 30 DAY)",
            "subtotal": amount,
            "total": amount,
            "balance": amount,
            "company_subtotal": amount,
            "company_total": amount,
            "created_at": "DATE_ADD('2024-07-01', INTERVAL n.seq * 300 SECOND)",
        },
    )
    _fill(
        FinancialRecord(record_type="expense", currency="EUR", exchange_rate=1),
        records,
        {
            "category": "ELT(1 + n.seq %% 8, 'rent','software','hosting','travel','adverts','print','books','fees')",
            "client_id": client,
            "record_date": day,
            "amount": amount,
            "company_amount": amount,
        },
    )
    print(f"{rollups.rebuild():,} rows were added up.", flush=True)


def _fill(template: Any, count: int, varying: dict[str, str]) -> None:
    """INSERT … SELECT: a row like the template for each number, but for what varies."""
    template.created_at = template.updated_at = clock.now()
    columns, values, parameters = [], [], []
    for field in template._meta.concrete_fields:
        if field.generated or field.primary_key:
            continue
        columns.append(f"`{field.column}`")
        if field.attname in varying:
            values.append(varying[field.attname])
        else:
            values.append("%s")
            value = getattr(template, field.attname)
            parameters.append(field.get_db_prep_save(value, connection))
    table = template._meta.db_table
    sql = f"INSERT INTO `{table}` ({', '.join(columns)}) SELECT {', '.join(values)} FROM seq_1_to_{count} n"
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        cursor.execute(f"ANALYZE TABLE `{table}`")


# -- measuring


def measure() -> dict[str, Any]:
    caller = _caller()
    paths = {"first_page_ms": f"/api/finance/invoices?limit={PAGE}", "last_page_ms": _last_page()}
    found: dict[str, Any] = _timed(caller, paths)
    found["records"] = FinancialRecord._base_manager.count()
    found |= _writing()
    rollups.fold_all()
    found["is_exact"] = _reported(caller) == _summed()
    return found


def _caller() -> Client:
    reader = User.objects.filter(role__code="finance", is_active=True).order_by("pk")[0]
    return Client(headers={"Authorization": f"Bearer {open_session(user=reader).access_token}", "Host": "127.0.0.1"})


def _timed(caller: Client, paths: dict[str, Any], times: int = TIMES) -> dict[str, float]:
    """Medians, interleaved."""
    taken: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(times):
        for name, path in paths.items():
            began = time.perf_counter()
            answer = caller.get(path)
            taken[name].append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    return {name: statistics.median(values) for name, values in taken.items()}


def _last_page() -> str:
    """The page at the end of the list, newest first, by its cursor."""
    rows = Invoice._base_manager.order_by("created_at", "pk")
    created_at, pk = rows.values_list("created_at", "pk")[PAGE]
    cursor = encode("-created_at", Position(created_at.isoformat(), pk, False))
    return f"/api/finance/invoices?limit={PAGE}&cursor={cursor}"


def _writing() -> dict[str, float]:
    """Records a second by eight writers, plain and with the sums kept, interleaved; and the ratio."""
    plain, kept = [], []
    for _ in range(3):
        plain.append(_write(lambda row: None))
        kept.append(_write(rollups.added))
    ratios = sorted(mine / theirs for mine, theirs in zip(plain, kept, strict=True))
    return {"plain_per_second": max(plain), "kept_per_second": max(kept), "write_ratio": ratios[1]}


def _write(keep: Callable[[FinancialRecord], None]) -> float:
    until = time.perf_counter() + SECONDS
    written = [0] * WRITERS
    rows: list[list[int]] = [[] for _ in range(WRITERS)]

    def work(number: int) -> None:
        try:
            while time.perf_counter() < until:
                with transaction.atomic():
                    row = FinancialRecord(
                        record_type="expense", category="bench", amount=Decimal("1.23"), currency="EUR",
                        exchange_rate=1, company_amount=Decimal("1.23"), record_date=dt.date(2025, 6, 1 + number),
                    )  # fmt: skip
                    row.save(force_insert=True)
                    keep(row)
                rows[number].append(row.pk)
                written[number] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if keep is not rollups.added:
        # What was written without its sums must not stay, or the report would be wrong by it.
        FinancialRecord._base_manager.filter(pk__in=[pk for some in rows for pk in some]).delete()
    return sum(written) / SECONDS


def _reported(caller: Client) -> Decimal:
    return Decimal(caller.get(REPORT).json()["totals"]["expenses"])


def _summed() -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT SUM(company_amount) FROM financial_records WHERE record_type = 'expense' "
            "AND record_date BETWEEN %s AND %s",
            [START, END],
        )
        return Decimal(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
