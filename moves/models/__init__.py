from moves.models.archive_import import ArchiveImport, ImportPart, ReportEntry
from moves.models.document import Document
from moves.models.event import Event, Fetch
from moves.models.export import Export, Part, Spool
from moves.models.farewell import Farewell
from moves.models.import_question import ImportQuestion
from moves.models.left_out import LeftOut
from moves.models.move import Move, MoveStep
from moves.models.move_code import MoveCode
from moves.models.sent_range import SentRange

__all__ = [
    "ArchiveImport",
    "Document",
    "Event",
    "Export",
    "Farewell",
    "Fetch",
    "ImportPart",
    "ImportQuestion",
    "LeftOut",
    "Move",
    "MoveCode",
    "MoveStep",
    "Part",
    "ReportEntry",
    "SentRange",
    "Spool",
]
