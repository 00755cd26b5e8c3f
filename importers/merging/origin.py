"""Where an archive comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The server that an archive comes from: its host, "Cozy" or "Wharf", and the id of the import, if there is one."""

    server: str
    product: str = "Cozy"
    job: str = ""
