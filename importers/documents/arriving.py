"""A document that came in an archive, and what becomes of it.

Nothing in an archive is trusted. Whose a record is, what it counts in the quota and where bytes lie is never read from
it; every text is one that a column can hold, every moment one that a database can hold (see values.py). What can't be
read is `Unreadable`, with a sentence.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from accounts.texts import kept_text
from importers.documents.values import Unreadable
from importers.models import Content


class Outcome(StrEnum):
    """What became of a document."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"  # the archive's was newer; what was here is kept as an earlier version
    OLDER = "older"  # what is here is newer; the archive's is kept as an earlier version, or reported
    RENAMED = "renamed"  # another one stands where it stood
    REFUSED = "refused"
    IGNORED = "ignored"  # never imported


# Where documents say what people call them, the most telling first.
NAMED_BY = ("path", "name", "fullname", "displayName", "title", "label", "slug", "identifier")
LONGEST_CALLED = 200  # characters
NO_CONTENT = kept_text("Its content is missing in the archive.")

# What is reported of a document that became several records, or of which several things are to be said: the first of
# these that happened, so that what is said of what is here stays is not said under what was replaced.
WEIGHT = (Outcome.REFUSED, Outcome.RENAMED, Outcome.OLDER, Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


@dataclass(eq=False)
class ArrivingDocument:
    """A document on its way back: as it came, with its bytes in `content` if it has any, and what becomes of it.

    | field      | what it says                                            | who sets it                              |
    | ---------- | ------------------------------------------------------- | ---------------------------------------- |
    | `plain`    | what only this product says of it is not to be believed | placing: it has other bytes or is broken |
    | `unread`   | why it was not parsed: nothing is known of its body      | placing, when it comes                   |
    | `broken`   | why it could not be read; nothing of it has been kept   | its importer; placing before another one |
    | `outcomes` | what became of each of its records, by `became`         | its importer; placing, where none has it |
    | `wrote`    | something of the account has changed for it             | its importer, mostly by `became`         |
    | `notes`    | sentences for the report                                | both                                     |

    `begin_again` clears all but `unread`, when what was done for it was rolled back.
    """

    doctype: str
    id: str
    text: str = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    content: Content | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrote: bool = False
    unread: str = ""
    broken: str = ""
    plain: bool = False

    @property
    def facts(self) -> dict[str, Any] | None:
        """What only this product says of it; None where it says nothing."""
        if self.plain:
            return None
        metadata = self.body.get("metadata")
        wharf = metadata.get("wharf") if isinstance(metadata, dict) else None
        return wharf if isinstance(wharf, dict) else None

    @property
    def kind(self) -> str:
        """What only this product says that it is; empty where it says nothing."""
        kind = (self.facts or {}).get("kind")
        return kind if isinstance(kind, str) else ""

    @property
    def called(self) -> str:
        """What people call it, in quotation marks; its id, where it has no name."""
        named = (self.body.get(name) for name in NAMED_BY)
        found = next((one for one in named if isinstance(one, str) and one.strip()), self.id)
        return f"“{found[:LONGEST_CALLED]}”"

    @property
    def stored(self) -> Content:
        """Its bytes. Raises `Unreadable` where they have not come."""
        if self.content is None:
            raise Unreadable(NO_CONTENT)
        return self.content

    @property
    def outcome(self) -> Outcome:
        """What became of it, in one word."""
        return min(self.outcomes, key=WEIGHT.index, default=Outcome.UNCHANGED)

    @property
    def note(self) -> str:
        """Its notes, each once."""
        return " ".join(dict.fromkeys(self.notes))

    def became(self, outcome: Outcome, note: str = "", *, wrote: bool | None = None) -> None:
        """Notes what became of it, or of one of its records. `wrote`: else it follows from the outcome."""
        self.outcomes.append(outcome)
        if note:
            self.notes.append(note)
        self.wrote |= outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.RENAMED) if wrote is None else wrote

    def begin_again(self) -> None:
        """It is as it came, but for its bytes, since what was done for it was rolled back."""
        self.outcomes, self.notes, self.wrote, self.broken, self.plain = [], [], False, "", False
