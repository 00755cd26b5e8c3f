"""Items of a type that their vertical does not know: tomorrow's exporters have some, and they are kept whole."""

from importers import records
from importers.arrival import Arrival, Saved, Status
from importers.digests import digest
from importers.models import UnknownItem
from importers.text import keepable
from importers.wire import canonical


def keep(arrival: Arrival) -> Saved:
    """Saves the item with its file, if it has one. The whole of both is what identifies it."""
    content = arrival.content
    identity = digest(arrival.vertical, canonical(arrival.payload), content.sha256 if content else "")
    columns = {
        "vertical": arrival.vertical,
        "type": keepable(arrival.item["@type"]),
        "content": content,
        "mime": arrival.mime,
    }
    record, _ = records.save_once(UnknownItem, arrival, identity, columns)
    return Saved(record.doc_id, Status.KEPT)
