"""Thumbnails in templates."""

from typing import Any

from django import template

from importers.models.picture import ThumbnailSize
from importers.thumbnails.addresses import thumbnail_address as address_of

register = template.Library()

# Which symbol stands for what has no thumbnail, by the name of its model; a sheet of paper for all others.
SYMBOLS = {"photo": "photo", "video": "video"}


@register.simple_tag
def thumbnail_address(record: Any, size: str) -> str:
    """`{% thumbnail_address photo "medium" as address %}`: empty where there is none."""
    return address_of(record, ThumbnailSize(size))


@register.inclusion_tag("importers/thumbnail.html")
def thumbnail(record: Any, size: str) -> dict[str, Any]:
    """`{% thumbnail photo "small" %}`: the picture in a square, or a symbol of the same size. It says nothing to who
    can't see it: the name of the record stands beside it."""
    return {
        "address": address_of(record, ThumbnailSize(size)),
        "symbol": SYMBOLS.get(record._meta.model_name, "file"),
        "size": size,
    }
