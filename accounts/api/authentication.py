"""Who is calling ``/api/``: a bearer of an access token, and nobody else (no cookie, no basic authentication)."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model
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
    row = _select().fetch(claims.sid)
    if row is None:
        raise tokens.revoked()
    session, user, role = row
    over = session.revoked_at is not None or session.expires_at <= clock.now()
    if over or not user.is_active or session.user_id != claims.user_id or session.token_version != user.token_version:
        raise tokens.revoked()
    user.role = role
    return user


Converter = Callable[[Any, Any, Any], Any]


class _CallerSelect:
    """The SELECT of session, user and role by ``sid``: built by the ORM once, run by a cursor ever after.

    Building it anew would cost several times what the database needs to answer it.
    """

    #: Read when somebody asks for them, which few requests do.
    SELDOM = frozenset({"password", "last_login", "email_verified_at", "billing_rate", "job_title", "description"})
    SESSION_FIELDS = ("id", "user_id", "token_version", "expires_at", "revoked_at")

    def __init__(self) -> None:
        users = [field.attname for field in User._meta.concrete_fields if field.name not in self.SELDOM]
        roles = [field.attname for field in Role._meta.concrete_fields if field.name not in self.SELDOM]
        sessions = list(self.SESSION_FIELDS)
        rows = Session.objects.order_by().filter(sid=uuid.UUID(int=0))
        columns = [*sessions, *(f"user__{name}" for name in users), *(f"user__role__{name}" for name in roles)]
        compiler = rows.values_list(*columns).query.get_compiler(connection=connection)
        self.sql, _ = compiler.as_sql()
        selected = [column[0] for column in compiler.select]
        self.converters: list[tuple[int, Sequence[Converter], Any]] = [
            (index, converters, expression)
            for index, (converters, expression) in compiler.get_converters(selected).items()
        ]
        self.parts: list[tuple[type[Model], list[str]]] = [(Session, sessions), (User, users), (Role, roles)]

    def fetch(self, sid: uuid.UUID) -> tuple[Session, User, Role] | None:
        parameter = Session._meta.get_field("sid").get_db_prep_value(sid, connection)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [parameter])
            found = cursor.fetchone()
        if found is None:
            return None
        values = list(found)
        for index, converters, expression in self.converters:
            for convert in converters:
                values[index] = convert(values[index], expression, connection)
        made: list[Any] = []
        start = 0
        for model, names in self.parts:
            made.append(model.from_db(connection.alias, names, values[start : start + len(names)]))
            start += len(names)
        return made[0], made[1], made[2]


_selects: dict[str, _CallerSelect] = {}


def _select() -> _CallerSelect:
    vendor = connection.vendor
    if vendor not in _selects:
        _selects[vendor] = _CallerSelect()
    return _selects[vendor]
