"""``manage.py first_admin``: somebody has to be able to let the others in."""

import getpass
import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role, User
from accounts.services import people
from accounts.services.passwords import check_password_is_good
from hyperflow.core.errors import DomainError
from hyperflow.core.fields import fold_email


class Command(BaseCommand):
    help = (
        "Makes the first admin from ADMIN_EMAIL, ADMIN_PASSWORD and ADMIN_NAME, or asks for them. "
        "Does nothing where there is an active admin."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(is_active=True, role__grants_everything=True).exists():
            return
        email = self._read("ADMIN_EMAIL", "E-mail address of the first admin: ")
        name = self._read("ADMIN_NAME", "Name: ", default="Admin")
        password = self._read("ADMIN_PASSWORD", "Password: ", secret=True)
        if missing := [named for named, value in [("ADMIN_EMAIL", email), ("ADMIN_PASSWORD", password)] if not value]:
            raise CommandError(
                f"There is no admin yet: set {' and '.join(missing)}, or run this on a terminal to be asked."
            )
        admin = Role.objects.get(code=Role.Code.ADMIN)
        if problems := self._problems(User(name=name, email=fold_email(email), role=admin), password):
            raise CommandError(f"The first admin was not made: {'; '.join(problems)}.")
        try:
            user = people.create_user(actor=None, name=name, email=email, role=admin, password=password)
        except DomainError as refused:
            raise CommandError(f"The first admin was not made: {refused.message}") from refused
        except ValidationError as refused:
            raise CommandError(f"The first admin was not made: {' '.join(refused.messages)}") from refused
        self.stdout.write(f"{user.email} is the first admin.")

    def _read(self, variable: str, question: str, *, default: str = "", secret: bool = False) -> str:
        value = os.environ.get(variable, "")
        if not value and sys.stdin.isatty():
            value = getpass.getpass(question) if secret else input(question)
        return value or default

    def _problems(self, user: User, password: str) -> list[str]:
        """Everything that is wrong, each with the variable that it came from, so that one look mends it all."""
        found: dict[str, str] = {}
        try:
            user.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
        except ValidationError as refused:
            found |= {name: " ".join(said) for name, said in refused.message_dict.items()}
        if "email" not in found and User.objects.filter(email=user.email).exists():
            found["email"] = "There is an account with this address already."
        try:
            check_password_is_good(password, user=user)
        except DomainError as refused:
            found["password"] = str(refused.message)
        return [f"ADMIN_{name.upper()}: {said.rstrip('.')}" for name, said in found.items()]
