from importers.models.blobs import File, FileVersion, Folder
from importers.models.calendar import Calendar, CalendarEvent
from importers.models.content import Content, Holding, Upload
from importers.models.media import Album, AlbumPhoto, AlbumVideo, Photo, Video
from importers.models.record import Alias, Container, Record, Revision
from importers.models.social_posts import SocialActivity
from importers.models.source import Source
from importers.models.transfer import Rejection, Transfer, TransferCount
from importers.models.unknown import UnknownItem

__all__ = [
    "Album",
    "AlbumPhoto",
    "AlbumVideo",
    "Alias",
    "Calendar",
    "CalendarEvent",
    "Container",
    "Content",
    "File",
    "FileVersion",
    "Folder",
    "Holding",
    "Photo",
    "Record",
    "Rejection",
    "Revision",
    "SocialActivity",
    "Source",
    "Transfer",
    "TransferCount",
    "UnknownItem",
    "Upload",
    "Video",
]
