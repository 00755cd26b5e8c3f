"""How documents become folders and files again, whether they were ours or a Cozy's."""

from typing import Any

from importers.digests import digest
from importers.documents import FILES, ITEMS
from importers.merging import Records, Said, record_columns, revisions_of
from importers.models import File, FileVersion, Folder, Record
from importers.origins import Session
from importers.returning import Broken, Coming, Outcome, identifier, lenient_moment, text
from importers.text import folder_path
from importers.verticals.blobs.foreign import (
    below,
    changed_at,
    file_name,
    folder_at,
    foreign_directory,
    foreign_mime,
    original_path,
    place_of,
)
from importers.verticals.blobs.leaving import FILE, FILE_COLUMNS, FOLDER, FOLDER_COLUMNS
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
        if said.foreign and said.doc_id != record.doc_id:
            self._stay_out_of_the_bin(said, record)
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

    def _stay_out_of_the_bin(self, said: Said, record: Folder) -> None:
        """Two directories of one path, of which a Cozy may have any number in its bin, are one folder: it is in the bin
        only if both are. Files say for themselves where they are."""
        if record.trashed_at and not said.columns["trashed_at"]:
            record.trashed_at = None
            record.save(update_fields=["trashed_at"])
            said.coming.became(Outcome.UPDATED)
        if not record.trashed_at:
            said.columns["trashed_at"] = None


def move_files(folder: Folder, path: str) -> None:
    """Gives the files of a folder their places below its path, which has only now become known."""
    for file in File.objects.filter(folder=folder):
        file.same_name = digest(path, file.name)
        file.shown_name, file.place = free_place(file.owner_id, path, file.name)
        file.save(update_fields=["same_name", "shown_name", "place"])


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


class Derived:
    """Directories that every export makes anew: no record stands behind them."""

    def bring(self, session: Session, comings: list[Coming]) -> None:
        for coming in comings:
            coming.became(Outcome.UNCHANGED)
            key, path = (coming.facts or {}).get("key"), coming.body.get("path")
            stands_at = key if isinstance(key, str) and key.startswith("/") else path
            try:
                session.note_made_anew(coming.id, original_path(stands_at))
            except Broken:
                continue  # what can't be read is no place for the files of others


DIRECTORIES, FILES_BACK, DERIVED = Directories(), Files(), Derived()
RETURNING = {
    (FILES, FOLDER): DIRECTORIES,
    (ITEMS, FOLDER): DIRECTORIES,
    (FILES, FILE): FILES_BACK,
}
