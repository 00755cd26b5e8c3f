"""Auditors look and change nothing, and read no item without a reason; operators act; administrators give rights."""

import json

import httpx
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import CharField, TextField
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.admin import opening
from accounts.models import User
from audit.models import AuditEvent
from importers.digests import digest
from importers.models import Content, Rejection, Revision
from importers.verticals.media.models import Photo
from moves.models import ArchiveImport
from moves.told import tell_of_format
from tests.support import rows
from tests.support.admin import operators_pages
from tests.support.bins import BinVisitor
from tests.support.exporter import Exporter
from tests.support.trail import events
from tests.support.worker import browser, submit

SECRET = "sesame"
# What says nothing of what somebody sent: who, when, by which job, and why something was refused.
PLAIN = {
    "service", "client_id", "client_name", "job_id", "recurring_job_id", "code", "reason", "vertical", "kind",
    "mime", "item_sha256", "doc_id", "identity", "storage_key", "process",
}  # fmt: skip

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]


def made(name: str, capsys: pytest.CaptureFixture[str], role: str = "") -> User:
    call_command("create_account", name, "--email", f"{name}@example.org", "--role", role or name, "--json")
    return User.objects.get(pk=json.loads(capsys.readouterr().out)["id"])


def page(row: object, what: str = "change/") -> str:
    meta = row._meta  # type: ignore[attr-defined]
    base = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{base}{row.pk}/{what}"  # type: ignore[attr-defined]


def text(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_an_auditor_sees_everything_but_what_items_say(capsys: pytest.CaptureFixture[str]) -> None:
    ada = rows.everything("one")
    auditor = browser(made("auditor", capsys))
    refused = Rejection.objects.earliest("pk")
    Rejection.objects.filter(pk=refused.pk).update(item=b'{"title": "A secret walk"}')
    photo = Photo.objects.get()
    Photo.objects.update(name="secret.jpg", payload='{"title": "secret.jpg"}', description="A secret place")
    for shown in (refused, photo, Revision.objects.earliest("pk")):
        closed = text(auditor, page(shown))
        assert "Open it" in closed
        assert "secret" not in closed.lower()
    lists = [reverse(f"admin:importers_{name}_changelist") for name in ("rejection", "photo", "transfer")]
    for address in (*lists, page(ada), page(refused.transfer)):
        assert "secret.jpg" not in text(auditor, address), address
        assert "secret walk" not in text(auditor, address), address
    assert "name: missing" in text(auditor, page(refused))  # why, it does say


def test_no_list_and_no_page_tells_an_auditor_what_somebody_sent(capsys: pytest.CaptureFixture[str]) -> None:
    rows.everything("one")
    for model in apps.get_app_config("importers").get_models():
        texts = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField)
            and not field.choices
            and not field.unique
            and field.name not in PLAIN
        ]
        model._default_manager.update(**dict.fromkeys(texts, SECRET))
    came = ArchiveImport.objects.create(owner=User.objects.get(), server="old.example", reported=1)
    came.report.create(code="broken", entry=SECRET, doctype="io.cozy.files", sentence="It is cut short.")
    auditor = browser(made("auditor", capsys))
    shows = []
    for model, model_admin in operators_pages().items():
        base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        request = RequestFactory().get(base)
        request.user = User(is_superuser=True)
        row = model_admin.get_queryset(request).first()
        addresses = [base, f"{base}{row.pk}/change/"] if row is not None else [base]
        shows += [address for address in addresses if SECRET in text(auditor, address)]
    assert not shows, "\n".join(shows)


def test_no_question_no_search_and_no_event_tells_an_auditor_what_somebody_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ada = rows.everything("one")
    Photo.objects.update(name="sesame.jpg", identity=digest("sesame-id"))
    photo = Photo.objects.get()
    auditor, other = browser(made("auditor", capsys)), browser(made("other", capsys, "auditor"))
    assert "sesame" not in text(auditor, page(photo, "do/open/"))
    listed = reverse("admin:importers_photo_changelist")
    for words in ("sesame", f"{ada.username} sesame", f"{ada.username} sesame-id"):
        assert list(auditor.get(listed, {"q": words}).context["cl"].result_list) == [], words
    for words in (ada.username, f"{ada.username} {photo.doc_id}"):
        assert list(auditor.get(listed, {"q": words}).context["cl"].result_list) == [photo], words
    submit(auditor, page(photo, "do/open/"), {"text": "Ada asked us to look."})
    assert "sesame.jpg" in text(auditor, page(photo))
    opened = AuditEvent.objects.filter(kind="staff-acted").latest("pk")
    for address in (reverse("admin:audit_auditevent_changelist"), page(opened)):
        shown = text(other, address)
        assert f"photo:{photo.pk}" in shown
        assert "sesame" not in shown


