"""Where an archive comes from."""

from dataclasses import dataclass

COZY, WHARF = "Cozy", "Wharf"  # what may have made an archive


@dataclass(frozen=True)
class Origin:
    """The server that an archive comes from: its host, "Cozy" or "Wharf", and the id of the import, if there is one."""

    server: str
    product: str = COZY
    job: str = ""
