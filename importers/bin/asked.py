"""What a page asks for: which records are meant, in words and as parts of a job."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.urls import reverse

from accounts.models import User
from accounts.texts import in_english
from importers import bin_titles as titles
from importers.bin import choices
from importers.bin.choices import Part
from importers.bin_titles import BinTitle
from importers.models import BinJob, Container, Record, Source, Transfer
from importers.pages.kinds import UNNAMED, RecordPages, pages_of

MOST_IDS = 1000  # records that are named one by one
MOST_FOLDERS = 1000  # that are named one by one
NAMES = ("kind", "id", "folder", "transfer", "in", "path", "source", "client", "job", "inside", "all")


@dataclass(frozen=True)
class BinChoice:
    """Which records are meant. `called`: what they are, in words; `said`: what the address said; `container`: the one
    that may be meant without what is in it; `page`: of the one that is meant, if it is one; `is_counted`: the title
    says how many they are."""

    parts: list[Part]
    called: BinTitle
    said: dict[str, list[str]]
    container: Container | None = None
    page: str = ""
    is_counted: bool = False

    @property
    def title(self) -> str:
        """What they are, in the language that is active."""
        return str(self.called)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a form says to mean the same."""
        return [(name, value) for name, values in self.said.items() for value in values]


def asked_for(person: User, said: QueryDict, *, in_bin: bool) -> BinChoice:
    """Returns what an address or a form means. Raises Http404 for what is not there, and for nothing at all.
    `in_bin`: it is in the bin."""
    own = {name: said.getlist(name) for name in NAMES if name in said}
    one = {name: values[-1] for name, values in own.items()}
    pages = choices.pages_named(one["kind"]) if "kind" in own else None
    if "kind" in own and pages is None:
        raise Http404
    if "path" in own and pages is not None:
        return BinChoice(_at_path(pages, one["path"]), BinTitle(titles.FOLDER, {"path": one["path"]}), own)
    if pages is not None and ("folder" in own or "id" in own):
        return (_of_folders if "folder" in own else _of_ids)(person, pages, own, in_bin=in_bin)
    if "transfer" in own:
        return _of_transfer(person, one["transfer"], pages, own)
    if "in" in own and pages is not None:
        return _of_container(person, pages, one["in"], own)
    if pages is not None:
        title = BinTitle(titles.ALL, {"all": pages.kind.name})
        return BinChoice(choices.of_kind(pages), title, own | {"all": ["yes"]})
    if "source" in own:
        source = _row(Source, person, one["source"])
        title = BinTitle(titles.OF_SOURCE, {"service": source.name})
        return BinChoice(choices.of_transfers(source.transfers.order_by("pk")), title, own)
    if "client" in own:
        return _of_client(person, one["client"], own)
    if "job" in own and in_bin:
        job = _row(BinJob, person, one["job"])
        return BinChoice(choices.thrown_at(job.at), titles.called(job), own)
    raise Http404


def _at_path(pages: RecordPages, path: str) -> list[Part]:
    """Returns the choice of a folder by its path. Raises Http404 where records of a kind have none."""
    parts = pages.whole_at(path)
    if not parts:
        raise Http404
    return parts


def _of_folders(person: User, pages: RecordPages, own: dict[str, list[str]], *, in_bin: bool) -> BinChoice:
    """Folders that are marked, with all that is in them, and what is marked beside them."""
    paths = own["folder"][:MOST_FOLDERS]
    parts = [part for path in paths for part in _at_path(pages, path)]
    folders = {"path": paths[0]} if len(paths) == 1 else {"folders": len(paths)}
    alone, and_one, and_some = titles.ONE_FOLDER if len(paths) == 1 else titles.SEVERAL_FOLDERS
    if "id" not in own:
        return BinChoice(parts, BinTitle(alone, folders), own)
    beside = _of_ids(person, pages, own, in_bin=in_bin)
    words = and_some if "number" in beside.called.values else and_one
    return BinChoice([*parts, *beside.parts], BinTitle(words, folders | beside.called.values), own)


def _of_ids(person: User, pages: RecordPages, own: dict[str, list[str]], *, in_bin: bool) -> BinChoice:
    rows = pages.kind.model._default_manager.filter(owner=person, doc_id__in=own["id"][:MOST_IDS])
    records: list[Any] = list(rows.filter(trashed_at__isnull=not in_bin).defer("payload"))
    if not records:
        raise Http404
    one = records[0]
    alone = len(records) == 1
    some = BinTitle(titles.SOME, {"number": len(records), "kinds": pages.kind.name})
    title = _own_title(pages, one) if alone else some
    is_whole = any(pages.whole(record) for record in records)
    container = one if alone and not in_bin and not is_whole and pages.contents else None
    if in_bin:
        parts = [part for record in records for part in choices.thrown_with(record)]
    elif is_whole or "inside" in own:
        parts = [part for record in records for part in choices.with_contents(record)]
    else:
        parts = choices.of_ids(pages, [record.doc_id for record in records])
    is_counted = all("ids" in part for part in parts)
    return BinChoice(parts, title, own, container, pages.address(one) if alone else "", is_counted)


def _own_title(pages: RecordPages, record: Record) -> BinTitle:
    """What a record is called."""
    with in_english():
        title = pages.title(record)
    return BinTitle(UNNAMED) if title == UNNAMED else BinTitle(titles.OWN, {"title": title})


def _of_transfer(person: User, number: str, only: RecordPages | None, own: dict[str, list[str]]) -> BinChoice:
    transfer = _row(Transfer, person, number)
    came = {"service": transfer.source.name, "day": transfer.first_item_at.isoformat()}
    title = BinTitle(titles.OF_TRANSFER, came)
    if only:
        title = BinTitle(titles.KIND_OF_TRANSFER, came | {"kinds": only.kind.name})
    return BinChoice(choices.of_transfers([transfer], only), title, own)


def _of_container(person: User, pages: RecordPages, doc_id: str, own: dict[str, list[str]]) -> BinChoice:
    model: Any = pages.container[1] if pages.container else None
    found = model and model._default_manager.filter(owner=person, doc_id=doc_id).defer("payload").first()
    if found is None:
        raise Http404
    title = BinTitle(titles.INSIDE, {"kinds": pages.kind.name, "title": pages_of(model).title(found)})
    return BinChoice(choices.inside(found, pages), title, own)


def _of_client(person: User, client_id: str, own: dict[str, list[str]]) -> BinChoice:
    transfers = Transfer.objects.filter(owner=person, source__client_id=client_id).select_related("source")
    found = list(transfers.order_by("pk"))
    if not found:
        raise Http404
    title = BinTitle(titles.OF_CLIENT, {"client": found[0].source.client_name})
    return BinChoice(choices.of_transfers(found), title, own)


def _row(model: Any, person: User, number: str) -> Any:
    key = int(number) if number.isdecimal() and len(number) < 19 else 0
    found = model._default_manager.filter(owner=person, pk=key).first()
    if found is None:
        raise Http404
    return found


def address_of_client(client_id: str) -> str:
    """Returns the address where everything that a client brought is thrown away."""
    return f"{reverse('bin-throw')}?{urlencode({'client': client_id})}"
