"""Dos and don'ts of a client and its brands, and the brands."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.utils.translation import gettext as _

from clients import identity
from clients.models import Brand, Client, Preference
from clients.services.rules import needs_permission, unique_or
from hyperflow.core import audit, changes, outbox
from hyperflow.core.errors import Conflict
from hyperflow.core.transactions import command

#: ``{"dos": ["Short sentences"], "donts": ["Exclamation marks"]}``
Wishes = Mapping[str, Sequence[str]]


class BrandFields(TypedDict, total=False):
    website: str
    guidelines: str


class BrandChanges(BrandFields, total=False):
    name: str


@command
def add_brand(
    *, client: Client, actor: Any, name: str, preferences: Wishes | None = None, **fields: Unpack[BrandFields]
) -> Brand:
    """A brand of the client, with its own dos and don'ts. Its name is unique there (`Conflict`, ``name_taken``)."""
    needs_permission(actor, "clients.change_preference", ["preferences"] if preferences else [])
    client = changes.lock(client)
    brand = Brand(client=client, name=name.strip(), **fields)
    _refuse_taken_name(client, brand.name)
    with unique_or(_name_taken()):
        changes.create(brand, actor=actor, action="brand.create")
    if preferences:
        write_preferences(client=client, brand=brand, actor=actor, **preferences)
    _client_changed(client)
    return brand


@command
def change_brand(
    *,
    brand: Brand,
    actor: Any,
    expected_version: int | None = None,
    preferences: Wishes | None = None,
    **fields: Unpack[BrandChanges],
) -> Brand:
    """Change a brand; ``preferences`` replaces its dos and don'ts."""
    needs_permission(actor, "clients.change_preference", ["preferences"] if preferences is not None else [])
    client = changes.lock(brand.client)
    brand = changes.lock(brand, expected_version=expected_version)
    if "name" in fields:
        fields["name"] = fields["name"].strip()
        _refuse_taken_name(client, fields["name"], but=brand.pk)
    with unique_or(_name_taken()):
        changed = bool(changes.update(brand, actor=actor, action="brand.update", **fields))
    if preferences is not None and write_preferences(client=client, brand=brand, actor=actor, **preferences):
        if not changed:
            changes.touch(brand)
        changed = True
    if changed:
        _client_changed(client)
    return brand


@command
def remove_brand(*, brand: Brand, actor: Any, expected_version: int | None = None) -> None:
    """Forget a brand with its dos and don'ts."""
    client = changes.lock(brand.client)
    brand = changes.lock(brand, expected_version=expected_version)
    audit.record("brand.delete", brand, actor=actor, changes={"name": (brand.name, None)})
    brand.delete()
    _client_changed(client)


def write_preferences(
    *,
    client: Client,
    brand: Brand | None,
    actor: Any,
    dos: Sequence[str] | None = None,
    donts: Sequence[str] | None = None,
) -> bool:
    """For services that hold the client's lock: replace the dos, the don'ts or both, of the client itself or of a
    brand of it. The order is kept. Says whether anything changed."""
    changed = False
    for kind, texts in ((Preference.Kind.DO, dos), (Preference.Kind.DONT, donts)):
        if texts is not None:
            changed |= _replace(client, brand, kind, identity.unique(texts), actor)
    return changed


def _replace(client: Client, brand: Brand | None, kind: Preference.Kind, after: list[str], actor: Any) -> bool:
    rows = Preference.objects.filter(client=client, brand=brand, kind=kind)
    before = list(rows.order_by("pk").values_list("text", flat=True))
    if before == after:
        return False
    rows.delete()
    new = [Preference(client=client, brand=brand, kind=kind, text=text) for text in after]
    for row in new:
        row.full_clean(validate_unique=False, validate_constraints=False)
    Preference.objects.bulk_create(new)
    audit.record("client.preferences", brand or client, actor=actor, changes={f"preferences.{kind}": (before, after)})
    return True


def _client_changed(client: Client) -> None:
    changes.touch(client)
    outbox.emit("client.updated", client, changed=["brands"])


def _name_taken() -> Conflict:
    return Conflict(_("The client has a brand of this name already."), code="name_taken", field="name")


def _refuse_taken_name(client: Client, name: str, *, but: int | None = None) -> None:
    """Case does not tell brands apart, on any database; the client's lock makes this check hold."""
    if Brand.objects.filter(client=client, name__iexact=name).exclude(pk=but).exists():
        raise _name_taken()
