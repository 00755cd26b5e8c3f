"""Which records the ids of an archive mean here; what is named and has not come gets a row that waits for it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from importers.digests import waiting_identity
from importers.merging.transfers import MergeTransfers
from importers.models import Alias, Container, Content, Record
from importers.models.record import NEVER

MOST_CONTAINERS = 10_000  # that are remembered between batches


class ArchiveIds:
    """The ids of one archive in one account. A kind is the name of a record's model."""

    def __init__(self, owner: User, transfers: MergeTransfers) -> None:
        self._owner = owner
        self._transfers = transfers
        self._now = timezone.now()
        self._containers: dict[tuple[str, str], int] = {}

    def begin(self, now: datetime) -> None:
        """A transaction begins, at this time."""
        self._now = now
        if len(self._containers) > MOST_CONTAINERS:
            self._containers = {}

    def forget(self) -> None:
        """What was found may not be there any more."""
        self._containers = {}

    # Records that have another id here

    def aliases(self, kind: str, doc_ids: Iterable[str]) -> dict[str, str]:
        """Returns, by the archive's ids, the ids here of records that have others here."""
        found = Alias.objects.filter(owner=self._owner, kind=kind, doc_id__in=list(doc_ids))
        return dict(found.values_list("doc_id", "of"))

    def id_here(self, kind: str, doc_id: str) -> str:
        """Returns the id here of the record that the archive names by this one."""
        return self.aliases(kind, [doc_id]).get(doc_id, doc_id)

    def add_alias(self, kind: str, doc_id: str, of: str) -> bool:
        """From now on, the one id means the record with the other. Returns whether that is new."""
        return Alias.objects.get_or_create(owner=self._owner, kind=kind, doc_id=doc_id, defaults={"of": of})[1]

    def remove_alias(self, kind: str, doc_id: str) -> None:
        """The id means no other record any more."""
        Alias.objects.filter(owner=self._owner, kind=kind, doc_id=doc_id).delete()
        self._containers.pop((kind, doc_id), None)

    def was_of_another_kind(self, record: Record) -> bool:
        """Returns whether a record was something else before, such as an item that nobody knew."""
        named = Alias.objects.filter(owner=self._owner, of=record.doc_id)
        return named.exclude(kind=record._meta.model_name).exists()

    def contents_of(self, model: type[Record], doc_id: str) -> Iterator[tuple[Content, str]]:
        """Yields the bytes and the payload of the record that the archive names by this id."""
        of = self.id_here(str(model._meta.model_name), doc_id)
        rows: Any = model._default_manager.filter(owner=self._owner, doc_id=of).select_related("content")
        for record in rows:
            yield record.content, record.payload

    # Containers

    def containers(
        self, model: type[Container], doc_ids: Iterable[str], *, called: Callable[[str], str] = str
    ) -> dict[str, int]:
        """Returns the keys of the containers that documents name by their ids.

        One that has not come gets a row that waits for it, as one does that an exporter has not sent yet. `called`:
        its identifier, until its document says it; else the id.
        """
        kind, wanted = str(model._meta.model_name), set(doc_ids)
        found = {doc_id: pk for doc_id in wanted if (pk := self._containers.get((kind, doc_id))) is not None}
        missing = wanted - found.keys()
        if not missing:
            return found
        rows = model._default_manager.filter(owner=self._owner)
        here = dict(rows.filter(doc_id__in=missing).values_list("doc_id", "pk"))
        aliases = self.aliases(kind, missing - here.keys())
        if aliases:
            meant = dict(rows.filter(doc_id__in=aliases.values()).values_list("doc_id", "pk"))
            here |= {alias: meant[of] for alias, of in aliases.items() if of in meant}
        for doc_id in missing - here.keys():
            here[doc_id] = self._placeholder(model, doc_id, called(doc_id)).pk
        for doc_id, pk in here.items():
            self._containers[kind, doc_id] = pk
        return found | here

    def note_container(self, kind: str, doc_id: str, pk: int) -> None:
        """The container that the archive names by this id has this key."""
        self._containers[kind, doc_id] = pk

    def _placeholder(self, model: type[Container], doc_id: str, identifier: str) -> Container:
        source, transfer = self._transfers.of_origin()
        return model._default_manager.create(
            owner=self._owner,
            source_id=source,
            transfer_id=transfer,
            identity=waiting_identity(doc_id),
            doc_id=doc_id,
            identifier=identifier,
            received_at=self._now,
            changed_at=NEVER,
        )
