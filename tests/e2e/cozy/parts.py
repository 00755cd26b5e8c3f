"""The layout of a Cozy's export: which entries stand in which part, and in what order."""

import base64
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

from tests.e2e.cozy.account import FILES, VERSIONS, CozyAccount, CozyFile, Document
from tests.e2e.cozy.zips import CozyZipEntry

DATA = "My Cozy/Data"
CONTENT = "My Cozy/Files"


def document_entry(doctype: str, identifier: str, document: Document) -> CozyZipEntry:
    """The doctype is path-escaped; the identifier is not, and may have slashes."""
    return CozyZipEntry(f"{DATA}/{quote(doctype, safe='')}/{identifier}.json", json.dumps(document).encode())


def documents(account: CozyAccount) -> Iterator[CozyZipEntry]:
    """What only the first part has: the account, and every document but those of files."""
    instance = {"data": {"domain": "ada.cozy.example", "locale": "en", "email": "ada@source.example"}}
    yield CozyZipEntry(f"{DATA}/instance.json", json.dumps(instance).encode())
    doctypes = sorted({doctype for doctype, _ in account.documents} | {FILES})
    for doctype in doctypes:
        found = account.directories if doctype == FILES else account.of(doctype)
        for identifier, document in found.items():
            yield document_entry(doctype, identifier, document)


def file_entries(account: CozyAccount, file: CozyFile) -> list[CozyZipEntry]:
    """A document and its bytes. Where the bytes are lost it is the document alone."""
    entries = [document_entry(FILES, file.document["_id"], file.document)]
    if file.content is not None:
        entries.append(CozyZipEntry(f"{CONTENT}{account.path(file)}", file.content))
    return entries


def bodies(account: CozyAccount) -> Iterator[tuple[int, list[CozyZipEntry]]]:
    """What must not be parted, each with its bytes: files, then old versions."""
    for file in account.files.values():
        yield file.size, file_entries(account, file)
    for file in account.files.values():
        for version in file.versions:
            name = f"{file.document['_id']}/{version.id}"
            yield (
                len(version.content),
                [document_entry(VERSIONS, name, version.document), CozyZipEntry(f"{CONTENT}/{name}", version.content)],
            )


def parts(account: CozyAccount, parts_size: int) -> list[list[CozyZipEntry]]:
    """The entries of every part. `parts_size` bounds the bytes of files; a larger file has a part of its own."""
    found: list[list[CozyZipEntry]] = [list(documents(account))]
    room = parts_size
    for size, entries in bodies(account):
        if size > room and (room < parts_size or len(found) == 1):
            found.append([])
            room = parts_size
        found[-1] += entries
        room -= size
    return found


def cursors(count: int) -> list[str]:
    """Names of the parts after the first one. They have characters that a query must escape."""
    return [base64.b64encode(hashlib.sha256(b"%d" % number).digest()[:12]).decode() for number in range(count)]
