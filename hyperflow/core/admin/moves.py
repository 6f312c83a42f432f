"""What a person may do to a row beside editing it: start a task, approve time, deactivate an account.

A `Move` is a button on the row's page and an action of the list. Both ask first, on a page that names the rows, and
both call the same service.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from hyperflow.core.errors import DomainError
from hyperflow.core.transactions import command

#: The most rows one press of a button moves. More is a job for the API or a script.
MOST_ROWS = 200


class MoveForm(forms.Form):
    """What a move asks for. Choices are those the actor may see, so the form is made for them and for the rows."""

    def __init__(self, *args: Any, actor: Any, rows: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.rows = rows


def _always(row: Any, user: Any) -> bool:
    return True


@dataclass(frozen=True)
class Move:
    """``act(row, actor, **answers)`` calls one service.

    ``needs`` names a permission, or several of which one is enough. ``available`` says whether the button makes sense
    for that row and person; the service still decides. ``primary`` is what most people have come to the row for.
    """

    name: str
    label: Any
    act: Callable[..., Any]
    needs: str | tuple[str, ...]
    done: Any
    question: Any = ""
    icon: str = "bolt"
    danger: bool = False
    primary: bool = False
    form: type[MoveForm] | None = None
    available: Callable[[Any, Any], bool] = _always
    in_list: bool = True
    on_row: bool = True

    def permitted(self, user: Any) -> bool:
        names = (self.needs,) if isinstance(self.needs, str) else self.needs
        return any(user.has_perm(name) for name in names)


@dataclass(frozen=True)
class Link:
    """A button that only leads somewhere else."""

    label: Any
    url: str
    icon: str = "arrow_forward"


#: Gives further buttons for the page of a row.
LinkProvider = Callable[[HttpRequest, Any], list[Link]]
_further: dict[str, list[LinkProvider]] = {}


def register_links(model: str, provider: LinkProvider) -> None:
    """Have an upper app's buttons on a lower one's page: ``register_links("clients.client", links)``."""
    _further.setdefault(model, []).append(provider)


def further_links(request: HttpRequest, row: models.Model) -> list[Link]:
    return [link for provider in _further.get(row._meta.label_lower, ()) for link in provider(request, row)]


@dataclass(frozen=True)
class Outcome:
    """What became of a move: how many rows went along, and what each of the others said."""

    done: int
    refusals: list[tuple[str, str]]


def run(rows: Sequence[models.Model], actor: Any, act: Callable[..., Any], **answers: Any) -> Outcome:
    """Move each row in a transaction of its own, so that one refusal undoes nobody else's."""
    done, refusals = 0, []
    for row in rows:
        try:
            command(act)(row, actor, **answers)
        except DomainError as refused:
            refusals.append((str(row), refused.message))
        except ValidationError as invalid:
            refusals.append((str(row), " ".join(invalid.messages)))
        else:
            done += 1
    return Outcome(done, refusals)
