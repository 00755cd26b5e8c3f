"""What a refused item is known by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RefusedItem:
    """What is known of an item that is refused (see `Rejection`). `read`: its JSON, or what was read of its body."""

    read: bytes
    digest: str
    body_size: int | None
    has_file: bool
    file_size: int | None = None
    file_sha256: str = ""
    file_begins: str = ""
