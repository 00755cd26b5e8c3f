"""How documents become folders, files and their versions again, whether they were ours or a Cozy's."""

from typing import Any

from importers.digests import digest, digest_id
from importers.documents import FILES, ITEMS, ROOT, TRASH, TRASH_PATH, VERSIONS
from importers.merging import Records, Said, record_columns, revisions_of
from importers.models import Content, File, FileVersion, Folder, Photo, Record, Video
from importers.returning import (
    EPOCH,
    LONGEST_ID,
    UNKNOWN_TIME,
    Broken,
    Coming,
    Outcome,
    Session,
    columns_of,
    identifier,
    lenient_moment,
    text,
)
from importers.text import folder_path
from importers.verticals.blobs.leaving import FILE, FILE_COLUMNS, FOLDER, FOLDER_COLUMNS, VERSION, VERSION_COLUMNS
from importers.verticals.blobs.places import free_place

OLDER_FILE_NOTE = "What is here is newer; the archive's is kept as an earlier version of it."


class Directories(Records):
    """Directories: ours say which folders came under their path, a Cozy's are one folder."""

    model = Folder
    names = FOLDER_COLUMNS
    vertical = "blobs"

    def read(self, session: Session, coming: Coming) -> list[Said]:
        facts = coming.facts
        if facts is None or facts.get("kind") != FOLDER:
            return [foreign_directory(session, coming)]
        said = facts.get("records")
        if not isinstance(said, list) or not said:
            raise Broken("It does not say which folders it was.")
        records = []
        for one in said:
            if not isinstance(one, dict):
                raise Broken("What it says of its folders can't be read.")
            columns = record_columns(session, Folder, FOLDER_COLUMNS, one)
            if folder_path(columns["identifier"]) != columns["identifier"]:
                raise Broken("The path of a folder can't be read.")
            records.append(Said(coming, identifier(one.get("doc_id")), columns, revisions_of(session, one)))
        return records

    def attach(self, session: Session, pairs: list[tuple[Said, Record]]) -> None:
        for said, record in pairs:
            if isinstance(record, Folder):
                session.remember((self.kind, said.doc_id), record.pk)
                session.remember(("path", record.pk), record.identifier)
                session.remember(("folder at", record.source_id, record.identifier), record.pk)

    def merge(self, session: Session, said: Said, record: Any, kept: list[Any]) -> None:
        if said.columns["identifier"] == record.identifier:
            super().merge(session, said, record, kept)
        elif session.is_waiting(record):
            path = said.columns["identifier"]
            super().merge(session, said, record, kept)
            move_files(record, path)
        else:
            note = f"This folder is {record.identifier} here and {said.columns['identifier']} in the archive; it stays."
            said.columns |= {name: getattr(record, name) for name in ("identifier", "name")}
            super().merge(session, said, record, kept)
            said.coming.notes.append(note)


def move_files(folder: Folder, path: str) -> None:
    """Gives the files of a folder their places below its path, which has only now become known."""
    for file in File.objects.filter(folder=folder):
        file.same_name = digest(path, file.name)
        file.shown_name, file.place = free_place(file.owner_id, path, file.name)
        file.save(update_fields=["same_name", "shown_name", "place"])


def foreign_directory(session: Session, coming: Coming) -> Said:
    """A Cozy's directory."""
    body = coming.body
    name = file_name(body.get("name"))
    parent, path, trashed = body.get("dir_id"), body.get("path"), False
    if parent == TRASH:
        trashed, path = True, below(original_path(body.get("restore_path")), name)
    elif isinstance(path, str) and path.startswith("/") and not path.startswith(f"{TRASH_PATH}/"):
        path = original_path(path)
    else:
        trashed = isinstance(path, str) and path.startswith(f"{TRASH_PATH}/")
        above = _path_of(session, parent)
        if above is None:
            raise Broken(f"The directory that it is in, {parent!r:.80}, has not come before it.")
        path = below(above, name)
    if path == "/":
        raise Broken("It stands where the root is.")
    source, transfer = session.of_origin()
    changed = changed_at(body)
    columns = {
        "source_id": source,
        "transfer_id": transfer,
        "identity": digest(path),
        "payload": coming.text,
        "received_at": session.now,
        "changed_at": changed,
        "trashed_at": changed if trashed else None,
        "identifier": path,
        "name": name,
        "arrived_at": session.now,
    }
    session.remember(("path of", coming.id), path)
    return Said(coming, identifier(coming.id), columns, foreign=True)


