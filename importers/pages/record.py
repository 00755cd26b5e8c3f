"""The page of a record: all it says, where it came from, what it said before, and the item as it came."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.person import person_of
from importers.content.downloads import SAVED_NOT_SHOWN
from importers.content.quota import Utf8Length
from importers.models import Alias, Content, Revision
from importers.pages.item_tree import MOST_READ, ItemTree, item_tree
from importers.pages.kinds import RecordPages, pages_at
from importers.pages.lists import container_of
from importers.text import portable_name

MOST_REVISIONS = 20  # that a page lists
JSON_FILE = SAVED_NOT_SHOWN | {"Content-Type": "application/json"}


@dataclass(frozen=True)
class RecordFile:
    """A file of a record, and where it is saved from. `size` in bytes."""

    name: str
    size: int
    address: str


@never_cache
@login_required
@require_safe
def thing(request: HttpRequest, vertical: str, kind: str, doc_id: str) -> HttpResponse:
    """The page of a record. An id that it had before leads to it."""
    pages, person = _pages(vertical, kind), person_of(request)
    record = _rows(pages, person, doc_id).first()
    if record is None:
        return _moved(pages, person, doc_id)
    revisions = _revisions(pages, person, record.doc_id).select_related("transfer__source").defer("payload")
    words = {
        "pages": pages,
        "record": record,
        "title": pages.title(record),
        "facts": pages.facts(record),
        "files": [_file(record, *one) for one in pages.files(record)],
        "revisions": revisions.order_by("-replaced_at", "-pk")[: MOST_REVISIONS + 1],
        "most_revisions": MOST_REVISIONS,
        "tree": _readable(record),
        "contents": [(one.several, f"{one.list_address}?in={record.doc_id}") for one in pages.contents],
    }
    container = container_of(pages, person, request.GET.get("in", ""))
    return render(request, pages.record_template, words | pages.record_context(record, container))


@never_cache
@login_required
@require_safe
def item(request: HttpRequest, vertical: str, kind: str, doc_id: str) -> HttpResponse:
    """The item of a record as it came, to the byte, saved as a file."""
    pages = _pages(vertical, kind)
    record = pages.kind.model._default_manager.filter(owner=person_of(request), doc_id=doc_id).first()
    return _saved(record, f"{pages.title(record)}.json" if record else "")


@never_cache
@login_required
@require_safe
def earlier(request: HttpRequest, vertical: str, kind: str, doc_id: str, number: int) -> HttpResponse:
    """What a record said before something else replaced it."""
    pages, person = _pages(vertical, kind), person_of(request)
    record = _rows(pages, person, doc_id).first()
    rows = _revisions(pages, person, doc_id).select_related("transfer__source").defer("payload")
    revision = rows.annotate(payload_size=Utf8Length("payload")).filter(pk=number).first()
    if record is None or revision is None:
        raise Http404
    words = {
        "pages": pages,
        "record": record,
        "title": pages.title(record),
        "revision": revision,
        "tree": _readable(revision),
    }
    return render(request, "importers/earlier.html", words)


@never_cache
@login_required
@require_safe
def earlier_item(request: HttpRequest, vertical: str, kind: str, doc_id: str, number: int) -> HttpResponse:
    """That, as it came, saved as a file."""
    pages = _pages(vertical, kind)
    return _saved(_revisions(pages, person_of(request), doc_id).filter(pk=number).first(), f"{doc_id}-{number}.json")


def _pages(vertical: str, kind: str) -> RecordPages:
    pages = pages_at(vertical, kind)
    if pages is None:
        raise Http404
    return pages


def _rows(pages: RecordPages, person: User, doc_id: str) -> QuerySet[Any]:
    """The record of this id, whose payload is only read where a page shows it."""
    pointed_to = (*pages.kind.references, *pages.related)
    related = ["transfer__source", *pointed_to, *pages.joined, *(["content"] if pages.has_content else [])]
    rows: QuerySet[Any] = pages.kind.model._default_manager.filter(owner=person, doc_id=doc_id)
    deferred = ["payload", *(f"{name}__payload" for name in pointed_to)]
    return rows.select_related(*related).defer(*deferred).annotate(payload_size=Utf8Length("payload"))


def _revisions(pages: RecordPages, person: User, doc_id: str) -> QuerySet[Revision]:
    return Revision.objects.filter(owner=person, kind=pages.kind.name, doc_id=doc_id)


def _moved(pages: RecordPages, person: User, doc_id: str) -> HttpResponse:
    """Leads to the record that this id means by now. Raises Http404 where it means none."""
    mine = Alias.objects.filter(owner=person, doc_id=doc_id).annotate(means=F("of"))
    alias = mine.filter(kind=pages.kind.name).first()
    target = alias and _rows(pages, person, alias.of).first()
    if not target:
        raise Http404
    return HttpResponseRedirect(pages.address(target))


def _file(record: Any, name: str, content: Content) -> RecordFile:
    return RecordFile(name, content.size, f"/content/{content.sha256}?doc={record.doc_id}")


def _readable(row: Any) -> ItemTree | None:
    return item_tree(row.payload) if row.payload_size <= MOST_READ else None


def _saved(row: Any, name: str) -> HttpResponse:
    if row is None or not row.payload:
        raise Http404
    disposition = content_disposition_header(as_attachment=True, filename=portable_name(name)) or "attachment"
    return HttpResponse(row.payload.encode(), headers=JSON_FILE | {"Content-Disposition": disposition})
