"""CONTACTS: people and organisations, and the groups that they are in."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from importers.vertical import DocumentImporter, Vertical
from importers.verticals.contacts import working
from importers.verticals.contacts.cozy import CONTACTS, GROUPS
from importers.verticals.contacts.documents import (
    CONTACT_IMPORTER,
    CONTACT_RECORDS,
    GROUP_IMPORTER,
    GROUP_RECORDS,
    LISTS,
)
from importers.verticals.contacts.formats import VCARD_3, VCARD_4
from importers.verticals.contacts.items import ContactsItem, LongContactsItem
from importers.verticals.contacts.site import SITE


class ContactsVertical(Vertical):
    """Contacts, and those of them that are still to be read."""

    title = _("Contacts")
    items = (ContactsItem, LongContactsItem)
    kinds = (GROUP_RECORDS, LISTS, CONTACT_RECORDS)
    formats = (VCARD_4, VCARD_3)
    site = SITE
    foreign = {CONTACTS: CONTACT_IMPORTER, GROUPS: GROUP_IMPORTER}

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        return {
            **super().importers(),
            (GROUPS, GROUP_RECORDS.name): GROUP_IMPORTER,
            (CONTACTS, CONTACT_RECORDS.name): CONTACT_IMPORTER,
        }

    def work_off(self, seconds: float) -> int:
        return working.work_off(seconds)


VERTICAL = ContactsVertical()