def _path_of(session: Session, doc_id: Any) -> str | None:
    """The path of a directory that has come before."""
    if doc_id in (ROOT, "", None):
        return "/"
    if not isinstance(doc_id, str) or len(doc_id) > LONGEST_ID:
        return None
    if (known := session.known("path of", doc_id)) is not None:
        return str(known)
    of = session.aliases(FOLDER, [doc_id]).get(doc_id, doc_id)
    path = Folder.objects.filter(owner=session.owner, doc_id=of).values_list("identifier", flat=True).first()
    return path if path is None else str(session.remember(("path of", doc_id), path))


def changed_at(body: dict[str, Any]) -> Any:
    """When a Cozy's document was changed; long ago, where it doesn't say."""
    for name in ("updated_at", "created_at"):
        if (found := lenient_moment(body.get(name))) is not None and found > EPOCH:
            return found
    return UNKNOWN_TIME


def file_name(value: Any) -> str:
    """The name of a Cozy's file or directory."""
    name = text(value, "Its name")
    if not name or name in (".", "..") or "/" in name:
        raise Broken(f"{name[:80]!r} is no name of a file or a directory.")
    return name


def original_path(value: Any) -> str:
    """A path that a Cozy's document names."""
    path = folder_path(text(value, "Its path")) if value else "/"
    if {".", ".."} & set(path.split("/")):
        raise Broken("Its path climbs out of where it should be.")
    return path


