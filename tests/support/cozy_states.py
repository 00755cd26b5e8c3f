"""States of one Cozy, one after the other, as trees of directories and files; and what an archive of each says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from importers.maintenance.verification import bytes_held
from importers.verticals.blobs.models import NameClaim
from tests.support.cozy_archives import ROOT_DIRECTORY, TRASH_DIRECTORY, directory_document, entry, file_document
from tests.support.exporter import Person
from tests.support.takeout import TakeOut, documents_in

IMAGE = {"class": "image", "mime": "image/jpeg", "referenced_by": [{"type": "io.cozy.photos.albums", "id": "album"}]}
ALBUM = entry("io.cozy.photos.albums", {"_id": "album", "_rev": "1-a", "name": "Trip"})


@dataclass(frozen=True)
class Node:
    """A directory, or a file if it has content. `thrown_from`: the path of the directory that it was in before it was
    thrown away by itself."""

    id: str
    name: str
    parent: str = ""
    content: bytes | None = None
    thrown_from: str = ""


def folder(doc_id: str, name: str, parent: str = "", *, thrown_from: str = "") -> Node:
    return Node(doc_id, name, parent, None, thrown_from)


def leaf(doc_id: str, name: str, parent: str = "", content: bytes = b"", *, thrown_from: str = "") -> Node:
    """A file; its bytes tell which one it is, if they are not said."""
    return Node(doc_id, name, parent, content or doc_id.encode(), thrown_from)


@dataclass
class CozyState:
    """What a Cozy has at one time. `revisions`: the number of each document's `_rev`."""

    nodes: dict[str, Node]
    revisions: dict[str, int] = field(default_factory=dict)
    are_photos: bool = False

    @classmethod
    def of(cls, nodes: Iterable[Node], *, are_photos: bool = False) -> Self:
        found = {node.id: node for node in nodes}
        return cls(found, dict.fromkeys(found, 1), are_photos)

    def then(self, nodes: Iterable[Node]) -> "CozyState":
        """The next state: what has changed has another revision; times stay, as on a Cozy."""
        later = CozyState.of(nodes, are_photos=self.are_photos)
        for doc_id in later.nodes:
            before = self.revisions.get(doc_id, 0)
            changed = self.nodes.get(doc_id) != later.nodes[doc_id] or self.path(doc_id) != later.path(doc_id)
            later.revisions[doc_id] = before + changed
        return later

    def path(self, doc_id: str) -> str:
        """The path of something, as its Cozy says it."""
        node = self.nodes[doc_id]
        above = "/.cozy_trash" if node.thrown_from else self.path(node.parent) if node.parent else ""
        return f"{above}/{node.name}"

    @property
    def tree(self) -> dict[str, bytes]:
        """The content of each file, by its path."""
        files = [node for node in self.nodes.values() if node.content is not None]
        return {self.path(node.id): node.content or b"" for node in files}

    @property
    def directories(self) -> set[str]:
        return {self.path(node.id) for node in self.nodes.values() if node.content is None}

    def entries(self, *, backwards: bool = False) -> list[tuple[str, bytes]]:
        """An archive of it: directories first, those above others before them, and else in the order of the ids."""
        found = [ALBUM] if self.are_photos else []
        inner = sorted(self.nodes, reverse=backwards)
        for doc_id in sorted(inner, key=lambda one: (self.nodes[one].content is not None, self.path(one).count("/"))):
            node, more = self.nodes[doc_id], self._more(doc_id)
            parent = TRASH_DIRECTORY if node.thrown_from else node.parent or ROOT_DIRECTORY
            if node.content is None:
                body = directory_document(doc_id, self.path(doc_id), parent, **more)
                found.append(entry("io.cozy.files", body))
                continue
            more |= IMAGE if self.are_photos else {}
            more["trashed"] = self.path(doc_id).startswith("/.cozy_trash/")
            body = file_document(doc_id, node.name, node.content, parent, **more)
            found += [entry("io.cozy.files", body), (f"My Cozy/Files{self.path(doc_id)}", node.content)]
        return found

    def _more(self, doc_id: str) -> dict[str, Any]:
        thrown_from = self.nodes[doc_id].thrown_from
        restored = {"restore_path": thrown_from} if thrown_from else {}
        return {"_rev": f"{self.revisions[doc_id]}-abc", **restored}


def tree(http: httpx.Client, person: Person) -> dict[str, bytes]:
    """The content of each file that leaves, by its path."""
    entries = TakeOut.made(http, person).everything()
    return {name.removeprefix("My Cozy/Files"): body for name, body in entries.items() if "My Cozy/Files/" in name}


def assert_is(http: httpx.Client, person: Person, state: CozyState) -> None:
    """The account is what the Cozy is; no name was changed, and nothing waits for one."""
    entries = TakeOut.made(http, person).everything()
    files = {name.removeprefix("My Cozy/Files"): body for name, body in entries.items() if "My Cozy/Files/" in name}
    assert files == state.tree
    documents = documents_in(entries, "io.cozy.files").values()
    paths = {one["path"] for one in documents if one["type"] == "directory"}
    assert paths - {"/", "/.cozy_trash"} == state.directories
    assert {one["restore_path"] for one in documents if one["dir_id"] == "io.cozy.files.trash-dir"} == {
        node.thrown_from for node in state.nodes.values() if node.thrown_from
    }
    assert not NameClaim.objects.exists()
    assert person.used == bytes_held(person.row)
