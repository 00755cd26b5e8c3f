"""What tells this installation's files from those of others in the same storage."""

import re
import secrets
from functools import cache

from django.db import models

THE_ONE = 1
LOOKS_LIKE_ONE = re.compile(r"w[0-9a-f]{12}")


def new_installation_id() -> str:
    """Returns a name for a folder that no other installation has."""
    return f"w{secrets.token_hex(6)}"


class InstallationId(models.Model):
    """The one row that says who this is: the first folder of each key in the storage. It goes with the database, also
    into a backup and back: the files are the database's."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE)
    folder = models.CharField(max_length=16, default=new_installation_id)

    def __str__(self) -> str:
        return self.folder

    @classmethod
    def known(cls) -> str:
        """Returns it, as the database has it."""
        row, _ = cls._default_manager.get_or_create(pk=THE_ONE)
        return row.folder


@cache
def own_folder() -> str:
    """Returns it, which never changes."""
    return InstallationId.known()
