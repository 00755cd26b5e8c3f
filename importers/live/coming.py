"""What is coming in now, for the front page and the page of a transfer that are open.

All of it is asked only of accounts to which something has come within the last minutes.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, QuerySet, Subquery, When
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.local_times import zone_of
from accounts.models import User
from importers.live.json_rows import JsonRows, read_moment, read_rows
from importers.models import Content, Record, RecordCount, Rejection, Source, Transfer, TransferCount
from importers.pages.arrived import NEWEST_SHOWN, newest, totals
from importers.pages.coming import MOST_COMING, ComingIn, coming_since
from importers.pages.counts import counted
from importers.pages.kinds import pages_of
from importers.pages.newest import models_with_files, newest_of
from importers.pages.shown_transfer import KINDS, came_of_kinds

OF_TRANSFER = ("pk", "first_item_at", "last_item_at", "items", "received_bytes", "rejected")
OF_COUNT = ("vertical", "created", "updated", "unchanged", "kept")
OF_KIND = ("kind", "records", "bytes")
OF_PERSON = ("username", "time_zone", "used_bytes", "quota_bytes")
OF_CONTENT = ("sha256", "size", "drawn")

Parts = Mapping[str, str]


class _Topic:
    """What was told last of an account is told again as long as its row says the same. There is one for each language:
    what comes stands in pages that are in it."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._last: dict[int, tuple[Mapping[str, Any], Any]] = {}

    def told(self, account: int, row: Mapping[str, Any]) -> Any:
        row = {name: row[name] for name in self._names}
        before = self._last.get(account)
        if before is not None and before[0] == row:
            return before[1]
        found = None
        if row["coming"]:
            person = User(pk=account, **{name: row[name] for name in OF_PERSON})
            with timezone.override(zone_of(person)), translation.override(self._language):
                found = self.written(person, row)
        self._last[account] = (row, found)
        return found

    def forget(self, account: int) -> None:
        self._last.pop(account, None)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """The names of its columns, which are the same each time that they are made."""
        return tuple(self.columns())

    def columns(self) -> Mapping[str, Any]:
        recent = Transfer.objects.filter(owner=OuterRef("pk"), last_item_at__gt=coming_since())
        counts = TransferCount.objects.filter(transfer=OuterRef("pk")).order_by("vertical")[:KINDS]
        said = {
            **{name: F(name) for name in OF_TRANSFER},
            "service": F("source__service"),
            "client_name": F("source__client_name"),
            "counts": JsonRows(counts, **_same(OF_COUNT)),
            "refused": Case(When(rejected__gt=0, then=_number_refused()), default=0),
        }
        newest_first = recent.order_by("-last_item_at", "-pk")[:MOST_COMING]
        return {**_same(OF_PERSON), "coming": _while_coming(JsonRows(newest_first, **said))}

    def written(self, person: User, row: Mapping[str, Any]) -> Any:
        """Returns what pages are told, in the person's zone and the language that is active."""
        raise NotImplementedError


class HomeTopic(_Topic):
    """Of the front page: what is under way, the newest files, how much there is, and the room."""

    def columns(self) -> Mapping[str, Any]:
        kinds = RecordCount.objects.filter(owner=OuterRef("pk"))
        files = {_column(model): _while_coming(_newest(model)) for model in models_with_files()}
        return {**super().columns(), "counts": _while_coming(JsonRows(kinds, **_same(OF_KIND))), **files}

    def written(self, person: User, row: Mapping[str, Any]) -> Mapping[str, Any]:
        coming = _coming(row)
        here = {
            "coming": coming,
            "totals": totals(counted(RecordCount(**one) for one in read_rows(row["counts"]))),
            "newest": newest(
                record for model in models_with_files() for record in _records(model, row[_column(model)])
            ),
        }
        words = {"here": here, "user": person}
        parts = {"coming": "coming", "newest": "newest", "have": "totals", "room": "room"}
        written = {part: render_to_string(f"importers/{name}.html", words) for part, name in parts.items()}
        came = {f"came-{one.transfer.pk}": render_to_string("importers/came.html", {"one": one}) for one in coming}
        return {"said": coming[0].said, "parts": {**written, **came, "first": ""}}


class TransferTopic(_Topic):
    """Of the page of a transfer: what has come in it, by the number of each that is under way."""

    def written(self, person: User, row: Mapping[str, Any]) -> Mapping[int, Mapping[str, Any]]:
        return {one.transfer.pk: _said_of(one) for one in _coming(row)}


def _said_of(one: ComingIn) -> Mapping[str, Any]:
    words = {"transfer": one.transfer, "shown": one, "coming": True}
    parts = {"lead": "transfer_lead", "brought": "transfer_kinds", "rejected": "transfer_rejected"}
    written = {part: render_to_string(f"importers/{name}.html", words) for part, name in parts.items()}
    return {"said": one.said, "parts": written}


def _same(names: tuple[str, ...]) -> dict[str, F]:
    return {name: F(name) for name in names}


def _while_coming(rows: JsonRows) -> Case:
    """Asks for these only where something is coming."""
    recent = Transfer.objects.filter(owner=OuterRef("pk"), last_item_at__gt=coming_since())
    return Case(When(Exists(recent), then=rows), default=None)


def _number_refused() -> Subquery:
    """How many items were refused and have not come since: of no account more are kept than its audit budget has."""
    open_ones = Rejection.objects.filter(transfer=OuterRef("pk"), made_good_at=None).order_by().values("transfer")
    return Subquery(open_ones.annotate(number=Count("pk")).values("number"))


def _column(model: type[Record]) -> str:
    return f"newest_{model._meta.model_name}"


def _titles(model: type[Record]) -> tuple[str, ...]:
    return pages_of(model).titles


def _newest(model: type[Record]) -> JsonRows:
    rows: QuerySet[Any] = newest_of(model, OuterRef("pk"))[:NEWEST_SHOWN]
    of_record = _same(("doc_id", "received_at", *_titles(model)))
    return JsonRows(rows, **of_record, **{f"content__{name}": F(f"content__{name}") for name in OF_CONTENT})


def _records(model: Any, rows: Any) -> list[Record]:
    found: list[Record] = []
    for said in read_rows(rows):
        content = Content(**{name: said.pop(f"content__{name}") for name in OF_CONTENT})
        received_at = read_moment(said.pop("received_at"))
        found.append(model(content=content, received_at=received_at, **said))
    return found


def _coming(row: Mapping[str, Any]) -> list[ComingIn]:
    found = []
    for said in read_rows(row["coming"]):
        source = Source(service=said.pop("service"), client_name=said.pop("client_name"))
        counts = [TransferCount(**one) for one in read_rows(said.pop("counts"))]
        moments = {name: read_moment(said.pop(name)) for name in ("first_item_at", "last_item_at")}
        refused = said.pop("refused") or 0
        transfer = Transfer(source=source, **moments, **said)
        found.append(ComingIn(transfer, came_of_kinds(transfer, counts), refused))
    return found
