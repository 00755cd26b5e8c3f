"""The demo's log-ins and its exporter's credentials, kept in the data folder so that it can be run again."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self
from uuid import uuid4


@dataclass
class Keys:
    """Readable by nobody but who runs the demo. `made` names the accounts that exist."""

    passwords: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    client_id: str = ""
    client_secret: str = ""
    recurring_job_id: str = field(default_factory=lambda: str(uuid4()))

    @classmethod
    def kept_in(cls, path: Path) -> Self:
        """Those of an earlier run, or none yet."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def password_of(self, name: str) -> str:
        """The password of a person of the demo, made when it is asked for first."""
        return self.passwords.setdefault(name, secrets.token_urlsafe(12))

    def keep_in(self, path: Path) -> None:
        """Writes them, whole or not at all."""
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
        fresh.replace(path)
