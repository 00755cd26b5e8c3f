"""What befalls an account, by chance: items of every kind that come, come again and say something else, and what its
person throws away and brings back. A seed tells all of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from accounts.models import Application
from accounts.oauth.issue import issue
from importers.models import Record, Revision
from importers.vertical import record_models
from importers.verticals.blobs.models import File, FileVersion
from tests.support.bins import BinVisitor
from tests.support.exporter import Exporter, Person, file_item
from tests.verticals.contacts.samples import cards
from tests.verticals.mail.samples import folder as mailbox
from tests.verticals.mail.samples import mail, message

NAMES = ("a.txt", "A.txt", "b", "\u00e9.txt", "e\u0301.txt", "a (1).txt", " .x", "con")
FOLDERS = ("/x", "/x/y", "/X", "/foo/bar", "/Data", "/e\u0301")
BYTES = (b"", b"one", b"two", b"three" * 100)
TITLES = ("One", "Two", "three", " ", "")
# What each account has for itself, or finds out for itself.
OWN = frozenset(
    (
        "id", "owner", "source", "transfer", "seen_in", "identity", "doc_id", "place", "same_name", "arrived_at",
        "received_at", "changed_at", "trashed_at", "reading", "is_unread", "unread", "expanded",
    )
)  # fmt: skip

Sent = tuple[str, dict[str, Any], bytes | None]  # vertical, item, and bytes if it has some


@dataclass
class History:
    """Draws what happens next. Few names, ids and words: they meet all the time."""

    seed: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311

    def item(self) -> Sent:
        kinds: tuple[Callable[[], Sent], ...] = (
            self._file, self._file, self._file, self._folder, self._album, self._picture, self._post, self._calendar,
            self._event, self._card, self._mail, self._mailbox, self._note, self._task, self._music, self._steps,
            self._poem,
        )  # fmt: skip
        return self.chance.choice(kinds)()

    def record(self, person: Person) -> Record | None:
        """Something of theirs; None where they have nothing."""
        models = [model for model in record_models() if model._default_manager.filter(owner=person.row).exists()]
        if not models:
            return None
        return self.chance.choice(list(self.chance.choice(models)._default_manager.filter(owner=person.row)))

    def _number(self) -> int:
        return self.chance.randrange(4)

    def _title(self) -> str:
        return self.chance.choice(TITLES)

    def _bytes(self) -> bytes | None:
        return self.chance.choice((None, None, *BYTES))

    def _file(self) -> Sent:
        modified = self.chance.choice(("2020-02-01", "2021-03-04T05:06:07Z", "2030-01-01"))
        item = file_item(self.chance.choice(NAMES), self.chance.choice(FOLDERS), dateModified=modified)
        return "blobs", item, self.chance.choice(BYTES)

    def _folder(self) -> Sent:
        return "blobs", {"@type": "Folder", "path": self.chance.choice(FOLDERS), "dateCreated": "2019-01-01"}, None

    def _album(self) -> Sent:
        album: dict[str, Any] = {"@type": "Album", "id": str(self._number()), "name": self._title()}
        return "media", album | {"description": self.chance.choice((None, "said"))}, None

    def _picture(self) -> Sent:
        item = {"@type": self.chance.choice(("Photo", "Video")), "name": self.chance.choice(("p.jpg", "q", ""))}
        where = {"albumId": self.chance.choice((None, "0", "1", "9")), "description": self._title()}
        return "media", {**item, **where}, self.chance.choice(BYTES)

    def _post(self) -> Sent:
        activity = {"id": f"p{self._number()}", "title": self._title(), "content": self.chance.choice("abc")}
        return "social-posts", {"@type": "SocialActivity", "activity": activity}, None

    def _calendar(self) -> Sent:
        return "calendar", {"@type": "Calendar", "id": f"c{self._number()}", "name": self._title()}, None

    def _event(self) -> Sent:
        start = {"dateTime": "2024-06-03T10:00:00Z", "dateOnly": self.chance.choice((True, False))}
        event = {"@type": "CalendarEvent", "calendarId": f"c{self._number()}", "title": self._title()}
        named = {"id": f"e{self._number()}"} if self.chance.choice((True, False)) else {}
        return "calendar", event | named | {"startTime": start}, None

    def _card(self) -> Sent:
        uid = self.chance.choice((f"UID:u{self._number()}\r\n", ""))
        said = f"FN:{self._title()}{self._number()}\r\n{uid}NOTE:{self.chance.choice('abc')}\r\n"
        return "contacts", cards(f"BEGIN:VCARD\r\nVERSION:3.0\r\n{said}END:VCARD\r\n"), None

    def _mail(self) -> Sent:
        places = self.chance.sample(("inbox", "label", "z"), self.chance.randrange(3))
        return "mail", mail(message(f"S{self._number()} {self._title()}"), *places), None

    def _mailbox(self) -> Sent:
        return "mail", mailbox(self.chance.choice(("inbox", "label")), self._title()), None

    def _note(self) -> Sent:
        note = {"@type": "Note", "id": f"n{self._number()}", "title": self._title(), "text": self.chance.choice("abc")}
        return "notes", note, self._bytes()

    def _task(self) -> Sent:
        number = self._number()
        tasks = {"@type": "TaskList", "id": f"l{number}", "name": self._title()}
        task = {"@type": "Task", "taskListId": f"l{number}", "text": self._title(), "notes": self.chance.choice("ab")}
        return "tasks", self.chance.choice((tasks, task)), None

    def _music(self) -> Sent:
        number, title = self._number(), self._title()
        track = {"@type": "MusicRecording", "isrcCode": f"GBUM7102960{number}", "title": title}
        playlist = {"@type": "MusicPlaylist", "id": f"p{number}", "title": title}
        entry = {"@type": "MusicPlaylistItem", "track": track, "playlistId": f"p{number}", "order": number}
        return "music", self.chance.choice((playlist, track, entry)), None

    def _steps(self) -> Sent:
        steps = {"@type": "Steps", "identifier": self._number(), "name": self._title(), "count": self._number()}
        return "offline-data", steps, self._bytes()

    def _poem(self) -> Sent:
        return "blobs", {"@type": "Poem", "id": self._number(), "text": self._title()}, self._bytes()


class LivedIn:
    """An account in which a history happens: two services send to it, and its person throws away and brings back."""

    def __init__(self, server: str, person: Person, like: "LivedIn | None" = None) -> None:
        """`like`: another account, to which the same services send, too."""
        client = Client()
        client.force_login(person.row)
        self.person, self.visitor = person, BinVisitor(client)
        self.services = [Exporter(server, person, name, name) for name in ("One", "Two")]
        for service, same in zip(self.services, like.services if like else (), strict=False):
            service.tokens["access_token"] = _token_of(same.client["client_id"], person)
            service.job, service.recurring = same.job, same.recurring

    def begin_job(self, service: int, job: str, recurring: str) -> None:
        self.services[service].job, self.services[service].recurring = job, recurring

    def take(self, service: int, sent: Sent) -> int:
        """The status that an item is answered with."""
        vertical, item, content = sent
        exporter = self.services[service]
        answer = exporter.send(vertical, item) if content is None else exporter.send_file(vertical, item, content)
        return answer.status_code

    def turn(self, record: Record) -> None:
        """Throws it away, or brings it back."""
        kind = str(record._meta.model_name)
        if record.trashed_at is None:
            self.visitor.throw(kind=kind, id=record.doc_id)
        else:
            self.visitor.restore(kind=kind, id=record.doc_id)

    def same(self, record: Record) -> Record:
        """What another account's record is here."""
        alike = type(record)._default_manager.filter(owner=self.person.row, source__client_id=record.source.client_id)
        (found,) = (one for one in alike if _identified_by(one) == _identified_by(record))
        return found

    def close(self) -> None:
        for service in self.services:
            service.http.close()


