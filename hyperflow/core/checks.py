"""Start-up checks: with ``DEBUG=false``, settings that would expose people's data do not start.

`refuse_unsafe_start` stands at every door that serves: the web application, the workers, the scheduler. The same
checks run in ``manage.py check --deploy`` (and, with ``--database default``, those that ask the database).
"""

import ipaddress
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection, transaction

from hyperflow.core.fields import names_collation

logger = logging.getLogger(__name__)

DEMO_DOMAIN = "@hyperflow.example"

_LEAST_SECRET, _LEAST_JWT_KEY = 50, 64
_WEAK_WORDS = ("changeme", "change-me", "change_me", "django-insecure-", "insecure", "secret-key", "your-secret")
_LOOPBACK_NAMES = {"localhost", "localhost.localdomain", ""}

Found = Iterator[CheckMessage]


def refuse_unsafe_start(*, pages: bool = False) -> None:
    """Raise `ImproperlyConfigured`, which names every variable at fault, unless this is a development machine.

    ``pages``: whoever starts serves pages, whose style sheets and scripts must have been collected.
    """
    if settings.DEBUG:
        return
    found = [*_configuration(), *(_static_files() if pages else ())]
    try:
        found += _database()
    except (DatabaseError, InterfaceError) as error:
        # Last: whoever is told of this alone would mend it to be told of the next thing.
        found.append(Error(f"The database does not answer ({error}).", id="hyperflow.E021"))
    _refuse(found)
    for message in found:
        logger.warning("unsafe_setting", extra={"reason": message.msg})


def refuse_unsafe_settings() -> None:
    """The same for what the environment says alone, before anything asks the database."""
    if not settings.DEBUG:
        _refuse(_configuration())


def _refuse(found: Iterable[CheckMessage]) -> None:
    errors = [message for message in found if message.is_serious()]
    if errors:
        reasons = "\n".join(f"- {message.msg}" for message in errors)
        raise ImproperlyConfigured(f"HyperFlow does not start with these settings and DEBUG=false:\n{reasons}")


@register(Tags.security, deploy=True)
def check_configuration(**_: Any) -> list[CheckMessage]:
    return list(_configuration())


@register(Tags.database)
def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    return list(_database()) if databases and not settings.DEBUG else []


def _static_files() -> Found:
    """Without its manifest every page would be a bare 500, the error pages included."""
    manifest = getattr(staticfiles_storage, "manifest_name", None)
    if manifest is not None and not staticfiles_storage.exists(manifest):
        where = f"DATA_DIR is {settings.DATA_DIR}"
        yield Error(
            f"The static files are not collected ({where}): run `manage.py collectstatic`.", id="hyperflow.E020"
        )


def _configuration() -> Found:
    for check in (_keys, _hosts, _origins, _processes, _mail, _addresses, _broker, _other_secrets):
        yield from check()


def _database() -> Found:
    if connection.vendor == "mysql":
        yield from _mysql()
    yield from _demo_accounts()
    yield from _strangers()


# -- what the environment says


def _keys() -> Found:
    key = settings.SECRET_KEY
    if key == settings.INSECURE_SECRET_KEY:
        yield _error("SECRET_KEY", f"is not set. Give it {_LEAST_SECRET} random characters or more.")
    elif weakness := _weakness(key, _LEAST_SECRET):
        yield _error("SECRET_KEY", weakness)
    if key == settings.JWT_SIGNING_KEY:
        yield _error("JWT_SIGNING_KEY", "is the same as SECRET_KEY. Leave it out, or give it a key of its own.")
    elif weakness := _weakness(settings.JWT_SIGNING_KEY, _LEAST_JWT_KEY):
        yield _error("JWT_SIGNING_KEY", weakness)
    if settings.JWT_PREVIOUS_SIGNING_KEY and (weakness := _weakness(settings.JWT_PREVIOUS_SIGNING_KEY, _LEAST_JWT_KEY)):
        yield _error("JWT_PREVIOUS_SIGNING_KEY", weakness)


def _weakness(key: str, least: int) -> str | None:
    if len(key.encode()) < least:
        return f"is too short: {least} random characters are the least."
    if any(word in key.lower() for word in _WEAK_WORDS) or len(set(key)) < 10:
        return "looks like a placeholder. Generate a random one."
    return None


def _hosts() -> Found:
    if not settings.ALLOWED_HOSTS:
        yield _error("ALLOWED_HOSTS", "is empty. Name the hosts that this installation answers for.")
    elif any("*" in host or (host.startswith(".") and "." not in host[1:]) for host in settings.ALLOWED_HOSTS):
        yield _error("ALLOWED_HOSTS", "allows any host, so links in mails could lead to somebody else's.")


