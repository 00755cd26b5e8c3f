"""The pages of exports, as a person sees them."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from moves.exports import job, links
from moves.exports.forms import choices
from moves.models import Event, Export, Fetch
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut
from tests.support.worker import PASSWORD, browser, hidden_fields, submit

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"


@pytest.fixture
def page(exporter: Exporter, ada: Person) -> Client:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    row = ada.row
    row.set_password(PASSWORD)
    row.save()
    return browser(row)


def test_an_export_is_begun_watched_and_fetched(page: Client, http: httpx.Client, ada: Person) -> None:
    assert (
        submit(page, "/settings/exports", {"what": "blobs", "parts_size": "0", "password": PASSWORD}).status_code == 302
    )
    export = Export.objects.get()
    assert export.with_doctypes == ["io.cozy.files", "io.cozy.files.versions", "io.cozy.photos.albums"]
    shown = page.get("/settings/exports").content.decode()
    assert "Make my archive" not in shown
    progress = re.search(r'data-progress="([^"]+)"', shown)
    assert progress
    assert page.get(progress[1]).json() == {"state": "exporting", "percent": 0, "said": "It waits for its turn."}
    job.run(export.pk)
    assert page.get(progress[1]).json()["state"] == "done"
    shown = page.get("/settings/exports").content.decode()
    part = re.search(r'href="(/move/exports/data/[^"]+)" download>Download, [0-9.]+ kB', shown)
    assert part
    assert "1 file, as it was on" in shown
    assert http.get(part[1], headers={"User-Agent": FIREFOX}).status_code == 200
    assert 'with <span class="name">Firefox on Windows</span>' in page.get("/settings/exports").content.decode()
    assert "Nobody, so far" not in page.get("/settings/exports").content.decode()


def test_everything_chosen_means_everything(page: Client) -> None:
    everything = {"what": list(choices()), "parts_size": "26843545600", "password": PASSWORD}
    submit(page, "/settings/exports", everything)
    assert (Export.objects.get().with_doctypes, Export.objects.get().parts_size) == ([], 25 * 1024**3)


@pytest.mark.parametrize("typed", ["wrong", ""])
def test_an_open_browser_is_not_enough_to_take_everything_out(page: Client, typed: str) -> None:
    fields = {"what": "blobs", "parts_size": "0", "password": typed}
    answer = submit(page, "/settings/exports", fields)
    assert answer.status_code == 422
    assert ("That is not your password" if typed else "This field is required") in answer.content.decode()
    assert not Export.objects.exists()


def test_an_open_browser_is_not_enough_to_see_the_links_either(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.ask(http, ada)
    shown = page.get("/settings/exports").content.decode()
    assert "Being made" in shown
    assert take_out.row.doc_id + "-" not in shown
    job.run(take_out.pk)
    for _ in range(2):
        shown = page.get("/settings/exports").content.decode()
        assert "Ready" in shown
        assert take_out.row.doc_id + "-" not in shown
        answer = sent_to_show(page, "wrong")
        assert answer.status_code == 422
        assert "That is not your password" in answer.content.decode()
        assert take_out.row.doc_id + "-" not in answer.content.decode()
    assert show_links(page).count(take_out.row.doc_id + "-") > 2
    assert take_out.row.doc_id + "-" not in browser(ada.row).get("/settings/exports").content.decode()
    session = page.session
    session["account_authentication_methods"][-1]["at"] -= 15 * 60
    session.save()
    assert take_out.row.doc_id + "-" not in page.get("/settings/exports").content.decode()


def sent_to_show(page: Client, password: str) -> Any:
    token = str(page.get("/settings/exports").context["csrf_token"])
    return page.post("/settings/exports/show", {"password": password, "csrfmiddlewaretoken": token})


def show_links(page: Client) -> str:
    """The page, after the password was typed."""
    assert sent_to_show(page, PASSWORD).status_code == 302
    return page.get("/settings/exports").content.decode()


def test_nothing_chosen_and_a_second_one_are_refused_in_words(page: Client) -> None:
    assert (
        "Choose at least one"
        in submit(page, "/settings/exports", {"parts_size": "0", "password": PASSWORD}).content.decode()
    )
    submit(page, "/settings/exports", {"what": "social_posts", "parts_size": "0", "password": PASSWORD})
    again = page.get("/settings/exports")
    assert "Being made" in again.content.decode()


def test_the_mailed_link_needs_no_log_in(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    path = f"/exports/{links.opaque(take_out.row)}"
    answer = http.get(path)
    assert answer.status_code == 200
    assert ">Download, " in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    Export.objects.update(expires_at=timezone.now())
    for dead in (path, "/exports/nonsense"):
        answer = http.get(dead)
        assert (answer.status_code, answer.headers["Referrer-Policy"]) == (404, "no-referrer")
        assert "This link leads nowhere any more" in answer.text


def test_a_revoked_link_is_dead_and_its_person_has_another(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    shown = page.get("/settings/exports")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown.content.decode())
    assert token
    revoke = f"/settings/exports/{take_out.row.doc_id}/revoke"
    assert page.post(revoke, {"csrfmiddlewaretoken": token[1]}).status_code == 302
    assert http.get(take_out.path).status_code == 404
    assert http.get(take_out.data_path()).status_code == 404
    part = re.search(r'href="(/move/exports/data/[^"]+)" download', show_links(page))
    assert part
    assert http.get(part[1]).status_code == 200
    assert Event.objects.filter(kind=Event.Kind.REVOKED).count() == 1


def test_nobody_revokes_or_sees_what_is_somebody_elses(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    other = browser(Person.create("bob").row)
    shown = other.get("/settings/exports").content.decode()
    assert take_out.row.doc_id not in shown
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
    assert token
    revoke = f"/settings/exports/{take_out.row.doc_id}/revoke"
    assert other.post(revoke, {"csrfmiddlewaretoken": token[1]}).status_code == 404
    assert http.get("/settings/exports").status_code == 302


def test_past_exports_and_failures_are_listed(page: Client, http: httpx.Client, ada: Person) -> None:
    TakeOut.made(http, ada)
    TakeOut.ask(http, ada)
    Export.objects.filter(state="exporting").update(state="error", error="The disk is full.")
    Export.objects.update(expires_at=timezone.now())
    shown = page.get("/settings/exports").content.decode()
    assert "The disk is full." in shown
    assert "1 file, " in shown
    assert "its link ended on" in shown


def test_the_archive_of_a_move_is_for_the_other_server_alone(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    Export.objects.update(origin="move")
    shown = page.get("/settings/exports").content.decode()
    assert "Made for a move" in shown
    assert ">Ready since " not in shown
    assert "Past archives" not in shown
    assert f"/settings/exports/{take_out.row.doc_id}/revoke" in shown  # but who has its link may read it
    Export.objects.update(origin="page")
    assert ">Ready since " in page.get("/settings/exports").content.decode()


def test_the_front_page_leads_fragments_to_their_export(page: Client, http: httpx.Client) -> None:
    for client in (page, browser()):
        assert "fragments.js" in client.get("/").content.decode()


def test_the_operator_sees_every_step(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    take_out.fetch(headers={"User-Agent": "curl/8"})
    operator = Person.create("grace").row
    operator.is_staff = operator.is_superuser = True
    operator.save()
    admin = browser(operator)
    assert "ada" in admin.get("/admin/moves/export/").content.decode()
    shown = admin.get(f"/admin/moves/export/{take_out.pk}/change/").content.decode()
    for words in ("snapshot taken", "io.cozy.files", "curl/8", "requested"):
        assert words in shown
    assert links.opaque(take_out.row) not in shown


def test_a_form_that_is_not_filled_in_is_answered_422_and_a_second_export_409(page: Client) -> None:
    for form in (
        {},
        {"what": "blobs"},
        {"what": "nothing", "parts_size": "0", "password": PASSWORD},
        {"what": "blobs", "parts_size": "5"},
    ):
        assert submit(page, "/settings/exports", form).status_code == 422
    fields = hidden_fields(page.get("/settings/exports")) | {
        "what": "social_posts",
        "parts_size": "0",
        "password": PASSWORD,
    }
    assert page.post("/settings/exports", fields).status_code == 302
    assert page.post("/settings/exports", fields).status_code == 409


def test_a_link_can_be_revoked_while_the_export_is_made(page: Client, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.ask(http, ada)
    revoke = f"/settings/exports/{take_out.row.doc_id}/revoke"
    shown = page.get("/settings/exports")
    assert f'action="{revoke}"' in shown.content.decode()
    assert page.post(revoke, hidden_fields(shown)).status_code == 302
    assert http.get(take_out.path).status_code == 404
    job.run(take_out.pk)
    assert http.get(take_out.path).status_code == 404
    assert "Ready" in page.get("/settings/exports").content.decode()


def test_everybody_who_fetched_is_shown_also_after_it_has_expired(
    page: Client, http: httpx.Client, ada: Person
) -> None:
    take_out = TakeOut.made(http, ada)
    for number in range(130):
        Fetch.objects.create(export=take_out.row, part=0, address="192.0.2.1", agent=f"agent-{number:03}", requests=1)
    everybody = f"/settings/exports/{take_out.row.doc_id}/fetches"
    for expires_at in (timezone.now() + timedelta(days=1), timezone.now()):
        Export.objects.update(expires_at=expires_at)
        shown = page.get("/settings/exports").content.decode()
        assert everybody in shown
        pages = [page.get(everybody, {"page": number}).content.decode() for number in (1, 2)]
        assert len(set(re.findall(r"agent-[0-9]+", "".join(pages)))) == 130
    Export.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert "And 110 more" in page.get("/settings/exports").content.decode()
    assert browser(Person.create("bob").row).get(everybody).status_code == 404
