"""Notes."""

from django.contrib import admin

from accounts.admin.words import column
from importers.freeform.admin import FreeformAdmin, FreeformFileAdmin
from importers.verticals.notes.models import Note, NoteFile


class NoteAdmin(FreeformAdmin):
    columns = (*FreeformAdmin.columns, "edited")
    edited = column("edited_at")
    facts = (*FreeformAdmin.facts, "written_at", "edited_at", "tags")
    large = (*FreeformAdmin.large, "tags")
    words = (*FreeformAdmin.words, "tags")


admin.site.register(Note, NoteAdmin)
admin.site.register(NoteFile, FreeformFileAdmin)
