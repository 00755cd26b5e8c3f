"""What all verticals share. A vertical's own models are in its folder; Django finds them through the registry."""

from importers import registry
from importers.models.content import Content, Holding, PreparedKey, Upload
from importers.models.deletion import BinJob, Deletion
from importers.models.installation_id import InstallationId
from importers.models.picture import Picture, Thumbnail
from importers.models.record import Alias, Container, Record, Revision
from importers.models.record_count import RecordCount
from importers.models.rereading import Rereading
from importers.models.running_backup import RunningBackup
from importers.models.search import SearchEntry, SearchFill, SearchMark
from importers.models.source import Source
from importers.models.transfer import AuditUse, CountedRefusal, Rejection, Transfer, TransferCount

__all__ = [
    "Alias",
    "AuditUse",
    "BinJob",
    "Container",
    "Content",
    "CountedRefusal",
    "Deletion",
    "Holding",
    "InstallationId",
    "Picture",
    "PreparedKey",
    "Record",
    "RecordCount",
    "Rejection",
    "Rereading",
    "Revision",
    "RunningBackup",
    "SearchEntry",
    "SearchFill",
    "SearchMark",
    "Source",
    "Thumbnail",
    "Transfer",
    "TransferCount",
    "Upload",
]

registry.modules("models")
