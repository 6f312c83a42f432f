from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock, money
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, VersionedModel
from hyperflow.core.registry import scopes


def validate_currency(code: str) -> None:
    if code not in money.CURRENCIES:
        raise ValidationError(
            _("%(code)s is not an ISO 4217 currency."), code="unknown_currency", params={"code": code}
        )


def one_line(row: models.Model, *fields: str) -> None:
    """Names go into mail headers, file names and log lines: no line break or other control character in them."""
    broken = [name for name in fields if any(ord(letter) < 32 or ord(letter) == 127 for letter in getattr(row, name))]
    if broken:
        raise ValidationError({name: _("Line breaks and control characters are not allowed here.") for name in broken})


def list_indexes(table: str, leads: list[list[str]]) -> list[models.Index]:
    """An index for every order that a list offers (name, made, changed), alone and with each of these filters."""
    return [
        models.Index(fields=[*lead, order, "id"], name=f"{table}_{'_'.join([*lead, order])}"[:30])
        for lead in leads
        for order in ("name", "created_at", "updated_at")
    ]


class ClientQuerySet(ScopedQuerySet["Client"]):
    def visible_to(self, user: Any) -> Self:
        """All for who looks after clients; their own for portal users; for other staff, those they work for.

        What *works for* means is known further up (tasks, projects), so it is asked of the scope registry.
        """
        if not user.has_perm("clients.view_client"):
            return self.none()
        if user.has_perm("clients.view_all_clients"):
            return self
        if not user.is_staff:
            return self.filter(pk__in=Client.portal_users.through.objects.filter(user_id=user.pk).values("client_id"))
        return self.filter(scopes.condition("clients.client", user))


class Client(VersionedModel):
    """A company or person that the agency works for, or hopes to.

    A client has one currency, which stays once there is work counted in it. Its status is a label that people set as
    they see fit, not a life cycle. ``name_key``, ``name_tail`` (the key read backwards), ``domain`` and ``tax_key``
    are what a suspected duplicate is found by; `clients.identity` says how they are made.
    """

    class Status(models.TextChoices):
        LEAD = "lead", _("Lead")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        FORMER = "former", _("Former")

    name = models.CharField(_("name"), max_length=200)
    name_key = IdentifierField(max_length=200, editable=False, blank=True)
    name_tail = IdentifierField(max_length=200, editable=False, blank=True)
    description = models.TextField(_("description"), blank=True)
    contact_info = models.TextField(_("contact information"), blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    domain = IdentifierField(_("domain"), max_length=253, blank=True, editable=False)
    industry = models.CharField(_("industry"), max_length=80, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_clients",
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR", validators=[validate_currency])
    hourly_rate = models.DecimalField(
        _("hourly rate"), max_digits=18, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    payment_terms_days = models.PositiveSmallIntegerField(
        _("payment terms in days"), default=30, validators=[MaxValueValidator(365)]
    )
    tax_id = IdentifierField(_("tax id"), max_length=40, blank=True)
    tax_key = IdentifierField(max_length=40, blank=True, editable=False)
    address = models.TextField(_("address"), blank=True)
    timezone = IdentifierField(_("time zone"), max_length=64, blank=True)
    key_sequence = models.OneToOneField(
        "clients.KeySequence", on_delete=models.PROTECT, related_name="client", editable=False
    )
    portal_users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("portal users"), blank=True, related_name="portal_clients"
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        db_table = "clients"
        ordering = ["name", "id"]
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        permissions = [
            ("view_all_clients", "Can see every client"),
            ("view_rates", "Can see rates and budgets"),
            ("view_performance", "Can see the performance report of a client"),
        ]
        indexes = [
            *list_indexes("clients", [[], ["status"], ["owner"]]),
            models.Index(fields=["name_key"], name="clients_name_key"),
            models.Index(fields=["name_tail"], name="clients_name_tail"),
            models.Index(fields=["domain"], name="clients_domain"),
            models.Index(fields=["tax_key"], name="clients_tax_key"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name", "phone", "industry", "tax_id")
        if self.timezone and not clock.is_zone(self.timezone):
            raise ValidationError({"timezone": _("This is not a time zone of the IANA database.")})


class PartOfClientQuerySet(ScopedQuerySet[Any]):
    """Rows that belong to a client are seen by whoever sees the client and may see this kind of row at all."""

    def visible_to(self, user: Any) -> Self:
        if not user.has_perm(f"clients.view_{self.model._meta.model_name}"):
            return self.none()
        if user.has_perm("clients.view_all_clients"):
            return self
        return self.filter(client__in=Client.objects.visible_to(user))


class Brand(VersionedModel):
    """A brand of a client, with how it wants to sound."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="brands")
    name = models.CharField(_("name"), max_length=120)
    website = models.URLField(_("website"), max_length=300, blank=True)
    guidelines = models.TextField(_("guidelines"), blank=True)

    objects = PartOfClientQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        constraints = [models.UniqueConstraint(fields=["client", "name"], name="clients_brand_once")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name")


class Preference(VersionedModel):
    """Something to do, or never to do, for a client or one of its brands."""

    class Kind(models.TextChoices):
        DO = "do", _("Do")
        DONT = "dont", _("Don't")

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="preferences")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, null=True, blank=True, related_name="preferences")
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    text = models.CharField(_("text"), max_length=500)

    objects = PartOfClientQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "id"]
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


class Contact(VersionedModel):
    """A person at the client's."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    position = models.CharField(_("position"), max_length=120, blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    notes = models.TextField(_("notes"), blank=True)

    objects = PartOfClientQuerySet.as_manager()

    class Meta:
        ordering = ["-is_primary", "name", "id"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        one_line(self, "name", "phone", "position")


class ContactHandle(models.Model):
    """What a contact is called on a platform: messages from this handle are theirs."""

    class Platform(models.TextChoices):
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        ASANA = "asana", "Asana"
        TRELLO = "trello", "Trello"
        GMAIL = "gmail", "Gmail"
        ZOHO = "zoho", "Zoho Mail"
        WHATSAPP = "whatsapp", "WhatsApp"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="handles")
    platform = models.CharField(_("platform"), max_length=10, choices=Platform.choices)
    handle = IdentifierField(_("handle"), max_length=200)

    class Meta:
        ordering = ["platform", "handle"]
        verbose_name = _("handle")
        verbose_name_plural = _("handles")
        constraints = [
            models.UniqueConstraint(fields=["platform", "handle"], name="clients_handle_belongs_to_one"),
            models.CheckConstraint(name="clients_handle_not_empty", condition=~Q(handle="")),
        ]

    def __str__(self) -> str:
        return f"{self.platform}: {self.handle}"
