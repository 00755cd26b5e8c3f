"""People in every state that pages show: who has everything, who has nothing, who comes, who goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from accounts.models import AccountDeletion, Letter, PeriodicTask, ProcessSign, User
from importers import tasks
from importers.models import Source
from importers.verticals.blobs.models import File
from importers.verticals.social_posts.models import SocialActivity
from moves.models import Fetch, Move
from moves.wizard.journey import JOURNEY_COOKIE
from tests.support import arrivals, drawn, pictures, rows
from tests.support.bringing import Bringing
from tests.support.cozy_archives import BROKEN, cozy_zip
from tests.support.exporter import Exporter, Person, file_item
from tests.support.factors import passkey
from tests.support.signing_up import unproven
from tests.support.takeout import TakeOut
from tests.support.wizard_peer import WizardPeer
from tests.support.wizard_visitor import OURS, WizardVisitor, both
from tests.support.worker import PASSWORD

LONG = "A name that never ends " + "andgoesonandon" * 12
HOSTILE = "invoice\u202efdp.exe <b>&amp; \u0645\u0644\u0641 北京.txt"


def fill(server: str) -> dict[str, str]:
    """Makes them all. Returns the cookies of those whom the wizard leads, by how far they are."""
    with httpx.Client(base_url=server) as http, override_settings(WHARF_TRUSTED_NETWORKS=["127.0.0.0/8"]):
        _who_has_everything(server, http)
    now = timezone.now()
    rows.person("grace")
    rows.person("dora", deletion_at=now + timedelta(days=6), deletion_by=User.DeletionBy.PERSON)
    ingrid, anna = rows.person("ingrid"), rows.person("anna")
    arrivals.arriving(ingrid)
    arriving = arrivals.announced(anna, state=Move.State.IMPORTING)
    arrivals.arriving(anna, move=arriving)
    _leaving(rows.person("lena"))
    _moved(rows.person("moira"))
    _secured("nora", "norbert")
    rows.person("olaf")
    unproven(rows.person("una"))
    _arrived(rows.person("abel"))
    _stopped(rows.person("stella"))
    _staff()
    _machinery()
    tasks.index_search()
    return _in_the_wizard(server)


def _who_has_everything(server: str, http: httpx.Client) -> None:
    rows.everything("ada")
    default_storage.save("bytes-ada", ContentFile(bytes(1234)))  # where its rows say that they are
    User.objects.filter(username="pada").update(username="ada", quota_bytes=200_000_000)
    ada = Person("ada")
    with Exporter(server, ada, "Cloud One") as exporter:
        exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": f"Home {LONG}"})
        exporter.send("calendar", _event("Tea, with Grace"))
        exporter.send("calendar", _event(LONG))
        exporter.send_file("notes", {"@type": "Note", "id": "n2", "name": LONG}, pictures.jpeg(), "image/jpeg")
        for name in (LONG, HOSTILE):
            exporter.send_file("blobs", file_item(name, "/root/foo"), name.encode())
            exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": name, "content": name * 3}})
        drawn.send(exporter, {"Lisbon.jpg": pictures.jpeg(), f"{LONG}.jpg": pictures.jpeg(300, 500)})
        exporter.send("blobs", {"@type": "File", "name": f"{HOSTILE} {LONG}"})
        exporter.new_job()
    call_command("thumbnails")
    for model in (File, SocialActivity):
        model.objects.filter(pk=model.objects.earliest("pk").pk).update(trashed_at=timezone.now())
    made = TakeOut.made(http, ada)
    Fetch.objects.create(
        export=made.row,
        part=0,
        address="192.0.2.7",
        agent="Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0",
    )
    Bringing.of(http, ada, cozy_zip(BROKEN))


def _event(title: str) -> dict[str, Any]:
    """An event that comes again every week, since last week."""
    begins = timezone.now() - timedelta(days=7)
    return {
        "@type": "CalendarEvent",
        "calendarId": "c1",
        "title": title,
        "startTime": {"dateTime": begins.isoformat(), "dateOnly": False},
        "endTime": {"dateTime": (begins + timedelta(hours=1)).isoformat(), "dateOnly": False},
        "recurrenceRule": {"stringList": ["RRULE:FREQ=WEEKLY;COUNT=40"]},
    }


def _leaving(person: User) -> None:
    now = timezone.now()
    move = Move.objects.create(
        owner=person,
        side=Move.Side.SOURCE,
        state=Move.State.WAITING,
        peer_url="https://new.example/",
        lease_until=now + timedelta(hours=1),
        confirmed_at=now,
        greeted_at=now,
    )
    for words in ("Packing", "Sending"):
        move.steps.create(state=Move.State.WAITING, what=words, outcome="done")


def _moved(person: User) -> None:
    now = timezone.now()
    Move.objects.create(
        owner=person,
        side=Move.Side.SOURCE,
        state=Move.State.MOVED,
        peer_url="https://new.example/",
        lease_until=now,
        confirmed_at=now,
        frozen_at=now,
        ended_at=now,
        receipt={"side": "source", "account": person.username, "server": "https://here.example"},
    )
    User.objects.filter(pk=person.pk).update(
        blocked=User.Blocked.MOVED, moved_to="https://new.example/", delete_after=now + timedelta(days=30)
    )


def _secured(*names: str) -> None:
    """With an app, a passkey, and codes that replace them."""
    for name in names:
        owner = rows.person(name)
        owner.set_password(PASSWORD)
        owner.save()
        TOTP.activate(owner, generate_totp_secret())
        RecoveryCodes.activate(owner)
        WebAuthn.add(owner, LONG, passkey())


def _arrived(person: User) -> None:
    now = timezone.now()
    move = arrivals.announced(person, state=Move.State.ARRIVED, ended_at=now)
    proof = {"kind": "manifest", "documents": 1234, "files": 1000, "size": 240_000_000, "equal": 1234, "missing": []}
    came = arrivals.arriving(person, move=move, state="done", finished_at=now, proof=proof)
    Move.objects.filter(pk=move.pk).update(current_import=came)
    for name in ("Cloud One", HOSTILE):
        Source.objects.create(owner=person, client_id=name, client_name=name)


def _stopped(person: User) -> None:
    move = arrivals.announced(person, state=Move.State.FAILED, ended_at=timezone.now(), why=Move.Why.STOPPED)
    Move.objects.filter(pk=move.pk).update(error="The move was stopped by stella.")


def _in_the_wizard(server: str) -> dict[str, str]:
    steps: dict[str, Callable[[WizardVisitor, WizardPeer, WizardPeer], Any]] = {
        "wizard: leave": lambda visitor, source, target: visitor.type(source.url),
        "wizard: target": lambda visitor, source, target: visitor.choose(source.url),
        "wizard: check": both,
        "wizard: full": both,
    }
    cookies = {}
    with override_settings(WHARF_TRUSTED_NETWORKS=["127.0.0.0/8"], WHARF_BASE_URL=server):
        for name, step in steps.items():
            room = 5_000 if name == "wizard: full" else 5_000_000
            with WizardPeer(used=123_456, vault=True, status=OURS) as source, WizardPeer(quota=room) as target:
                visitor = WizardVisitor(server)
                step(visitor, source, target)
                cookies[name] = f"{JOURNEY_COOKIE}={visitor.http.cookies[JOURNEY_COOKIE]}"
                visitor.http.close()
    return cookies


def _staff() -> None:
    for name, role in (("operator", "administrator"), ("auditor", "auditor")):
        call_command("create_account", name, "--email", f"{name}@example.org", "--role", role, "--json")


def _machinery() -> None:
    """What the operator sees of the server itself."""
    now = timezone.now()
    web = {"kind": ProcessSign.Kind.values[0], "host": "web-1.example", "process": 17}
    ProcessSign.objects.get_or_create(**web, defaults={"started_at": now, "seen_at": now})
    PeriodicTask.objects.get_or_create(name="collect", defaults={"due_at": now, "failure": "The disk was full."})
    Letter.objects.create(kind="deletion", about={})
    AccountDeletion.objects.create(account=4711, reason=AccountDeletion.Reason.values[0])
