"""``manage.py first_admin``: somebody has to be able to let the others in."""

import getpass
import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role, User
from accounts.services import people
from hyperflow.core.errors import DomainError


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
        try:
            admin = Role.objects.get(code=Role.Code.ADMIN)
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
        value = value or default
        if not value:
            raise CommandError(f"There is no admin yet: set {variable}, or run this on a terminal to be asked.")
        return value
