"""Notes in the site of an archive."""

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.freeform.site import FreeformList
from importers.site.listing import cut, standing
from importers.verticals.notes.documents import FILES_OF_NOTES, NOTES
from importers.verticals.notes.models import Note


class Notebook(FreeformList):
    """Notes, those first that were written or changed last."""

    name = "notes"
    title = _("Notes")
    kinds = (NOTES,)
    files = FILES_OF_NOTES
    tags = True

    def rows(self, snapshot: Snapshot) -> QuerySet[Note]:
        rows = standing(snapshot, Note).annotate(
            sorted_at=Coalesce("edited_at", "written_at", "received_at"), says=cut("text")
        )
        columns = ("pk", "doc_id", "name", "identifier", "begins", "sorted_at", "tags", "says")
        return rows.order_by("-sorted_at", snapshot.from_the_end("doc_id")).values_list(*columns)


SITE = (Notebook(),)
