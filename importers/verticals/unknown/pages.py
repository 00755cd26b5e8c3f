"""How items are shown that were kept as they came."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from importers.models import Container
from importers.pages.kinds import RecordPages, register
from importers.verticals.unknown.models import UnknownItem


@register(UnknownItem)
class UnknownItemPages(RecordPages):
    """Of such a one only its type is known, and all its fields as they stand."""

    words: ClassVar = {"vertical": _("Sent to"), "type": ""}
    title_columns: ClassVar = ("type",)
    row_columns: ClassVar = ("vertical",)

    def record_context(self, record: Any, container: Container | None = None) -> dict[str, Any]:
        return {"tree_is_open": True}
