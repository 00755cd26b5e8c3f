"""Lists and pages of the operator's view: all of them there, and as quick for many rows as for few."""

import re

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from importers.models import Transfer
from importers.verticals.blobs.models import File
from importers.verticals.media.models import Album, Photo
from importers.verticals.social_posts.models import SocialActivity
from tests.support import rows
from tests.support.admin import list_address, operators_pages, page_address

MODELS = [model for model in operators_pages() if model._meta.app_label == "importers"]


def test_every_kind_of_record_is_there() -> None:
    names = {model._meta.model_name for model in MODELS}
    assert names >= {
        "transfer", "rejection", "source", "content", "upload", "folder", "file", "fileversion", "album", "photo",
        "video", "calendar", "calendarevent", "socialactivity", "unknownitem", "revision",
    }  # fmt: skip


def test_an_empty_list_is_shown(operator: Client, subtests: pytest.Subtests) -> None:
    for model in MODELS:
        with subtests.test(model=model._meta.label):
            assert operator.get(list_address(model)).status_code == 200


@pytest.mark.services
def test_a_list_and_its_pages_are_shown(operator: Client, subtests: pytest.Subtests) -> None:
    rows.everything("one")
    for model in MODELS:
        with subtests.test(model=model._meta.label):
            assert operator.get(list_address(model)).status_code == 200
            for row in model._default_manager.all():
                page = operator.get(page_address(row))
                assert page.status_code == 200
                assert b'name="_save"' not in page.content


def test_nothing_can_be_added_changed_or_deleted(operator: Client, subtests: pytest.Subtests) -> None:
    rows.everything("one")
    for model in MODELS:
        with subtests.test(model=model._meta.label):
            row = model._default_manager.all()[0]
            name = f"admin:importers_{model._meta.model_name}"
            assert operator.get(reverse(f"{name}_add")).status_code == 403
            assert operator.post(page_address(row), {}).status_code == 403
            assert operator.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
            assert model._default_manager.filter(pk=row.pk).exists()


def test_lists_ask_as_often_for_twenty_rows_as_for_five(operator: Client) -> None:
    for number in range(5):
        rows.everything(str(number))
    few = {model: len(statements(operator, list_address(model))) for model in MODELS}
    for number in range(5, 20):
        rows.everything(str(number))
    many = {model: len(statements(operator, list_address(model))) for model in MODELS}
    assert many == few


def test_nothing_is_counted_without_a_limit(operator: Client, subtests: pytest.Subtests) -> None:
    rows.everything("one")
    queries = ["", "q=pone+hello", "q=job-one", "p=1"]
    for model in MODELS:
        with subtests.test(model=model._meta.label):
            pages = [page_address(model._default_manager.all()[0]), *(list_address(model, query) for query in queries)]
            for page in pages:
                for statement in statements(operator, page):
                    assert not re.search(r"COUNT\(", statement) or "LIMIT" in statement, (page, statement)


def test_a_list_leaves_payloads_in_the_database(operator: Client, subtests: pytest.Subtests) -> None:
    rows.everything("one")
    for model in MODELS:
        with subtests.test(model=model._meta.label):
            table = model._meta.db_table
            for statement in statements(operator, list_address(model)):
                # of an item, a list reads what its name is told from
                whole = re.sub(r'SUBSTR(ING)?\("\w+"."item", 1, 16384\)', "", statement)
                assert f'"{table}"."payload"' not in whole
                assert f'"{table}"."item"' not in whole


@pytest.mark.services
def test_any_other_column_cannot_be_asked_for(operator: Client, subtests: pytest.Subtests) -> None:
    """An address could otherwise make the database read the whole table."""
    for model in MODELS:
        with subtests.test(model=model._meta.label):
            assert operator.get(list_address(model, "id__regex=1")).status_code == 400


@pytest.mark.parametrize("model", [Transfer, Photo, SocialActivity, Album], ids=lambda model: model._meta.model_name)
def test_lists_are_narrowed_to_a_person_and_a_transfer(operator: Client, model: type[Model]) -> None:
    wanted = rows.everything("wanted")
    rows.everything("other")
    transfer = Transfer.objects.get(owner=wanted)
    lookups = [f"owner__id__exact={wanted.pk}"]
    if model is not Transfer:
        lookups.append(f"transfer__id__exact={transfer.pk}")
    for lookup in lookups:
        shown = operator.get(list_address(model, lookup)).context["cl"].result_list
        assert [row.owner for row in shown] == [wanted]


def test_an_operator_may_be_allowed_to_see_some_only(client: Client, db: None) -> None:
    staff = rows.person("helper", is_staff=True)
    client.force_login(staff)
    assert client.get(list_address(Photo)).status_code == 403
    assert isinstance(staff, User)


def statements(browser: Client, address: str) -> list[str]:
    """The SQL that a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_a_search_has_so_many_words_and_characters(operator: Client, subtests: pytest.Subtests) -> None:
    """In each list, also in those that others have written."""
    too_long = ("a " * 1000, "a" * 100_000, '"a" ' * 1000)
    for number, model in enumerate(operators_pages()):
        with subtests.test(model=model._meta.label):
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            page = operator.get(address, {"q": too_long[number % len(too_long)]})
            assert page.status_code == 200
            assert b"A search has at most 20 words and 200 characters" in page.content
    longest = operator.get(address, {"q": " ".join(["ab"] * 20)})
    assert longest.status_code == 200
    assert b"A search has at most" not in longest.content


def test_names_are_completed_from_no_more_words_than_a_list_is_searched_for(operator: Client) -> None:
    asked = {"app_label": "admin", "model_name": "logentry", "field_name": "user"}
    address = reverse("admin:autocomplete")
    assert operator.get(address, asked | {"term": "a " * 1000}).status_code == 400
    assert operator.get(address, asked | {"term": "operator"}).status_code == 200


def test_names_are_shown_for_what_they_are(operator: Client) -> None:
    rows.everything("ada")
    name = "photo-\u202egpj.exe"
    File.objects.update(name=name, shown_name=name)
    file = File.objects.latest("pk")
    for address in (list_address(File), page_address(file)):
        page = operator.get(address).content.decode()
        assert "photo-[right-to-left override]gpj.exe" in page, address
        assert "\u202e" not in page, address
