"""What came in an archive and no vertical knows."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Document(models.Model):
    """One document, whole: `body` is its JSON as it came, to the byte. It leaves again in every export."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="documents")
    doctype = models.CharField(max_length=255)
    doc_id = models.CharField(max_length=255)
    body = models.TextField()
    updated_at = models.DateTimeField(null=True, blank=True, help_text=_("What the document says."))
    server = models.CharField(max_length=255, blank=True, help_text=_("The host that it came from."))
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "doctype", "doc_id"], name="one_document")]

    def __str__(self) -> str:
        return f"{self.doctype}/{self.doc_id}"