def _origins() -> Found:
    for name, origins in (
        ("CORS_ORIGINS", settings.CORS_ALLOWED_ORIGINS),
        ("CSRF_TRUSTED_ORIGINS", settings.CSRF_TRUSTED_ORIGINS),
    ):
        for origin in origins:
            parts = urlsplit(origin)
            if "*" in origin or parts.scheme not in {"https", "http"} or not parts.hostname or parts.path.strip("/"):
                yield _error(name, f"must list exact origins such as https://app.example.com, not {origin!r}.")
            elif parts.scheme == "http" and not _is_this_machine(parts.hostname):
                yield _error(name, f"trusts {origin!r}, which anybody on the way can change: use https.")
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False) or settings.CORS_ALLOW_CREDENTIALS:
        yield _error("CORS_ORIGINS", "must be a list of origins, without credentials.")


def _processes() -> Found:
    if connection.vendor == "sqlite" and settings.WEB_PROCESSES > 1:
        yield _error("WEB_PROCESSES", "is more than 1, which SQLite is not made for. Set DB_HOST, or one process.")


def _mail() -> Found:
    if not settings.EMAIL_HOST:
        yield _warning("EMAIL_HOST", "is not set: mails, reset links among them, stay as files in DATA_DIR/mail.")
    in_plain = settings.EMAIL_HOST and not (settings.EMAIL_USE_TLS or getattr(settings, "EMAIL_USE_SSL", False))
    if in_plain and not _is_this_machine(settings.EMAIL_HOST):
        if settings.EMAIL_HOST_PASSWORD:
            yield _error("EMAIL_TLS", "is off, so EMAIL_PASSWORD would cross the network in plain text.")
        elif not _is_inside(settings.EMAIL_HOST):
            yield _error("EMAIL_TLS", "is off, so reset links would cross the internet in plain text.")


def _addresses() -> Found:
    """Links with secrets in them lead there, and keys are fetched from there."""
    for name in ("PUBLIC_URL", "FRONTEND_URL", "SUPABASE_URL"):
        parts = urlsplit(getattr(settings, name))
        if name == "PUBLIC_URL" and _is_this_machine(parts.hostname or "") and not _serves_this_machine_alone():
            yield _error(name, "is not set, so links in mails would lead to the reader's own machine.")
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            yield _error(name, "is http, so secrets would cross the network in plain text: use https.")
    parts = urlsplit(settings.S3_ENDPOINT_URL)
    if settings.FILE_STORE == "s3":
        if not settings.S3_BUCKET:
            yield _error("S3_BUCKET", "is not set, but FILE_STORE is s3.")
        if parts.scheme == "http" and not _is_inside(parts.hostname or ""):
            yield _error("S3_ENDPOINT_URL", "is http, so files would cross the internet in plain text: use https.")


def _broker() -> Found:
    if not settings.REDIS_URL:
        return
    parts = urlsplit(settings.REDIS_URL)
    host = parts.hostname or ""
    if parts.scheme not in {"redis", "rediss", "unix"} or not (host or parts.scheme == "unix"):
        yield _error("REDIS_URL", "is no address of a Redis server, such as redis://:password@127.0.0.1:6379/0.")
        return
    if parts.scheme == "redis" and not _is_inside(host):
        yield _error("REDIS_URL", "crosses the internet in plain text: use rediss://.")
    if not parts.password and not _is_inside(host):
        yield _error("REDIS_URL", "has no password, and its server is reachable from outside.")
    from celery import current_app

    if current_app.conf.task_always_eager or getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        yield _error("CELERY_TASK_ALWAYS_EAGER", "is on: jobs would run inside of web requests.")


def _other_secrets() -> Found:
    database = settings.DATABASES["default"]
    if database.get("HOST") and not _is_this_machine(database["HOST"]) and not database.get("PASSWORD"):
        yield _error("DB_PASSWORD", "is empty, and the database is on another machine.")
    for name, least in (("SUPABASE_JWT_SECRET", 32), ("METRICS_TOKEN", 16)):
        value = getattr(settings, name)
        if value and (weakness := _weakness(value, least)):
            yield _error(name, weakness)


def _serves_this_machine_alone() -> bool:
    return all(_is_this_machine(host) for host in settings.ALLOWED_HOSTS)


# -- what the database says


def _demo_accounts() -> Found:
    people: Any = get_user_model()
    try:
        with transaction.atomic():
            found = people._base_manager.filter(email__endswith=DEMO_DOMAIN, is_active=True).exists()
    except DatabaseError:
        if "roles" in connection.introspection.table_names():
            raise
        return  # not migrated yet: nobody is in it
    if found:
        yield _error(
            "DATABASE_URL",
            f"(or DB_NAME, DATA_DIR) names a demo database: its accounts at {DEMO_DOMAIN} have a password that "
            "everybody knows. Use another database, or deactivate them.",
        )