def test_the_trail_tells_an_auditor_what_was_done_with_somebodys_things_and_not_what_they_are_called(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ada = rows.everything("one")
    Photo.objects.update(name="sesame.jpg")
    own = Client()
    own.force_login(ada, backend="accounts.backends.NameOrEmail")
    visitor = BinVisitor(own)
    photo = {"kind": "photo", "id": Photo.objects.get().doc_id}
    visitor.throw(**photo)
    visitor.restore(**photo)
    visitor.throw(**photo)
    visitor.delete(**photo)
    tell_of_format(ada, "chosen files", "sesame.zip")
    assert events("--person", ada.username, "--kind", "thrown-away")[0]["what"]["what"] == "sesame.jpg"
    listed = reverse("admin:audit_auditevent_changelist")
    auditor, operator = browser(made("auditor", capsys)), browser(made("operator", capsys))
    for event in AuditEvent.objects.filter(kind__in=("thrown-away", "restored", "bin-emptied", "format-fetched")):
        assert "sesame" not in text(auditor, page(event))
        assert "sesame" in text(operator, page(event))
    assert "thrown away" in text(auditor, listed)
    assert "sesame" not in text(auditor, listed)
    assert "sesame" in text(operator, listed)


def test_what_an_auditor_opens_is_kept_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    ada = rows.everything("one")
    person = made("auditor", capsys)
    auditor = browser(person)
    photo = Photo.objects.get()
    Photo.objects.update(name="secret.jpg")
    submit(auditor, page(photo, "do/open/"), {"text": "  "})
    assert "secret.jpg" not in text(auditor, page(photo))
    submit(auditor, page(photo, "do/open/"), {"text": "Ada asked us to look."})
    assert "secret.jpg" in text(auditor, page(photo))
    told = events("--person", ada.username, "--actor", person.username)
    assert [(one["kind"], one["what"]["why"]) for one in told] == [("staff-acted", "Ada asked us to look.")]
    session = auditor.session
    session[opening.OPENED] = {key: at - opening.LASTS - 1 for key, at in session[opening.OPENED].items()}
    session.save()
    assert "secret.jpg" not in text(auditor, page(photo))


def test_a_file_asks_an_auditor_too(exporter: Exporter, http: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    exporter.send_file("blobs", {"@type": "DigitalDocument", "path": "/", "name": "walk.txt"}, b"a secret walk")
    content = Content.objects.get()
    auditor = browser(made("auditor", capsys))
    cookies = {"Cookie": f"sessionid={auditor.cookies['sessionid'].value}"}
    asked = http.get(f"/content/{content.sha256}", headers=cookies)
    saved = http.get("/lists/importers/file.csv", headers=cookies)
    assert saved.status_code == 200
    assert "walk.txt" not in saved.text
    assert (asked.status_code, asked.headers["location"]) == (302, page(content, "do/open/"))
    submit(auditor, page(content, "do/open/"), {"text": "A complaint."})
    assert http.get(f"/content/{content.sha256}", headers=cookies).content == b"a secret walk"


def test_an_auditor_changes_nothing_and_an_operator_gives_no_rights(capsys: pytest.CaptureFixture[str]) -> None:
    ada = rows.person("ada", quota_bytes=5_000_000_000)
    auditor, operator = browser(made("auditor", capsys)), browser(made("operator", capsys))
    assert "5 GB" in text(auditor, page(ada))
    assert "5000000000" not in text(auditor, page(ada))
    assert auditor.post(page(ada, "do/block/"), {"confirmed": "yes"}).status_code == 403
    assert auditor.post(page(ada), {"username": "eve"}).status_code == 403
    submit(operator, page(ada, "do/block/"), {"text": "Write to us."})
    ada.refresh_from_db()
    assert ada.blocked == "operator"
    assert "is_superuser" not in operator.get(page(ada)).content.decode().replace("field-is_superuser", "")
    rows.everything("one")
    assert "Open it" not in text(operator, page(Photo.objects.get()))


def test_an_administrator_is_a_superuser_by_either_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert made("administrator", capsys).is_superuser
    call_command("create_account", "boss", "--email", "boss@example.org", "--staff")
    boss = User.objects.get(username="boss")
    assert (boss.is_staff, boss.is_superuser) == (True, True)
