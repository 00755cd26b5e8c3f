"""People who read French."""

from typing import Any

from django.test import Client

from tests.support.exporter import Person
from tests.support.worker import PASSWORD, browser

FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr"}  # what a browser asks for, to `Client`


def in_french(person: Person) -> Client:
    """Returns a browser in which somebody is logged in who has chosen French."""
    row = person.row
    row.language = "fr"
    row.set_password(PASSWORD)
    row.save()
    return browser(row)


def shown(page: Client, address: str, **asked: Any) -> str:
    """Returns a page as a browser gets it."""
    return page.get(address, **asked).content.decode()
