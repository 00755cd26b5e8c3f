"""How contacts are shown."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from importers.pages.kinds import RecordPages, register
from importers.verticals.contacts.labels import said_labels
from importers.verticals.contacts.models import Contact

LABELLED = ("telephones", "emails", "addresses")


@register(Contact)
class ContactPages(RecordPages):
    """A contact may have no name, but an organisation or an address."""

    words: ClassVar = {"uid": "", "emails": _("E-mail"), "unread": _("What this server can’t read")}
    title_columns: ClassVar = ("organization", "emails", "telephones")
    row_columns: ClassVar = ("organization", "emails", "telephones")

    def said(self, record: Any, name: str) -> Any:
        said = super().said(record, name)
        return said_labels(said) if name in LABELLED else said
