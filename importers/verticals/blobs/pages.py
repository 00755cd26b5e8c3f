"""How folders and files are shown."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.person import person_of
from importers.models import Container
from importers.pages.keyset import keyset_page, orders_of
from importers.pages.kinds import RecordPages, pages_of, register
from importers.pages.lists import chosen_order, list_row, listed
from importers.pages.shown import Shown
from importers.verticals.blobs import restoring, tree
from importers.verticals.blobs.models import File, FileVersion, Folder

GRID = "grid"  # how files of a folder may be shown, instead of as a list
MOST_VERSIONS = 50  # of a file that its page lists


@register(Folder)
class FolderPages(RecordPages):
    """A folder is called by its path."""

    words: ClassVar = {"name": _("Name")}
    record_template: ClassVar = "blobs/folder.html"

    def record_context(self, record: Any, container: Container | None = None) -> dict[str, Any]:
        return {"open_at": tree.tree_address(record.identifier)}

    def whole(self, container: Any) -> list[dict[str, Any]]:
        return self.whole_at(container.identifier)

    def whole_at(self, path: str) -> list[dict[str, Any]]:
        where = tree.read_path(path)
        return [{"kind": kind, "path": where} for kind in ("file", "folder")]

    def below(self, rows: QuerySet[Any], person: User, path: str, *, in_bin: bool) -> QuerySet[Any]:
        return tree.below(rows, path)

    def may_go(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """A file that has just come may be in one."""
        return rows.exclude(Exists(File.objects.filter(folder=OuterRef("pk"), trashed_at=None)))

    def may_be_deleted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.exclude(Exists(File.objects.filter(folder=OuterRef("pk"))))


@register(File)
class FilePages(RecordPages):
    """A file stands in its folder, under a name that no other file there has."""

    words: ClassVar = {"name": _("Sent as"), "shown_name": "", "same_name": "", "place": ""}
    related: ClassVar = ("folder",)
    record_template: ClassVar = "blobs/file.html"

    @property
    def entry_address(self) -> str:
        return tree.tree_address("/")

    def said(self, record: Any, name: str) -> Any:
        """The name that it was sent under stands above the page already, unless it has another one here."""
        return "" if name == "name" and record.name == self.title(record) else super().said(record, name)

    def folder_of(self, record: Any) -> str:
        return str(record.folder.identifier)

    def whole_at(self, path: str) -> list[dict[str, Any]]:
        return pages_of(Folder).whole_at(path)

    def below(self, rows: QuerySet[Any], person: User, path: str, *, in_bin: bool) -> QuerySet[Any]:
        folders = Folder.objects.filter(owner=person)
        return rows.filter(folder__in=tree.below(folders if in_bin else folders.filter(trashed_at=None), path))

    def may_be_deleted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        versions = FileVersion.objects.select_related("content").defer("payload")
        return rows.select_related("content").prefetch_related(Prefetch("versions", versions))

    def bring_back(self, keys: list[int]) -> None:
        restoring.bring_back(keys)

    def references(self, record: Any) -> list[Shown]:
        where = record.folder.identifier
        return [Shown(gettext("Folder"), where, "text", tree.tree_address(where))]

    def record_context(self, record: Any, container: Container | None = None) -> dict[str, Any]:
        versions = record.versions.select_related("content", "transfer__source").defer("payload")
        is_sound = record.content is not None and record.mime.startswith("audio/")
        return {
            "sound": f"/content/{record.content.sha256}?doc={record.doc_id}&as=sound" if is_sound else "",
            "path": tree.crumbs(record.folder.identifier),
            "versions": list(versions.order_by("-replaced_at", "-pk")[:MOST_VERSIONS]),
        }


@never_cache
@login_required
@require_safe
def folder(request: HttpRequest) -> HttpResponse:
    """What is in the folder at `path`: folders by name, those behind `folders` of them, and files in any order, as a
    list or `as` a grid."""
    person, files = person_of(request), pages_of(File)
    where = tree.read_path(request.GET.get("path", ""))
    orders = tuple(sorted(orders_of(files.kind), key=lambda order: order.name != "name"))
    order = chosen_order(orders, request.GET.get("order", ""))
    standing = tree.rows_at(person, where)
    rows = listed(files, person)
    rows = rows.filter(folder=standing[0]) if len(standing) == 1 else rows.filter(folder__in=standing)
    shown = GRID if request.GET.get("as") == GRID else ""
    beside = ({} if where == "/" else {"path": where}) | ({"as": shown} if shown else {})
    page = keyset_page(rows, order, request.GET, beside)
    inside = tree.children(person, where, request.GET.get("folders", ""), shown)
    if not standing and not inside and where != "/":
        raise Http404
    first = inside[: tree.MOST_CHILDREN]
    words = {
        "pages": files,
        "path": tree.crumbs(where, shown),
        "at": where,
        "grid": bool(shown),
        "other_way": tree.tree_address(where, "" if shown else GRID),
        "title": where.rpartition("/")[2] or gettext("Files"),
        "folders": first,
        "more_folders": urlencode(beside | {"folders": first[-1].name}) if len(inside) > len(first) else "",
        "orders": orders,
        "order": order,
        "beside": urlencode(beside),
        "whole": urlencode({"path": where}),
        "page": page,
        "rows": [list_row(files, record) for record in page.rows],
    }
    return render(request, "blobs/tree.html", words)


@login_required
@require_POST
def restore(request: HttpRequest, doc_id: str, number: int) -> HttpResponse:
    """Lets a file be again what it was."""
    file = restoring.restore(person_of(request), doc_id, number)
    if file is None:
        raise Http404
    said = gettext("%(name)s is again what it was. What it was until now is kept as a version.")
    messages.success(request, said % {"name": file.shown_name})
    return redirect(pages_of(File).address(file))


urlpatterns = [
    path("tree/", folder, name="tree"),
    path("files/<str:doc_id>/versions/<int:number>/restore", restore, name="version-restore"),
]
