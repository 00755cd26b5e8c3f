"""What a message says, for the columns of its record."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import pgettext_lazy

from accounts.texts import translated
from importers.digests import digest
from importers.verticals.mail.headers import Headers, shown
from importers.verticals.mail.parts import MessageParts

LONGEST_BEGIN, LONGEST_SUBJECT, LONGEST_NAME = 500, 2_000, 255  # characters
MOST_ADDRESSES = 1_000
MOST_REFERENCES = 100
# What the headers Status and X-Status say, which mailboxes on a disk have.
STATUS = {"R": "seen", "A": "answered", "F": "flagged", "T": "draft", "D": "deleted"}
SAID_FLAGS = {
    "seen": pgettext_lazy("what a mailbox says of a message", "seen"),
    "answered": pgettext_lazy("what a mailbox says of a message", "answered"),
    "flagged": pgettext_lazy("what a mailbox says of a message", "flagged"),
    "draft": pgettext_lazy("what a mailbox says of a message", "draft"),
    "deleted": pgettext_lazy("what a mailbox says of a message", "deleted"),
}
NO_NAME = "-"


def columns_of(message: MessageParts) -> dict[str, Any]:
    """Returns the columns that a message says itself. `labels` and `flags` are those in its headers, `references` the
    keys of the messages that it answers."""
    headers = message.headers or Headers(b"")
    own = (headers.ids("Message-ID") or [""])[0]
    return {
        "subject": headers.text("Subject")[:LONGEST_SUBJECT],
        "sender": "\n".join((headers.addresses("From") or headers.addresses("Sender"))[:MOST_ADDRESSES]),
        "recipients": "\n".join(headers.addresses("To", "Cc", "Bcc")[:MOST_ADDRESSES]),
        "sent_at": headers.sent_at,
        "message_id": shown(own),
        "message_key": key_of(own),
        "references": references_of(headers),
        "labels": lines([*headers.listed("X-Gmail-Labels"), *headers.text("X-Keywords").split()]),
        "flags": lines(STATUS[one] for one in headers.raw("Status") + headers.raw("X-Status") if one in STATUS),
        "attachments": "\n".join(
            "\t".join(
                [shown(part.headers.media_type), str(part.size), part.headers.file_name[:LONGEST_NAME] or NO_NAME]
            )
            for part in message.attachments
        ),
        "begins": shown(message.text)[:LONGEST_BEGIN],
        "problems": "\n".join(dict.fromkeys(message.problems)),
    }


def key_of(message_id: str) -> str:
    """Returns what stands for the identifier of a message; empty where it has none."""
    return digest("message", message_id) if message_id else ""


def references_of(headers: Headers) -> tuple[str, ...]:
    """Returns the keys of the messages that one answers: the first is the oldest."""
    named = headers.ids("References")
    named = [*named[:1], *named[1:][-MOST_REFERENCES:], *headers.ids("In-Reply-To")[:1]]
    return tuple(dict.fromkeys(map(key_of, named)))


def lines(texts: Iterable[str]) -> str:
    """Returns a line for each of these texts, each once."""
    return "\n".join(dict.fromkeys(filter(None, map(shown, texts))))


def together(kept: str, more: str) -> str:
    """Returns the lines of both, each once."""
    return lines([*kept.splitlines(), *more.splitlines()])


def said_problems(problems: str) -> str:
    """Returns what is broken of a message, as its column has it, in the language of whoever reads it."""
    return "\n".join(map(translated, problems.splitlines()))


def said_flags(flags: str) -> str:
    """Returns its flags in that language, as far as they are such as everybody knows."""
    return "\n".join(str(SAID_FLAGS.get(flag, flag)) for flag in flags.splitlines())
