"""What all verticals share. A vertical's own models are in its folder; Django finds them through the registry."""

from importers import registry
from importers.models.content import Content, Holding, PreparedKey, Upload
from importers.models.record import Alias, Container, Record, Revision
from importers.models.rereading import Rereading
from importers.models.source import Source
from importers.models.transfer import AuditUse, CountedRefusal, Rejection, Transfer, TransferCount

__all__ = [
    "Alias",
    "AuditUse",
    "Container",
    "Content",
    "CountedRefusal",
    "Holding",
    "PreparedKey",
    "Record",
    "Rejection",
    "Rereading",
    "Revision",
    "Source",
    "Transfer",
    "TransferCount",
    "Upload",
]

registry.modules("models")
