"""Contacts, groups of them, and lists that are still being read."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import links
from importers.admin.records import ContainerAdmin, RecordAdmin
from importers.verticals.contacts.models import CardList, Contact, ContactGroup


class ContactGroupAdmin(ContainerAdmin):
    @admin.display(description=_("holds"))
    def holds(self, record: ContactGroup) -> SafeString | str:
        """Contacts say themselves which groups they are in."""
        inside = Contact.objects.filter(owner_id=record.owner_id, groups__contains=record.doc_id)
        return gettext("contacts: %(number)s") % {"number": links.counted(inside)}


class ContactAdmin(RecordAdmin):
    """What can't be read of a card is shown by its lines."""

    columns = ("organization", "telephones")
    facts = (
        "name",
        "organization",
        "telephones",
        "emails",
        "addresses",
        "birthday",
        "groups",
        "uid",
        "unread",
    )
    large = ("payload", "unread")
    words = ("name", "organization", "telephones", "emails")


class CardListAdmin(RecordAdmin):
    """They are here for seconds, or until their account takes new things again."""

    words = ("doc_id",)


admin.site.register(ContactGroup, ContactGroupAdmin)
admin.site.register(Contact, ContactAdmin)
admin.site.register(CardList, CardListAdmin)
