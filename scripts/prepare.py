"""Bring the database up to date before `make run` starts its processes (`python -m scripts.prepare FD`).

Writes what the welcome shows to the file descriptor: the demo accounts, their password, where mail goes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hyperflow.settings.base")

DEMO_DOMAIN = "@hyperflow.example"
DEMO_PASSWORD = "hyperflow-demo"


def main() -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import OperationalError

    from hyperflow.core import env

    try:
        demo = env.boolean("DEMO", True)
        django.setup()
        from hyperflow.core.checks import refuse_unsafe_settings

        refuse_unsafe_settings()
        call_command("migrate", interactive=False, verbosity=0)
        if demo:
            call_command("demo", if_empty=True)
        else:
            call_command("first_admin")
    except (ImproperlyConfigured, CommandError) as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
    except OperationalError as problem:
        print(f"The database does not answer ({problem}).", file=sys.stderr)
        sys.exit(1)
    with os.fdopen(int(sys.argv[1]), "w") as answer:
        json.dump(_facts(), answer)


def _facts() -> dict[str, Any]:
    from django.conf import settings
    from django.contrib.auth import get_user_model

    people: Any = get_user_model()
    chosen = os.environ.get("DEMO_PASSWORD") or DEMO_PASSWORD
    names = ["admin", "manager", "employee", "hr", "finance", "marketing", "client"]
    order = [f"{name}{DEMO_DOMAIN}" for name in names]
    found = {person.email: person for person in people.objects.filter(email__in=order).select_related("role")}
    accounts = [(email, str(found[email].role or "")) for email in order if email in found]
    known = not accounts or found[accounts[0][0]].check_password(chosen)
    return {
        "accounts": accounts,
        "password": chosen if known else "the one they were made with (DEMO_PASSWORD of the first start)",
        "mail": str(getattr(settings, "EMAIL_FILE_PATH", "") or ""),
    }


if __name__ == "__main__":
    main()
