"""Who of the source is who here."""

from typing import Any

from accounts.models import User
from accounts.services.people import placeholder
from hyperflow.core.fields import fold_email
from integrations.importers.boards import Board, Person
from integrations.models import ExternalRef
from integrations.services.reports import Known, Report

KIND = "member"
NOBODY = Person("", "Somebody unknown")


class People:
    """Finds the user for each person of a board: by an earlier import, by e-mail, by name; else makes a placeholder.

    A name counts only where exactly one active member of staff bears it, since it gives them sight of the task.
    """

    def __init__(self, board: Board, *, actor: Any, report: Report) -> None:
        self.source, self.actor, self.report = board.source, actor, report
        refs = ExternalRef.objects.filter(source=board.source, scope="", kind=KIND)
        self.refs = dict(refs.values_list("external_id", "object_id"))
        self.by_name: dict[str, list[User]] = {}
        for user in User.objects.filter(is_active=True, role__is_staff=True).select_related("role").order_by("pk"):
            self.by_name.setdefault(_folded(user.name), []).append(user)
        self.found: dict[str, User] = {}
        for person in board.people:
            self.user(person)

    def user(self, person: Person | None) -> User:
        """Who that is here; somebody unknown where the source names nobody."""
        person = person or Person("?", f"{NOBODY.name} ({self.source.capitalize()})")
        known = self.found.get(person.id)
        if known is None:
            known, how = self._look_up(person)
            self.found[person.id] = known
            self.report.people.append(Known(person, known, how))
        return known

    def _look_up(self, person: Person) -> tuple[User, str]:
        users = User.objects.select_related("role")
        if person.id in self.refs:
            earlier = users.filter(pk=self.refs[person.id]).first()
            if earlier is not None:
                return earlier, "earlier import"
        user = users.filter(email=fold_email(person.email)).first() if person.email else None
        how = "e-mail"
        if user is None:
            namesakes = self.by_name.get(_folded(person.name), [])
            user, how = (namesakes[0], "name") if len(namesakes) == 1 else (None, "placeholder")
            if len(namesakes) > 1:
                self.report.remarks.append(
                    f"{person.name}: {len(namesakes)} people here are called so; a placeholder stands in"
                )
        if user is None:
            user = placeholder(actor=self.actor, name=person.name, email=_usable(person.email))
        ExternalRef.objects.update_or_create(
            source=self.source, scope="", kind=KIND, external_id=person.id, defaults={"object_id": user.pk}
        )
        return user, how


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _usable(email: str) -> str | None:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    try:
        validate_email(email)
    except ValidationError:
        return None
    return email
