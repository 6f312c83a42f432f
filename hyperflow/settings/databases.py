"""Where the data is: SQLite in the data folder, or MySQL/MariaDB and Redis where the environment names them."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from hyperflow.core import env


def databases(data_dir: Path) -> dict[str, dict[str, Any]]:
    url = env.database_url("DATABASE_URL")
    host = env.text("DB_HOST")
    named = {
        "engine": "mysql",
        "name": env.text("DB_NAME", "hyperflow"),
        "user": env.text("DB_USER"),
        "password": env.text("DB_PASSWORD"),
        "host": host,
        "port": env.text("DB_PORT", "3306"),
    }
    if url and host:
        raise ImproperlyConfigured("DATABASE_URL and DB_HOST are both set: keep one of them.")
    chosen = url or (named if host else {"engine": "sqlite", "name": str(data_dir / "hyperflow.sqlite3")})
    return {"default": _mysql(chosen) if chosen["engine"] == "mysql" else _sqlite(chosen["name"])}


def _sqlite(path: str) -> dict[str, Any]:
    # IMMEDIATE takes the write lock at the start, so a transaction never fails half-way for want of it.
    return {
        "ENGINE": "hyperflow.core.sqlite",
        "NAME": path,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
            # After an import the write-ahead log is cut to 32 MiB again.
            "PRAGMA journal_size_limit=33554432;",
        },
        "CONN_MAX_AGE": 60,
    }


def _mysql(parts: dict[str, str]) -> dict[str, Any]:
    if find_spec("MySQLdb") is None:
        raise ImproperlyConfigured(
            "DB_HOST (or DATABASE_URL) asks for MySQL/MariaDB, whose driver is not installed. It stands apart, in "
            "requirements-mysql.txt: .venv/bin/pip install --require-hashes -r requirements-mysql.txt"
        )
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": parts["name"],
        "USER": parts["user"],
        "PASSWORD": parts["password"],
        "HOST": parts["host"],
        "PORT": parts["port"] or "3306",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            "connect_timeout": 3,
            "read_timeout": env.integer("DB_READ_TIMEOUT", 15, at_least=1, at_most=3_600),
            "write_timeout": 15,
            "init_command": "SET sql_mode='TRADITIONAL', innodb_lock_wait_timeout=4",
        },
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_general_ci"},
    }


def redis_caches(redis_url: str) -> dict[str, dict[str, Any]]:
    """Redis where there is one; else a table of the database, which several processes share.

    ``limits`` is where django-ratelimit counts: the same place, with fewer round trips.
    """
    if redis_url:
        place = {"LOCATION": redis_url, "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}}
        store, counter = "SafeRedisCache", "RedisCounter"
    else:
        place = {"LOCATION": "cache"}
        store, counter = "", "DatabaseCounter"
    backend = f"hyperflow.core.caches.{store}" if store else "django.core.cache.backends.db.DatabaseCache"
    return {
        "default": {"BACKEND": backend, **place},
        "limits": {"BACKEND": f"hyperflow.core.caches.{counter}", **place, "TIMEOUT": 3_700},
    }
