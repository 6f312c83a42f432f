from django.db import models
from django.utils.translation import gettext_lazy as _

from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import TimestampedModel


class ExternalRef(TimestampedModel):
    """What a thing of ours is called where it came from: the reason why importing twice changes nothing.

    ``fingerprint`` is a hash of the source's values as last imported; equal means nothing to do. ``values`` holds
    one hash for each field, so that an edited source changes here what was edited there and nothing else.
    """

    source = IdentifierField(_("source"), max_length=20)
    scope = IdentifierField(_("scope"), max_length=100, blank=True, help_text=_("The board, project or file."))
    kind = IdentifierField(_("kind"), max_length=20)
    external_id = IdentifierField(_("id there"), max_length=200)
    object_id = models.BigIntegerField(_("id here"))
    fingerprint = IdentifierField(max_length=64, blank=True)
    values = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("external reference")
        verbose_name_plural = _("external references")
        constraints = [
            models.UniqueConstraint(fields=["source", "scope", "kind", "external_id"], name="integrations_ref_once")
        ]
        indexes = [models.Index(fields=["kind", "object_id"], name="integrations_ref_object")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.external_id}"
