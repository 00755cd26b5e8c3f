"""Deleted accounts, in the admin: that they were, without saying whose."""

from accounts.admin.processes import SeenAdmin
from accounts.admin.words import column


class AccountDeletionAdmin(SeenAdmin):
    """When each was, why, and how many rows went. Those without an end are under way."""

    list_display = ("account", "reason", "begun", "ended", "rows")
    begun, ended = column("begun_at"), column("ended_at")
    fields = ("account", "reason", "begun_at", "ended_at", "rows")
    ordering = ("-begun_at",)
