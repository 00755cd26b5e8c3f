"""Messages in the site of an archive: the newest first, each with its file."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from importers.digests import digest_id
from importers.documents.snapshot import Snapshot
from importers.site.listing import SiteEntry, SiteList, as_found, newest_first
from importers.site.site import Site
from importers.site.texts import facts, given, paragraph
from importers.verticals.mail.reading import said_problems
from importers.verticals.mail.to_documents import DIRECTORY, MESSAGES

MOST_RECIPIENTS = 20  # of a message that a page names


class Mailbox(SiteList):
    """Messages, the newest first."""

    name = "mail"
    title = _("Mail")
    lead = _("Each message is a file that any mail program opens.")
    kinds = (MESSAGES,)

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        columns = ("doc_id", "subject", "sender", "recipients", "begins", "labels", "attachments", "problems")
        return newest_first(snapshot, MESSAGES).values_list(*columns, "content__sha256", "sorted_at")

    def group(self, site: Site, row: Any) -> str:
        return site.clock.month(row[-1])

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        doc_id, subject, sender, recipients, begins, labels, attachments, problems, sha256, at = row
        when, title = site.clock.moment(at), subject.strip() or gettext("Without a subject")
        href = site.file(digest_id(DIRECTORY, doc_id), sha256) if sha256 else ""
        heading = f'<a href="{href}">{given(title)}</a>' if href else given(title)
        to = "\n".join(recipients.splitlines()[:MOST_RECIPIENTS])
        attached = "\n".join(line.rpartition("\t")[2] or line for line in attachments.splitlines())
        html = (
            f'<p class="by small"><span class="name">{given(sender)}</span> <span class="quiet">{when}</span></p>'
            f"<h3>{heading}</h3>{paragraph(begins)}"
            + facts(
                (pgettext("whom a message is for", "To"), to),
                (gettext("Labels"), ", ".join(labels.splitlines())),
                (pgettext("to a message or a post", "Attached"), attached),
                (gettext("What is broken of it"), said_problems(problems)),
            )
        )
        return SiteEntry(html, as_found(title, f"{sender} {to} {begins} {attached}", when))


SITE = (Mailbox(),)
