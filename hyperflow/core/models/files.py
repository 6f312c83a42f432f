from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import IdentifierField


class StoredFile(models.Model):
    """A private file: bytes under a random name in the store, and what is known of them.

    The row that a file belongs to (an attachment, a receipt) decides who may read it; a stored file has no
    visibility of its own and no public address.
    """

    name = IdentifierField(_("name in the store"), max_length=120, unique=True, editable=False)
    original_name = models.CharField(_("file name"), max_length=255)
    content_type = IdentifierField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = IdentifierField(_("SHA-256"), max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("uploaded by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded at"), default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        indexes = [models.Index(fields=["uploaded_by", "id"], name="core_file_uploader")]

    def __str__(self) -> str:
        return self.original_name
