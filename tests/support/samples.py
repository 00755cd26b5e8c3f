"""Something of everything. What that is of a vertical says its `tests/verticals/<folder>/samples.py`:

- `rows(account)` makes a row of each of its models in a `SampleAccount`, straight in the database;
- `send(exporter)` sends some of its items.
"""

import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from accounts.models import User
from importers.digests import digest
from importers.models import Content, Transfer
from importers.registry import FOLDERS
from tests.support.exporter import Exporter


@dataclass
class SampleAccount:
    """An account to put rows into. `seed` makes them others than those of another one; `content`: stored bytes."""

    owner: User
    seed: str
    transfer: Transfer
    content: Content

    def columns(self, kind: str, **more: Any) -> dict[str, Any]:
        """What every record has."""
        payload = json.dumps({"@type": kind, "seed": self.seed})
        facts = {"owner": self.owner, "source": self.transfer.source, "transfer": self.transfer}
        return facts | {"identity": digest(kind, self.seed), "payload": payload} | more


def fill_rows(account: SampleAccount) -> None:
    for folder in FOLDERS:
        _samples(folder).rows(account)


def send_all(exporter: Exporter) -> None:
    for folder in FOLDERS:
        _samples(folder).send(exporter)


def _samples(folder: str) -> Any:
    return import_module(f"tests.verticals.{folder}.samples")
