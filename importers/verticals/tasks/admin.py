"""Lists and tasks."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from importers.admin import links
from importers.admin.records import ContainerAdmin, RecordAdmin
from importers.verticals.tasks.models import Task, TaskList


class TaskListAdmin(ContainerAdmin):
    @admin.display(description=_("holds"))
    def holds(self, record: TaskList) -> SafeString | str:
        return links.list_of(
            Task,
            gettext("tasks: %(number)s") % {"number": links.counted(record.tasks.all())},
            list__id__exact=record.pk,
        )


class TaskAdmin(RecordAdmin):
    columns = ("list_page", "due", "done")
    facts = ("list_page", "title", "notes", "due", "due_at", "zone", "done", "done_at", "done_zone")
    large = ("payload", "notes")
    words = ("title", "notes")
    list_select_related = (*RecordAdmin.list_select_related, "list")
    linked_by = (*RecordAdmin.linked_by, "list__id__exact")

    @admin.display(description=pgettext_lazy("of a task", "due"), ordering="due_at")
    def due(self, record: Task) -> str:
        return record.due or "–"

    @admin.display(description=pgettext_lazy("of a task", "done"), ordering="done_at")
    def done(self, record: Task) -> str:
        return record.done or "–"

    @admin.display(description=_("list"))
    def list_page(self, record: Task) -> SafeString | str:
        return links.page_of(record.list)


admin.site.register(TaskList, TaskListAdmin)
admin.site.register(Task, TaskAdmin)
