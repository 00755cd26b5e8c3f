"""Where another process finds the database of the tests."""

import os

from django.db import connection


def of_tests() -> str:
    """Returns its address, as `DATABASE_URL` has it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
