"""How far the records that stand have been read again."""

from django.db import models


class Rereading(models.Model):
    """That records of one kind, which a former version of this program made, are read as items are read today.

    `kind`: the name of their model. `position`: the key up to which all have been read. `read` and `changed`: how many
    were, and how many of them say something else now. `through_at`: when the last one had been read. Later rows of a
    process of the former version, which may still run then, are found behind the position.
    """

    kind = models.CharField(max_length=32, unique=True)
    position = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    through_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind}: {self.read} read, {self.changed} changed"
