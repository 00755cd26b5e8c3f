"""`python -m bench.fill_files NUMBER`: that many small files into the newest transfer of a data folder.

The rows are those that a server would have made of files that were sent; the bytes lie where it would have put them.
"""

import json
import os
import sys
import zlib
from hashlib import sha256
from itertools import islice

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from importers.digests import digest  # noqa: E402
from importers.models import Content, Holding, Transfer  # noqa: E402
from importers.models.content import new_storage_key  # noqa: E402
from importers.verticals.blobs.models import File, Folder  # noqa: E402

TOGETHER = 500
SIZE = 2_000  # bytes


def fill(number: int) -> None:
    """Adds files to one folder."""
    transfer = Transfer.objects.latest("last_item_at")
    common = {"owner_id": transfer.owner_id, "source_id": transfer.source_id, "transfer_id": transfer.pk}
    folder = Folder.objects.create(**common, identity=digest("/many"), identifier="/many", name="many")
    names = (f"{n:08d}.bin" for n in range(number))
    while some := list(islice(names, TOGETHER)):
        with transaction.atomic():
            contents = Content.objects.bulk_create([_content() for _ in some])
            Holding.objects.bulk_create([Holding(owner_id=transfer.owner_id, content=one) for one in contents])
            File.objects.bulk_create(
                File(
                    **common,
                    identity=digest(name),
                    payload=json.dumps({"@type": "File", "folder": "/many", "name": name}),
                    folder=folder,
                    content=content,
                    seen_in_id=transfer.pk,
                    same_name=digest("/many", name),
                    place=digest("/many", name),
                    name=name,
                    shown_name=name,
                )
                for name, content in zip(some, contents, strict=True)
            )


def _content() -> Content:
    body, key = os.urandom(SIZE), new_storage_key()
    path = settings.WHARF_DATA_DIR / "content" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return Content(sha256=sha256(body).hexdigest(), crc32=zlib.crc32(body), size=SIZE, storage_key=key)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
