"""Whatever somebody sent, the operator sees it for what it is: no list and no page has a character that hides or turns
what stands around it."""

import re

import pytest
from django.apps import apps
from django.db.models import CharField, TextField
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Application, User
from moves.models import ArchiveImport
from tests.support import rows
from tests.support.admin import operators_pages
from tests.support.exporter import Exporter, Person

pytestmark = pytest.mark.usefixtures("transactional_db")

TURNED = "photo\u202e<gpj>.exe"
# What rows are told apart by.
KEYS = {"vertical", "kind", "client_id", "job_id", "recurring_job_id", "code", "item_sha256", "doc_id", "identity"}
FIELDS = re.compile(r"<(?:input|option)\b[^>]*>|<textarea\b.*?</textarea>", re.DOTALL)  # what is typed stays as it is


def shown(operator: Client, address: str) -> str:
    answer = operator.get(address, follow=True)
    assert answer.status_code == 200
    return FIELDS.sub("", answer.content.decode())


def test_no_list_and_no_page_shows_what_somebody_sent_otherwise_than_it_is(operator: Client) -> None:
    owner = rows.everything("one")
    for model in apps.get_app_config("importers").get_models():
        texts = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField)
            and not field.choices
            and not field.unique
            and field.name not in KEYS
        ]
        model._default_manager.update(**dict.fromkeys(texts, TURNED))
    came = ArchiveImport.objects.create(owner=owner, server=TURNED, reported=1, error=TURNED)
    came.report.create(code="broken", entry=TURNED, doctype=TURNED, sentence=TURNED)
    turns, says = [], []
    for model, model_admin in operators_pages().items():
        base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        request = RequestFactory().get(base)
        request.user = User(is_superuser=True)
        row = model_admin.get_queryset(request).first()
        for address in [base, f"{base}{row.pk}/change/"] if row is not None else [base]:
            page = shown(operator, address)
            turns += [address] if "\u202e" in page else []
            says += [address] if "[right-to-left override]</span>&lt;gpj&gt;.exe" in page else []
    assert not turns, "\n".join(turns)
    assert len(says) > 20, "the lists and pages of what somebody sent have the name"


def test_a_service_is_shown_so_where_people_are_asked_about_it(operator: Client, server: str) -> None:
    with Exporter(server, Person.create("ada"), "Cloud"):
        Application.objects.update(name=TURNED)
    ada, client = User.objects.get(username="ada"), Application.objects.get()
    pages = [
        reverse("admin:accounts_user_change", args=[ada.pk]),
        f"/admin/accounts/application/{client.pk}/do/revoke/",
    ]
    for address in pages:
        page = shown(operator, address)
        assert "[right-to-left override]</span>&lt;gpj&gt;.exe" in page, address
        assert "\u202e" not in page, address


def test_grants_and_tokens_are_called_by_their_person_and_service(operator: Client, server: str) -> None:
    with Exporter(server, Person.create("ada"), "Cloud One"):
        pass
    for name in ("refreshtoken", "accesstoken"):
        listed = operator.get(reverse(f"admin:oauth2_provider_{name}_changelist"))
        row = listed.context["cl"].result_list[0]
        page = operator.get(reverse(f"admin:oauth2_provider_{name}_change", args=[row.pk])).content.decode()
        assert "<h1>ada, Cloud One</h1>" in page
        assert re.search(r"Token object|Token #", page) is None


def test_what_is_typed_stays_as_it_was_typed(operator: Client, server: str) -> None:
    with Exporter(server, Person.create("ada"), "Cloud"):
        Application.objects.update(redirect_uris=f"https://exporter.example/{TURNED}")
    client = Application.objects.get(name="Cloud")
    page = operator.get(reverse("admin:accounts_application_change", args=[client.pk])).content.decode()
    (typed,) = re.findall(r'<textarea name="redirect_uris"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
    assert typed == "https://exporter.example/photo\u202e&lt;gpj&gt;.exe"
