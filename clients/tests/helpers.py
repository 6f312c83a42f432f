"""What several tests of this app need."""

import threading
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connections

from accounts.models import Role, User
from accounts.tests.factories import UserFactory
from hyperflow.core.models import AuditEntry


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Runs *work* in so many threads that begin together; gives what each returned or raised."""
    barrier = threading.Barrier(count)
    results: list[Any] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            results.append(work(number))
        except Exception as error:  # noqa: BLE001
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def somebody_with(*codenames: str, is_staff: bool = True) -> User:
    """A person whose role grants these permissions of this app and nothing else."""
    role = Role.objects.create(code=f"custom{Role.objects.count()}", name="Custom", is_staff=is_staff)
    role.permissions.add(*Permission.objects.filter(codename__in=codenames, content_type__app_label="clients"))
    return UserFactory(role=role)


def audited() -> list[str]:
    """What the audit log says was done, in order."""
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
