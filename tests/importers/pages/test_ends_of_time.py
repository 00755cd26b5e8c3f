"""Whatever moment an item or an archive names, nobody's pages stand still for it: in some zones the first and the last
hours of the calendar do not exist."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from django.db.models import DateTimeField
from django.test import Client
from django.utils import timezone

from accounts.models import User
from importers.models import RecordCount, Transfer
from importers.pages.kinds import all_pages
from importers.vertical import record_models
from importers.verticals.blobs.models import File
from tests.support import rows
from tests.support.admin import operators_pages
from tests.support.archives import bring
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut
from tests.support.worker import browser

pytestmark = pytest.mark.usefixtures("transactional_db")

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
ENDS = pytest.mark.parametrize(("zone", "moment"), [("Europe/Paris", LAST), ("America/New_York", FIRST)])


def to_that_moment(moment: datetime) -> None:
    """Whatever a record says of a time is this one."""
    for model in record_models():
        times = [field.name for field in model._meta.concrete_fields if isinstance(field, DateTimeField)]
        model._default_manager.update(**dict.fromkeys((one for one in times if one != "trashed_at"), moment))


def everything_at(moment: datetime, zone: str) -> User:
    ada = rows.everything("one")
    to_that_moment(moment)
    now = timezone.now()
    Transfer.objects.update(first_item_at=now, last_item_at=now)  # which this server says
    User.objects.filter(pk=ada.pk).update(time_zone=zone)
    ada.refresh_from_db()
    return ada


def opened(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


@ENDS
def test_every_page_of_a_person_opens(zone: str, moment: datetime) -> None:
    ada = everything_at(moment, zone)
    assert RecordCount.objects.exists()
    client = browser(ada)
    addresses = {"/", "/bin/", "/things/calendar/month/", "/things/calendar/week/", "/search?q=one"}
    for pages in all_pages():
        for order in ("newest", "oldest"):
            address = f"{pages.list_address}?order={order}"
            addresses |= set(re.findall(r'href="(/things/[^"]+)"', opened(client, address)))
    assert len(addresses) > 20
    for address in addresses:
        opened(client, address.replace("&amp;", "&"))
    for model in record_models():
        model._default_manager.update(trashed_at=moment)
    for pages in all_pages():
        opened(client, pages.list_address.replace("/things/", "/bin/"))
    opened(client, "/bin/")


@ENDS
def test_every_page_of_an_operator_opens(zone: str, moment: datetime) -> None:
    everything_at(moment, zone)
    boss = rows.person("boss", is_staff=True, is_superuser=True, time_zone=zone)
    client = browser(boss)
    for model in operators_pages():
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        opened(client, page)
        if (row := model._default_manager.order_by("pk").first()) is not None:
            opened(client, f"{page}{row.pk}/change/")


@ENDS
def test_all_of_it_is_taken_out_and_comes_back(
    http: httpx.Client, exporter: Exporter, ada: Person, zone: str, moment: datetime
) -> None:
    send_all(exporter)
    exporter.send_file("blobs", file_item("a.txt", "/", dateModified=moment.isoformat()), b"a")
    assert File.objects.get(name="a.txt").modified_at == moment
    to_that_moment(moment)
    User.objects.update(time_zone=zone)
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    bring(grace, entries)
    User.objects.update(time_zone=zone)
    for pages in all_pages():
        mine = pages.kind.model._default_manager
        assert mine.filter(owner=grace.row).count() == mine.filter(owner=ada.row).count(), pages
        opened(browser(grace.row), pages.list_address)
