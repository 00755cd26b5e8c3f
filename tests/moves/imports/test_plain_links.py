"""A link by which everything could be read on its way is not taken in production."""

import httpx
import pytest
from pytest_django.fixtures import Settings

from moves.models import ArchiveImport
from tests.support.exporter import Person, run
from tests.support.worker import browser, submit

LINK = "http://cloud.example/#/exports/abc"


@pytest.mark.parametrize("path", ["/move/imports/precheck", "/move/imports"])
def test_a_program_is_told_so(http: httpx.Client, ada: Person, settings: Settings, path: str) -> None:
    token = run("create_token", "ada", "--scope", "io.cozy.imports")["access_token"]
    settings.PRODUCTION = True
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}
    answer = http.post(path, json={"data": {"attributes": {"url": LINK}}}, headers=headers)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["source"]) == (422, {"pointer": "/data/attributes/url"})
    assert "begins with http://, so everything could be read on its way" in error["detail"]
    assert not ArchiveImport.objects.exists()


@pytest.mark.django_db
def test_a_person_is_told_so(settings: Settings) -> None:
    from tests.support.worker import person

    client = browser(person())
    settings.PRODUCTION = True
    answer = submit(client, "/settings/imports", {"link": LINK})
    assert answer.status_code == 422
    assert "everything could be read on its way" in answer.content.decode()
