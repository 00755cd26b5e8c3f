"""Notes."""

from django.contrib import admin

from importers.freeform.admin import FreeformAdmin, FreeformFileAdmin
from importers.verticals.notes.models import Note, NoteFile


class NoteAdmin(FreeformAdmin):
    columns = (*FreeformAdmin.columns, "edited_at")
    facts = (*FreeformAdmin.facts, "written_at", "edited_at", "tags")
    large = (*FreeformAdmin.large, "tags")
    words = (*FreeformAdmin.words, "tags")


admin.site.register(Note, NoteAdmin)
admin.site.register(NoteFile, FreeformFileAdmin)
