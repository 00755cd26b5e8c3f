"""How tasks are shown."""

from typing import Any, ClassVar

from django.utils.translation import gettext, pgettext

from importers.pages.kinds import RecordPages, register
from importers.pages.shown import Shown
from importers.verticals.tasks.models import Task


@register(Task)
class TaskPages(RecordPages):
    """A task is due, or done, when its list says so."""

    words: ClassVar = dict.fromkeys(("due_at", "all_day", "zone", "done_at", "done_all_day", "done_zone"), "")
    loaded: ClassVar = ("due_at", "all_day", "zone", "done_at", "done_all_day", "done_zone")

    def row_facts(self, record: Any) -> list[Shown]:
        due, done = gettext("due %(when)s"), gettext("done %(when)s")
        said = [Shown(pgettext("of a task", "Due"), due % {"when": record.due})] if record.due else []
        return [*said, Shown(pgettext("of a task", "Done"), done % {"when": record.done})] if record.done else said

    def facts(self, record: Any) -> list[Shown]:
        when = ((pgettext("of a task", "Due"), record.due), (pgettext("of a task", "Done"), record.done))
        return [*(Shown(words, value) for words, value in when if value), *super().facts(record)]
