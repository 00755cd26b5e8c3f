"""Contacts, the groups that they are in, and lists of cards that are still to be read."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.models.record import Container, Record, by_date, by_name


class ContactGroup(Container):
    """A group of contacts, as a Cozy has them. Which contacts are in it, these say themselves."""

    class Meta(Container.Meta):
        verbose_name = _("group of contacts")
        verbose_name_plural = _("groups of contacts")


class Contact(Record):
    """A person or an organisation: one vCard, or another server's document.

    Several of one thing are lines, with what they are for behind them: "+44 20 1234 (home)". `birthday`: a date, or
    `--12-10` where no year is known. `groups`: names of groups; of a Cozy's, their ids. `unread`: lines of the card
    that nobody here can read.
    """

    from_payload: ClassVar[frozenset[str]] = frozenset(
        {"uid", "name", "organization", "telephones", "emails", "addresses", "birthday", "groups", "unread"}
    )

    uid = models.TextField(blank=True)
    name = models.TextField(blank=True)
    organization = models.TextField(blank=True)
    telephones = models.TextField(blank=True)
    emails = models.TextField(blank=True)
    addresses = models.TextField(blank=True)
    birthday = models.TextField(blank=True)
    groups = models.TextField(blank=True)
    unread = models.TextField(blank=True)

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, by_date(), by_name()]


class CardList(Record):
    """An item of more cards than are taken at once: kept whole until a worker has made records of them. It first
    becomes several lists, none of which is too long."""

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, by_date()]
        verbose_name = _("list of contacts that is still being read")
        verbose_name_plural = _("lists of contacts that are still being read")

    def __str__(self) -> str:
        return gettext("contacts that are still being read, %(id)s") % {"id": self.doc_id}
