"""What documents that are kept whole said before, on its way out."""

from collections.abc import Iterator

from importers.documents.snapshot import Snapshot

DOCUMENT = "document"  # what the kind of a `Revision` says that is one of them; its payload is a document of its own


def earlier_states(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Yields id and body of each, in order."""
    for doc_id, body, *_ in snapshot.revisions(DOCUMENT):
        yield doc_id, body