def _strangers() -> Found:
    """What somebody gets who registers by themself must be little."""
    if not settings.REGISTRATION_OPEN:
        return
    roles: Any = get_user_model()._meta.get_field("role").related_model
    try:
        with transaction.atomic():
            role = roles._base_manager.filter(code=settings.REGISTRATION_ROLE).first()
    except DatabaseError:
        return  # not migrated yet, or not to this version
    if role is None and not roles._base_manager.exists():
        return  # half migrated: there are no roles yet
    if role is None:
        yield _error("REGISTRATION_ROLE", f"names the role {settings.REGISTRATION_ROLE!r}, which does not exist.")
    elif role.is_staff or not role.is_basic:
        yield _error(
            "REGISTRATION_ROLE",
            f"would make every stranger who registers a {role.name}: name a role that is basic and not staff, or close "
            "REGISTRATION_OPEN.",
        )


def _mysql() -> Found:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT VERSION(), @@SESSION.sql_mode, @@innodb_flush_log_at_trx_commit, @@default_storage_engine,"
            " @@log_bin, @@binlog_format, @@character_set_database"
        )
        version, mode, flush, engine, binlog, binlog_format, charset = cursor.fetchone()
        isolation = _isolation(cursor)
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            " AND table_type = 'BASE TABLE' AND (engine <> 'InnoDB' OR table_collation NOT LIKE 'utf8mb4%%') LIMIT 1",
            [],
        )
        odd_table = cursor.fetchone()
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
            " AND table_type = 'BASE TABLE' AND table_name LIKE 'clients%%' AND table_collation <> %s",
            [names_collation(connection)],
        )
        takes_names_for_one = cursor.fetchone()[0]
    least = (10, 6) if connection.mysql_is_mariadb else (8, 0)  # type: ignore[attr-defined]
    if connection.mysql_version < least:  # type: ignore[attr-defined]
        yield _error("DB_HOST", f"has version {version}. MariaDB 10.6 or MySQL 8.0 is the oldest that works.")
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(mode.split(",")):
        yield _error("DB_HOST", "has no strict sql_mode: it would cut values off instead of refusing them.")
    if isolation.upper().replace(" ", "-") != "READ-COMMITTED":
        yield _error("DB_HOST", f"has isolation level {isolation}; HyperFlow's locks need READ COMMITTED.")
    if charset != "utf8mb4":
        yield _error("DB_NAME", f"has the character set {charset}. Make it with CHARACTER SET utf8mb4.")
    if engine != "InnoDB":
        yield _error("DB_HOST", f"makes tables of {engine}, without transactions: set default_storage_engine=InnoDB.")
    if odd_table:
        yield _error("DB_NAME", f"has the table {odd_table[0]}, which is not InnoDB with utf8mb4.")
    if takes_names_for_one:
        yield _warning(
            "DB_NAME",
            "has tables that take names for one which differ by an accent, and any emoji for any other. A new database "
            f"gets {names_collation(connection)}: load the data into one (docs/decisions.md).",
        )
    if binlog and binlog_format == "STATEMENT":
        yield _error("DB_HOST", "writes binlog_format=STATEMENT, which READ COMMITTED rules out: use ROW or MIXED.")
    if flush != 1:
        yield _warning("DB_HOST", f"has innodb_flush_log_at_trx_commit={flush}: a power cut loses answered writes.")


def _isolation(cursor: Any) -> str:
    """MariaDB before 11.1 and MySQL name it differently."""
    cursor.execute("SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')")
    return str(cursor.fetchall()[0][1])


# -- helpers


def _error(name: str, reason: str) -> Error:
    return Error(f"{name} {reason}", id=f"hyperflow.{name}")


def _warning(name: str, reason: str) -> Warning:
    return Warning(f"{name} {reason}", id=f"hyperflow.{name}")


def _is_this_machine(host: str) -> bool:
    if host.lower() in _LOOPBACK_NAMES:
        return True
    return _address_is(host, lambda address: address.is_loopback)


def _is_inside(host: str) -> bool:
    """A name or address that can't be reached from the internet: a private network or a container's."""
    host = host.lower()
    if (
        _is_this_machine(host)
        or ("." not in host and ":" not in host)
        or host.endswith((".internal", ".local", ".lan"))
    ):
        return True
    return _address_is(host, lambda address: address.is_private)


def _address_is(host: str, judge: Callable[[ipaddress.IPv4Address | ipaddress.IPv6Address], bool]) -> bool:
    try:
        return judge(ipaddress.ip_address(host))
    except ValueError:
        return False
