"""What is thrown away, brought back or deleted, in words: in English as it is written down, and as people read it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from accounts.local_times import day
from accounts.texts import in_english, translated
from importers.models import BinJob
from importers.vertical import kinds

OWN = "%(title)s"  # what a record is called itself
EVERYTHING = gettext_noop("everything in the bin")
ALL = "%(all)s"
SOME = gettext_noop("%(number)s %(kinds)s")
FOLDER = gettext_noop("the folder %(path)s")
FOLDERS = gettext_noop("%(folders)s folders")
FOLDER_AND_ONE = gettext_noop("the folder %(path)s and %(title)s")
FOLDER_AND_SOME = gettext_noop("the folder %(path)s and %(number)s %(kinds)s")
FOLDERS_AND_ONE = gettext_noop("%(folders)s folders and %(title)s")
FOLDERS_AND_SOME = gettext_noop("%(folders)s folders and %(number)s %(kinds)s")
ONE_FOLDER = (FOLDER, FOLDER_AND_ONE, FOLDER_AND_SOME)
SEVERAL_FOLDERS = (FOLDERS, FOLDERS_AND_ONE, FOLDERS_AND_SOME)
OF_SOURCE = gettext_noop("everything that came from %(service)s")
OF_TRANSFER = gettext_noop("everything that came from %(service)s on %(day)s")
KIND_OF_TRANSFER = gettext_noop("the %(kinds)s that came from %(service)s on %(day)s")
INSIDE = gettext_noop("the %(kinds)s in %(title)s")
OF_CLIENT = gettext_noop("everything that %(client)s brought")


@dataclass(frozen=True)
class BinTitle:
    """`words`: one of those above; `values`: what they put in. Of `kinds` and `all` that is the name of a kind, of
    `day` a moment as a text."""

    words: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """In the language that is active."""
        return gettext(self.words) % {name: _said(name, value) for name, value in self.values.items()}

    @property
    def at_start(self) -> str:
        """The same where a line begins. What somebody has called something stays as it is."""
        said = str(self)
        return said if self.words == OWN else said[:1].upper() + said[1:]

    @property
    def written(self) -> str:
        """In English, as it is kept and told the audit trail."""
        with in_english():
            return str(self)

    @property
    def as_json(self) -> dict[str, Any]:
        """What `title_of` reads."""
        return {"words": self.words, "values": self.values}


def called(job: BinJob) -> BinTitle:
    """Returns what a job is about; in English where only that is known of it."""
    return BinTitle(job.said["words"], job.said["values"]) if job.said else BinTitle(OWN, {"title": job.title})


def title_of(job: BinJob) -> str:
    """Returns the same in the language that is active."""
    return str(called(job))


def _said(name: str, value: Any) -> str:
    if name in ("kinds", "all"):
        kind = next((kind for kind in kinds() if kind.name == value), None)
        if kind is None:  # it is not known any more
            return str(value)
        return str(kind.all_words if name == "all" else kind.words[1])
    if name in ("service", "client"):
        return translated(str(value))
    return day(datetime.fromisoformat(value)) if name == "day" else str(value)
