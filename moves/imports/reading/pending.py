"""The document of a file, until its bytes follow."""

from dataclasses import dataclass
from typing import Any, Self

from accounts import strict_json
from accounts.sizes import as_count, as_size
from importers.digests import is_sha256
from importers.documents.doctypes import FILES, VERSIONS
from importers.text import keepable
from moves.archives.incoming import IncomingEntry
from moves.archives.layout import may_be_content
from moves.imports.placing.document import RawDocument


@dataclass(frozen=True)
class PendingFile:
    """The document of a file, until the next entry shows whether that is its content.

    `entry`: the name of its entry; `at`: where that is; `root`: the folder, with its slash, that all is in. `name` is
    the file's own, `said` the path of its content where the document says it, `directory` the id of the document of
    the one that it is in. `size` in bytes and `md5` in base64 where the document says them; `sha256` where another
    server of this product says it, which proves more than an MD5; `listed` where the manifest does, of an entry that
    has another name now.
    """

    document: RawDocument
    entry: str
    at: int
    root: str
    name: str
    said: str
    size: int | None
    md5: str
    sha256: str
    directory: str = ""
    listed: str = ""

    @classmethod
    def of(cls, document: RawDocument, entry: IncomingEntry, root: str) -> Self | None:
        """Returns the file that a document is about; None where no bytes follow it, or it can't be read."""
        if document.doctype not in (FILES, VERSIONS):
            return None
        body = strict_json.object_in(document.raw)
        if body is None or (document.doctype == FILES and body.get("type") != "file"):
            return None
        ours = _ours(body)
        name, md5, directory = (_text(body.get(one)) for one in ("name", "md5sum", "dir_id"))
        sha256, said = ours.get("sha256"), _text(ours.get("entry"))
        sha256 = sha256 if isinstance(sha256, str) and is_sha256(sha256) else ""
        return cls(
            document=document,
            entry=entry.name,
            at=entry.at,
            root=root,
            name=name,
            said=said,
            size=as_count(as_size(body.get("size"))),
            md5="" if sha256 else md5,
            sha256=sha256,
            directory=directory,
        )

    def may_be_followed_by(self, entry: IncomingEntry) -> bool:
        """Whether an entry, which directly follows it, can be its content by name and size."""
        document = self.document
        named = may_be_content(entry.name, self.root, document.doctype, document.id, self.name, self.said)
        return named and (self.size is None or entry.size is None or entry.size == self.size)


def _text(value: Any) -> str:
    """Returns a text as a database can hold it, also a catalogue's; nothing where it is none."""
    return keepable(value) if isinstance(value, str) else ""


def _ours(body: dict[str, Any]) -> dict[str, Any]:
    """Returns what a server of this product says of a file beside what a Cozy reads; nothing, where another one sends
    it."""
    metadata = body.get("metadata")
    wharf = metadata.get("wharf") if isinstance(metadata, dict) else None
    return wharf if isinstance(wharf, dict) else {}
