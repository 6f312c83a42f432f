"""Who is calling ``/api/``: a bearer of an access token, and nobody else (no cookie, no basic authentication)."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import supabase, tokens
from accounts.models import Role, Session, User
from hyperflow.core import clock
from hyperflow.core.errors import NotAuthenticated


@dataclass(frozen=True, slots=True)
class Grant:
    """What the caller showed: the session it belongs to (none of ours for Supabase's). This is ``request.auth``."""

    sid: uuid.UUID | None


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>``.

    The token is believed for what it is; whether it still counts (the session, the person, their role) is read from
    the database on every request by one SELECT, so whatever ends a sign-in ends it on the very next request.
    """

    def authenticate(self, request: Request) -> tuple[User, Grant] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        try:
            claims = tokens.decode(token, "access")
        except NotAuthenticated as refused:
            if refused.code != "not_authenticated" or not supabase.is_configured() or len(token) > tokens.MAX_LENGTH:
                raise
            return supabase.caller(token), Grant(None)
        return caller(claims), Grant(claims.sid)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def caller(claims: tokens.Claims) -> User:
    """The person behind a session, with their role. Raises ``token_revoked`` where the sign-in has ended."""
    found = _select().fetch(claims.sid)
    if found is None:
        raise tokens.revoked()
    session, user = found
    over = session.revoked_at is not None or session.expires_at <= clock.now()
    if over or not user.is_active or session.user_id != claims.user_id or session.token_version != user.token_version:
        raise tokens.revoked()
    return user


Converter = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the database said of a session last time, word for word, and the rows that were made of it."""

    words: str
    session: Session
    user: User
    role: Role


class _CallerSelect:
    """The SELECT of session, user and role by ``sid``: built by the ORM once, run by a cursor ever after.

    Every request reads all of it, but as one text, in which each value is quoted. Only where that text differs from
    the last one for this session are the columns read and rows made of them; otherwise the caller gets a copy of the
    rows that the same text gave before. Twenty-six columns and two models are most of what a sign-in costs a list.
    """

    #: Read when somebody asks for them, which few requests do.
    SELDOM = frozenset({"password", "last_login", "email_verified_at", "billing_rate", "job_title", "description"})
    SESSION_FIELDS = ("id", "user_id", "token_version", "expires_at", "revoked_at")
    #: So many sessions are remembered by a process.
    MOST = 1000

    def __init__(self) -> None:
        users = [field.attname for field in User._meta.concrete_fields if field.name not in self.SELDOM]
        roles = [field.attname for field in Role._meta.concrete_fields if field.name not in self.SELDOM]
        sessions = list(self.SESSION_FIELDS)
        rows = Session.objects.order_by().filter(sid=uuid.UUID(int=0))
        columns = [*sessions, *(f"user__{name}" for name in users), *(f"user__role__{name}" for name in roles)]
        compiler = rows.values_list(*columns).query.get_compiler(connection=connection)
        sql, _ = compiler.as_sql()
        selected = [column[0] for column in compiler.select]
        quoted = [f"QUOTE({column[1][0]})" for column in compiler.select]
        words = f"CONCAT({', '.join(quoted)})" if connection.vendor == "mysql" else " || ".join(quoted)
        self.words = f"SELECT {words} FROM {sql.partition(' FROM ')[2]}"  # noqa: S608 (Django's own SQL)
        self.columns = f"SELECT {words}, {sql.removeprefix('SELECT ')}"
        self.converters: list[tuple[int, Sequence[Converter], Any]] = [
            (index, converters, expression)
            for index, (converters, expression) in compiler.get_converters(selected).items()
        ]
        self.parts: list[tuple[type[Model], list[str]]] = [(Session, sessions), (User, users), (Role, roles)]
        self.seen: dict[uuid.UUID, _Seen] = {}

    def fetch(self, sid: uuid.UUID) -> tuple[Session, User] | None:
        """The session and whose it is, as they stand at this moment. The session is shared: it is only looked at."""
        parameter = Session._meta.get_field("sid").get_db_prep_value(sid, connection)
        seen = self.seen.get(sid)
        with connection.cursor() as cursor:
            if seen is not None:
                cursor.execute(self.words, [parameter])
                found = cursor.fetchone()
                if found is not None and found[0] == seen.words:
                    return self._copied(seen)
            cursor.execute(self.columns, [parameter])
            found = cursor.fetchone()
        if found is None:
            self.seen.pop(sid, None)
            return None
        seen = self._read(found)
        if len(self.seen) >= self.MOST:
            self.seen.clear()
        self.seen[sid] = seen
        return self._copied(seen)

    def _read(self, found: Sequence[Any]) -> _Seen:
        words, *values = found
        for index, converters, expression in self.converters:
            for convert in converters:
                values[index] = convert(values[index], expression, connection)
        made: list[Any] = []
        start = 0
        for model, names in self.parts:
            made.append(model.from_db(connection.alias, names, values[start : start + len(names)]))
            start += len(names)
        return _Seen(words, *made)

    @staticmethod
    def _copied(seen: _Seen) -> tuple[Session, User]:
        user, role = _copy(seen.user), _copy(seen.role)
        user.role = role
        return seen.session, user


M = TypeVar("M", bound=Model)


def _copy(row: M) -> M:
    """A row as fresh from the database: what a request does to it stays with that request."""
    twin = type(row).__new__(type(row))
    twin.__dict__.update(row.__dict__)
    twin._state = ModelState()
    twin._state.db, twin._state.adding = row._state.db, False
    return twin


_selects: dict[str, _CallerSelect] = {}


def _select() -> _CallerSelect:
    vendor = connection.vendor
    if vendor not in _selects:
        _selects[vendor] = _CallerSelect()
    return _selects[vendor]
