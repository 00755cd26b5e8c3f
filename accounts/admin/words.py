"""What the operator's pages call the columns of tables, where the database's name for one is no word for a person."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text

WORDS: Mapping[str, Text] = MappingProxyType(
    {
        # of jobs
        "doc_id": _("id"),
        "origin": _("asked for by"),
        "created_at": _("asked for"),
        "started_at": _("begun"),
        "finished_at": _("ended"),
        "ended_at": _("ended"),
        "epoch": _("runs so far"),
        "tries": _("tries that failed"),
        "retry_at": _("next try"),
        "heartbeat_at": _("last sign of life"),
        "process": _("process that works on it"),
        "woken_at": _("a worker was last told"),
        "mailed_at": _("mail sent"),
        # of exports
        "with_doctypes": _("only these kinds"),
        "bin_folder": _("folder for what is in the bin"),
        "cut_names": _("names that were cut"),
        "snapshot_at": _("as of"),
        "expires_at": _("expires"),
        "removed_at": _("its files were removed"),
        # of imports
        "server": _("from"),
        "reported": _("lines of the report"),
        "settled_at": _("all who waited were told"),
        "paths": _("files on this machine"),
        # of moves
        "peer_url": _("other server"),
        "why": _("why it was called off"),
        "vault": _("a vault is to be moved by hand"),
        "changes": _("stays in use until all but the last changes are there"),
        "confirmed_at": _("confirmed by the person"),
        "frozen_at": _("account closed for it"),
        "reopened_at": _("account open again"),
        "next_at": _("next step is due"),
        "lease_until": _("ends by itself"),
        "greeted_at": _("other server last called"),
        "mail_due": _("mail that is to be sent"),
        "mail_at": _("mail is due"),
        "rounds": _("times that missing parts were fetched again"),
        "proven_count": _("files left out, and proven to be there"),
        # of what came in
        "vertical": _("kind of data"),
        "job_id": _("job of the exporter"),
        "recurring_job_id": _("recurring job of the exporter"),
        "first_item_at": _("first item"),
        "last_item_at": _("last item"),
        "first_at": _("first"),
        "last_at": _("last"),
        "item_sha256": _("SHA-256 of the item"),
        "received_at": _("received"),
        "changed_at": _("last changed"),
        "trashed_at": _("in the bin since"),
        "replaced_at": _("replaced"),
        "deleted_at": _("deleted"),
        "modified_at": _("last modified"),
        "uploaded_at": _("uploaded"),
        "published_at": _("published"),
        "edited_at": _("edited"),
        "written_at": _("written"),
        "made_at": _("made"),
        "sent_at": _("sent"),
        "starts_at": _("begins"),
        "ends_at": _("ends"),
        "message_id": _("what its sender's program calls it"),
        "favorite_changed_at": _("favorite since, or no more"),
        "identifier": _("what the exporter calls it"),
        "identity": _("what it is known again by"),
        "seen_in": _("last sent in"),
        "shown_name": _("name as it is shown"),
        "mime": _("media type"),
        "actor_name": _("by"),
        "actor_url": _("address of who wrote it"),
        "url": _("address"),
        "uid": _("UID"),
        "isrc": _("ISRC"),
        "icpn": _("ICPN"),
        "duration_ms": _("milliseconds"),
        # of stored bytes
        "sha256": _("SHA-256"),
        "storage_key": _("key in the storage"),
        "unneeded_since": _("held by nobody since"),
        # of the machinery
        "seen_at": _("last sign of life"),
        "due_at": _("due"),
        "told_at": _("workers were last told"),
        "begun_at": _("begun"),
        "working_at": _("somebody is at it since"),
        "sending_at": _("somebody is sending it since"),
        "user": _("person"),
        "user_permissions": _("permissions"),
        "at": _("when"),
        "blocked_at": _("blocked since"),
        "done_at": _("done"),
        "application": _("service"),
    }
)


def worded(name: str) -> str:
    """Returns what a name of the code says, which is made of English words: in the language of whoever reads it, where
    the catalogues know it (accounts/admin/names.py)."""
    return gettext(name.replace("_", " ")) if name else ""


def column(name: str, said: Text = "") -> Callable[[Any, Any], Any]:
    """Returns a column of a list that shows a field under the word for it, or under another one."""

    @admin.display(description=said or WORDS[name], ordering=name)
    def shown(model_admin: Any, row: Any) -> Any:
        return getattr(row, name)

    return shown


class WordedAdmin(admin.ModelAdmin):
    """Says them on its pages. `called`: those of its own, which count before the others."""

    called: ClassVar[Mapping[str, Text]] = {}

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        """The form, whose labels stand before fields that are only shown, too."""
        columns = {field.name for field in self.model._meta.get_fields()}
        labels = {name: said for name, said in {**WORDS, **self.called}.items() if name in columns}
        return super().get_form(request, obj, change, labels=labels, **kwargs)