def _token_of(client: str, person: Person) -> str:
    return issue(person.row, Application.objects.get(client_id=client), "import").access_token


def _identified_by(record: Record) -> str:
    """What identifies a record at its service, in every account. What identifies a file that came after one of its name
    is not the same everywhere: it is one of so many of its name."""
    return f"{record.same_name} {_ahead_of(record)}" if isinstance(record, File) else record.identity


def _ahead_of(file: File) -> int:
    named = File.objects.filter(source_id=file.source_id, same_name=file.same_name)
    return named.filter(received_at__lt=file.received_at).count()


def states(person: Person) -> dict[tuple[str, str, str], Any]:
    """What an account says of each record, by its kind, service and identity: columns, bytes, whether it is in the bin,
    what it said before. Without files that came after one of their name: two accounts that got them each for itself
    have two of them when one's archive has come to the other."""
    found = {}
    for model in record_models():
        for record in model._default_manager.filter(owner=person.row).select_related("source"):
            if not isinstance(record, File) or not _ahead_of(record):
                found[str(model.__name__), record.source.client_id, _identified_by(record)] = _state(record)
    return found


def _state(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for column in record._meta.concrete_fields:
        if column.name in OWN:
            continue
        value = getattr(record, column.name)
        said[column.name] = getattr(value, "sha256", getattr(value, "identity", value)) if column.is_relation else value
    kind, owner = str(record._meta.model_name), record.owner_id
    earlier = Revision.objects.filter(owner=owner, kind=kind, doc_id=record.doc_id).values_list("payload", flat=True)
    said |= {"id": record.doc_id, "in bin": record.trashed_at is not None, "named only": record.is_placeholder}
    said["earlier"] = sorted(set(earlier))
    if isinstance(record, File):
        versions = FileVersion.objects.filter(file=record).values_list("content__sha256", "payload")
        said["versions"] = sorted(set(versions))
    return said
