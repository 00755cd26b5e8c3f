"""What is kept of items of any shape, and the files that came with them."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from importers.models.content import Content, WithFile
from importers.models.record import Container, Record


class FreeformRecord(WithFile, Container):
    """What is kept of an item that is any JSON object. The files that came with it are in it, so it may be named, by
    one of them, before it comes. `identifier` is empty where the item has none; `name` is its title; `begins`: how its
    text begins, for lists, which leave the text in the database."""

    text = models.TextField(blank=True)
    begins = models.TextField(blank=True)

    class Meta(Container.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.name or self.begins or self.identifier or f"{self._meta.verbose_name} {self.doc_id}"

    def contents(self) -> Iterator[tuple[Content, str]]:
        files: Any = self
        for file in files.files.select_related("content").order_by("pk"):
            yield file.content, self.payload

    def came_with(self) -> Iterator[str]:
        """Without one, or with any of its files."""
        yield ""
        files: Any = self
        yield from files.files.order_by("pk").values_list("content__sha256", flat=True)

    @classmethod
    def shown_of(cls, owner: Any, doc_id: str) -> models.QuerySet[Any]:
        files: Any = cls._meta.get_field("files").related_model
        own: models.QuerySet[Any] = files._default_manager.filter(owner=owner, record__doc_id=doc_id)
        return own.values("content_id")

    def adopt(self, other: Record) -> int:
        """Takes over the files of another row that it does not have itself."""
        own: Any = self
        for file in type(own)._meta.get_field("files").related_model._default_manager.filter(record=other):
            if own.files.filter(content_id=file.content_id).exists():
                file.delete()
            else:
                type(file)._default_manager.filter(pk=file.pk).update(record=self)
        return 0


class FreeformFile(models.Model):
    """That a file came with an item. One that comes later with the same item stands beside it.

    Subclasses say `record`, which is called `files` from the other side.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="%(class)ss")
    mime = models.TextField(blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["record", "content"], name="%(class)s_once")]

    def __str__(self) -> str:
        of: Any = self
        kind = of._meta.get_field("record").related_model._meta.verbose_name
        return gettext("file of %(kind)s %(number)s") % {"kind": kind, "number": of.record_id}
