"""Contacts in the site of an archive."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.site.listing import SiteEntry, SiteList, as_found, by_name, cut, initial
from importers.site.site import Site
from importers.site.texts import called, escape, facts, given
from importers.verticals.contacts.documents import CONTACT_RECORDS
from importers.verticals.contacts.labels import said_labels


class AddressBook(SiteList):
    """Contacts by name."""

    name = "contacts"
    title = _("Contacts")
    kinds = (CONTACT_RECORDS,)

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        columns = ("name", "organization", "telephones", "emails", "addresses", "birthday", "groups")
        return by_name(snapshot, CONTACT_RECORDS).values_list(*columns, cut("unread"))

    def group(self, site: Site, row: Any) -> str:
        return initial(row[0])

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        name, organization, telephones, emails, addresses, birthday, groups, unread = row
        title = called(name, organization, *emails.splitlines()[:1], *telephones.splitlines()[:1])
        html = f"<h3>{given(title)}</h3>" + facts(
            (gettext("Organisation"), organization if organization != title else ""),
            (gettext("Telephone"), said_labels(telephones)),
            (gettext("E-mail"), said_labels(emails)),
            (pgettext("where somebody lives", "Address"), said_labels(addresses)),
            (gettext("Born"), birthday),
            (gettext("Groups"), groups),
        )
        if unread:
            lines = "\n".join(map(given, unread.splitlines()))
            words = escape(gettext("What this server can’t read"))
            html += f"<details><summary>{words}</summary><pre>{lines}</pre></details>"
        return SiteEntry(html, as_found(title, f"{organization} {telephones} {emails} {addresses}", ""))


SITE = (AddressBook(),)