def below(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def folder_at(session: Session, source: int, transfer: int, path: str) -> int:
    """The folder at a path, of this source; one that waits for its document, where there is none."""
    key = ("folder at", source, path)
    if (known := session.known(*key)) is not None:
        return int(known)
    root = path == "/"
    folder, _ = Folder.objects.get_or_create(
        source_id=source,
        identity=digest(path),
        defaults={
            "owner": session.owner,
            "transfer_id": transfer,
            "identifier": path,
            "arrived_at": session.now if root else None,
            "changed_at": session.now if root else EPOCH,  # nobody sends the root
        },
    )
    session.remember(("path", folder.pk), folder.identifier)
    return int(session.remember(key, folder.pk))


def place_of(session: Session, body: dict[str, Any]) -> tuple[int, str, bool]:
    """Where a Cozy's file is: its folder, the folder's path, and whether it is in the bin."""
    parent, trashed = body.get("dir_id"), body.get("trashed") is True
    source, transfer = session.of_origin()
    if parent in (ROOT, TRASH, "", None):
        path = original_path(body.get("restore_path")) if parent == TRASH else "/"
        return folder_at(session, source, transfer, path), path, trashed or parent == TRASH
    folder = session.containers(Folder, [identifier(parent, "The id of its directory")])[parent]
    path = session.known("path", folder)
    if path is None:
        path = Folder.objects.values_list("identifier", flat=True).get(pk=folder)
        session.remember(("path", folder), path)
    return folder, path, trashed


class Files(Records):
    """Files, with their bytes."""

    model = File
    names = FILE_COLUMNS
    vertical = "blobs"

    def read(self, session: Session, coming: Coming) -> list[Said]:
        facts = coming.facts
        if facts is None or facts.get("kind") != FILE:
            return [self.read_foreign(session, coming)]
        columns = record_columns(session, File, FILE_COLUMNS, facts)
        path = text(facts.get("folder"), "folder")
        if folder_path(path) != path:
            raise Broken("The path of its folder can't be read.")
        if not columns["name"] or not columns["shown_name"]:
            raise Broken("It has no name.")
        columns["seen_in_id"] = session.transfer(facts.get("seen_in"))[1]
        columns["content_id"] = coming.stored.pk
        revisions = revisions_of(session, facts) if "revisions" in facts else []
        doc_id = identifier(coming.id)
        columns["folder_id"] = folder_at(session, columns["source_id"], columns["transfer_id"], path)
        return [Said(coming, doc_id, columns, revisions, path=path)]

    def read_foreign(self, session: Session, coming: Coming) -> Said:
        """A Cozy's file."""
        body, name = coming.body, file_name(coming.body.get("name"))
        doc_id, content = identifier(coming.id), coming.stored.pk
        folder, path, trashed = place_of(session, body)
        source, transfer = session.of_origin()
        changed = changed_at(body)
        columns = {
            "source_id": source,
            "transfer_id": transfer,
            "identity": digest(FILES, coming.id),
            "payload": coming.text,
            "received_at": session.now,
            "changed_at": changed,
            "trashed_at": changed if trashed else None,
            "folder_id": folder,
            "content_id": content,
            "seen_in_id": transfer,
            "same_name": digest(path, name),
            "place": digest(path, name),
            "name": name,
            "shown_name": name,
            "mime": foreign_mime(body),
            "modified_at": lenient_moment(body.get("updated_at")),
        }
        return Said(coming, doc_id, columns, path=path, foreign=True)

    def create(self, session: Session, saids: list[Said]) -> None:
        """Each under its own name, or a free one; the same file at the same path is the one that is there."""
        places = [said.columns["place"] for said in saids]
        taken = {file.place: file for file in File.objects.filter(owner=session.owner, place__in=places)}
        new: list[Said] = []
        for said in saids:
            other = taken.get(said.columns["place"])
            if other is None:
                new.append(said)
            elif (
                other.content_id == said.columns["content_id"]
                and not other.trashed_at
                and not said.columns["trashed_at"]
            ):
                self._merge(session, [(said, other)])
            else:
                self._rename(session, said)
        super().create(session, self._first_of_each_place(session, new))

    def _first_of_each_place(self, session: Session, saids: list[Said]) -> list[Said]:
        first: dict[str, Said] = {}
        for said in saids:
            if first.setdefault(said.columns["place"], said) is not said:
                self._rename(session, said)
        return list(first.values())

    def _rename(self, session: Session, said: Said) -> None:
        was = below(said.path, said.columns["shown_name"])
        name, place = free_place(session.owner.pk, said.path, said.columns["shown_name"])
        said.columns |= {"shown_name": name, "place": place}
        super().create(session, [said])
        said.coming.became(Outcome.RENAMED, f"Another file is {was} already; this one is now {below(said.path, name)}.")

    def _merge(self, session: Session, pairs: list[tuple[Said, Any]]) -> None:
        for said, record in pairs:
            if said.columns["folder_id"] == record.folder_id and said.columns["name"] == record.name:
                # Under which name it is shown was decided here.
                said.columns |= {"shown_name": record.shown_name, "place": record.place}
        super()._merge(session, pairs)

    def _arrive(self, session: Session, said: Said, record: Any, differing: dict[str, Any]) -> None:
        # Until now, the record was one of its versions.
        self._keep_version(session, record, self._state(record))
        self._find_place(session, said, differing)
        super()._arrive(session, said, record, differing)

    def _find_place(self, session: Session, said: Said, differing: dict[str, Any]) -> None:
        if "place" in differing and File.objects.filter(owner=session.owner, place=differing["place"]).exists():
            name, place = free_place(session.owner.pk, said.path, said.columns["shown_name"])
            differing |= {"shown_name": name, "place": place}
            said.coming.notes.append(f"Another file has its name; it is now {below(said.path, name)}.")

    def take(self, session: Session, said: Said, record: Any, differing: dict[str, Any], kept: list[Any]) -> None:
        self._find_place(session, said, differing)
        if "content_id" in differing:
            self._keep_version(session, record, self._state(record))
            if "payload" in differing:
                kept.append((record.payload, session.now))  # the version has it
        super().take(session, said, record, differing, kept)

    def keep_other(self, session: Session, said: Said, record: Any, differing: dict[str, Any], kept: list[Any]) -> None:
        if "content_id" not in differing:
            super().keep_other(session, said, record, differing, kept)
            return
        state = {name: said.columns[name] for name in STATE}
        if said.foreign:
            state["received_at"] = said.columns["changed_at"]  # so that it is the same whenever it comes
        wrote = self._keep_version(session, record, state, foreign=said.foreign)
        said.coming.became(Outcome.OLDER, OLDER_FILE_NOTE, wrote=wrote)

    def _state(self, record: File) -> dict[str, Any]:
        return {name: getattr(record, name) for name in STATE}

    def _keep_version(self, session: Session, file: File, state: dict[str, Any], *, foreign: bool = False) -> bool:
        """Keeps what a file is, or was elsewhere, as a version. Gives whether it was not kept yet. A `foreign` document
        says of which revision it is; an exporter's item may be the same twice."""
        names = ("content_id", "payload") if foreign else ("content_id", "payload", "received_at")
        same = {name: state[name] for name in names}
        if file.versions.filter(**same).exists():
            return False
        FileVersion.objects.create(file=file, owner=session.owner, replaced_at=session.now, **state)
        session.new_bytes += len(state["payload"].encode())
        return True


STATE = ("content_id", "transfer_id", "payload", "mime", "modified_at", "received_at")  # of a file, as a version has it


def foreign_mime(body: dict[str, Any]) -> str:
    mime = body.get("mime")
    return text(mime, "Its type") if isinstance(mime, str) else ""


class Versions:
    """What files were earlier. A version whose file has not come stands as a file until it does."""

    def bring(self, session: Session, comings: list[Coming]) -> None:
        for coming in comings:
            try:
                self._bring(session, coming)
            except Broken as broken:
                coming.broken = str(broken)

    def _bring(self, session: Session, coming: Coming) -> None:
        named, _, own = coming.id.rpartition("/")
        file_id, doc_id = identifier(named, "The id of its file"), identifier(own)
        state = self._state(session, coming)
        found = session.aliases(FILE, [file_id]).get(file_id, file_id)
        file = File.objects.filter(owner=session.owner, doc_id=found).first()
        if file is None:
            self._keep_alone(session, coming, file_id, state)
            return
        versions = FileVersion.objects.filter(owner=session.owner, file=file)
        same = versions.filter(doc_id=doc_id).first()
        if same is not None and (same.content_id, same.payload) != (state["content_id"], state["payload"]):
            doc_id = digest_id(doc_id, coming.stored.sha256, state["payload"])
            same = versions.filter(doc_id=doc_id).first()
        if same is not None:
            coming.became(Outcome.UNCHANGED)
            return
        same_by = ("content_id", "payload", "received_at") if coming.kind == VERSION else ("content_id", "modified_at")
        kept = versions.filter(**{name: state[name] for name in same_by}).first()
        if kept is not None:  # by a merge, which did not know its id
            FileVersion.objects.filter(pk=kept.pk).update(doc_id=doc_id, **state)
            coming.became(Outcome.UPDATED)
            return
        FileVersion.objects.create(file=file, owner=session.owner, doc_id=doc_id, **state)
        session.new_bytes += len(state["payload"].encode())
        coming.became(Outcome.CREATED)

    def _state(self, session: Session, coming: Coming) -> dict[str, Any]:
        facts = coming.facts
        content = coming.stored.pk
        if facts is not None and facts.get("kind") == VERSION:
            columns = columns_of(FileVersion, VERSION_COLUMNS, facts)
            return columns | {"content_id": content, "transfer_id": session.transfer(facts.get("transfer"))[1]}
        changed = changed_at(coming.body)
        return {
            "content_id": content,
            "transfer_id": session.of_origin()[1],
            "payload": coming.text,
            "mime": foreign_mime(coming.body),
            "modified_at": lenient_moment(coming.body.get("updated_at")),
            "received_at": changed,
            "replaced_at": changed,
        }

    def _keep_alone(self, session: Session, coming: Coming, file_id: str, state: dict[str, Any]) -> None:
        """Its file is a photo or a video, which have no versions, or has not come (yet)."""
        media = _media_of(session, file_id)
        if media is not None:
            keep_beside(session, coming, media.path or "/", media.name or file_id, state)
            return
        source, transfer = session.of_origin()
        folder = folder_at(session, source, transfer, "/")
        columns = {name: state[name] for name in STATE} | {
            "source_id": source,
            "transfer_id": transfer,
            "identity": digest("waits for", file_id),
            "changed_at": EPOCH,
            "trashed_at": None,
            "folder_id": folder,
            "seen_in_id": transfer,
            "same_name": digest("/", file_id),
            "place": digest("/", file_id),
            "name": file_id,
            "shown_name": file_id,
        }
        FILES_BACK.create(session, [Said(coming, file_id, columns, path="/")])


def _media_of(session: Session, doc_id: str) -> Photo | Video | None:
    for model in (Photo, Video):
        kind = str(model._meta.model_name)
        of = session.aliases(kind, [doc_id]).get(doc_id, doc_id)
        if (found := model._default_manager.filter(owner=session.owner, doc_id=of).first()) is not None:
            return found
    return None


def keep_beside(session: Session, coming: Coming, path: str, name: str, state: dict[str, Any]) -> bool:
    """Keeps bytes that belong to a photo or a video, which have no versions, as a file of their own. Gives whether they
    were not kept yet."""
    doc_id = digest_id(
        "beside", coming.id, str(Content.objects.values_list("sha256", flat=True).get(pk=state["content_id"]))
    )
    if File.objects.filter(owner=session.owner, doc_id=doc_id).exists():
        coming.became(Outcome.UNCHANGED)
        return False
    source, transfer = session.of_origin()
    shown, place = free_place(session.owner.pk, path, name)
    columns = {column: state[column] for column in STATE} | {
        "source_id": source,
        "transfer_id": transfer,
        "identity": digest("beside", doc_id),
        "changed_at": state["received_at"],
        "trashed_at": None,
        "folder_id": folder_at(session, source, transfer, path),
        "seen_in_id": transfer,
        "same_name": digest(path, name),
        "place": place,
        "name": name,
        "shown_name": shown,
    }
    FILES_BACK.create(session, [Said(coming, doc_id, columns, path=path)])
    coming.became(Outcome.RENAMED, f"An earlier version of {name} is kept as a file of its own: {below(path, shown)}.")
    return True


class Derived:
    """Directories that every export makes anew: no record stands behind them."""

    def bring(self, session: Session, comings: list[Coming]) -> None:
        for coming in comings:
            coming.became(Outcome.UNCHANGED)


DIRECTORIES, FILES_BACK, VERSIONS_BACK, DERIVED = Directories(), Files(), Versions(), Derived()
RETURNING = {
    (FILES, FOLDER): DIRECTORIES,
    (ITEMS, FOLDER): DIRECTORIES,
    (FILES, FILE): FILES_BACK,
    (VERSIONS, VERSION): VERSIONS_BACK,
}


def foreign(session: Session, coming: Coming) -> Versions | None:
    """How a document comes back that is not ours, if it is one of this vertical's."""
    return VERSIONS_BACK if coming.doctype == VERSIONS else None
