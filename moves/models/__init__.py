from moves.models.event import Event, Fetch
from moves.models.export import Export, Part, Spool

__all__ = ["Event", "Export", "Fetch", "Part", "Spool"]
