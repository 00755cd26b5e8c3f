import json
import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import User
from accounts.sizes import parse_size
from moves.archives.archive import FORMATS, EntryMissing, Spools, read
from moves.exports import job
from moves.exports.requests import Wish, request
from moves.jsonapi import Refused
from moves.models import Export, Part

NOTE = ".wharf-export.json"  # in the folder: which export is being written there
POLL = 1.0  # seconds


class Command(BaseCommand):
    help = (
        "Writes everything in an account into archives below a folder. Interrupted and run again, it goes on where it "
        "stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the account")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR")
        parser.add_argument(
            "--parts-size", metavar="N", help="such as 4GB; default: 1 GiB, or a hundredth of the account"
        )
        parser.add_argument("--format", choices=sorted(FORMATS), default="zip")

    def handle(self, *args: Any, name: str, output: Path, parts_size: str | None, **options: Any) -> None:
        """Raises CommandError when there is no such account, or the export fails, or an entry is missing."""
        owner = User.objects.filter(username__iexact=name).first()
        if owner is None:
            raise CommandError(f"There is no account {name!r}.")
        try:
            wish = Wish.of({"parts_size": parse_size(parts_size)} if parts_size else {})
            output.mkdir(parents=True, exist_ok=True)
            export = self._export(owner, wish, output, options["format"])
        except ValueError as not_a_size:
            raise CommandError(str(not_a_size)) from not_a_size
        except Refused as refused:
            raise CommandError(refused.detail) from refused
        self._make(export)
        export.refresh_from_db()
        if export.state != Export.State.DONE:
            (output / NOTE).unlink(missing_ok=True)
            raise CommandError(f"The export failed: {export.error}")
        paths = self._write(export, output, options["format"])
        (output / NOTE).unlink(missing_ok=True)
        self.stdout.write(
            f"The data of {owner.username} as it was on {export.snapshot_at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{export.documents} documents, {export.files_count} files."
        )
        for path in paths:
            self.stdout.write(str(path))

    def _export(self, owner: User, wish: Wish, output: Path, kind: str) -> Export:
        """The export that is being written into this folder, or a new one."""
        note = output / NOTE
        wanted = {"account": owner.username, "format": kind, "parts_size": wish.parts_size}
        if note.exists():
            begun = json.loads(note.read_text())
            found = owner.exports.filter(doc_id=begun.pop("export"), removed_at=None).first()
            if found is not None and begun == wanted and not found.has_expired and found.state != Export.State.ERROR:
                self.stderr.write(f"Going on with the export of {found.created_at:%Y-%m-%d %H:%M} UTC.")
                return found
            for partial in output.glob("*.partial"):  # of an export that is no more
                partial.unlink()
        export = request(owner, wish, "command")
        note.write_text(json.dumps({"export": export.doc_id, **wanted}))
        return export

    def _make(self, export: Export) -> None:
        """Makes it here, unless a worker is at it; then waits for that."""
        with tqdm(total=None, unit=" documents", desc="reading", disable=None) as bar:
            while Export.objects.filter(pk=export.pk, state=Export.State.EXPORTING).exists():
                if not job.run(export.pk, lambda done, of: _show(bar, done, of)):
                    time.sleep(POLL)

    def _write(self, export: Export, output: Path, kind: str) -> list[Path]:
        spools = Spools.of(export)
        paths = []
        parts = list(export.parts.all())
        archives = [FORMATS[kind](part, spools) for part in parts]
        with tqdm(
            total=sum(archive.size for archive in archives),
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            desc="writing",
            disable=None,
        ) as bar:
            for part, archive in zip(parts, archives, strict=True):
                path = output / _file_name(export, part, len(parts), kind)
                paths.append(path)
                if path.exists() and path.stat().st_size == archive.size:
                    bar.update(archive.size)
                    continue
                partial = path.with_name(f"{path.name}.partial")
                there = min(partial.stat().st_size, archive.size) if partial.exists() else 0
                bar.update(there)
                try:
                    with partial.open("r+b" if there else "wb") as file:
                        file.seek(there)
                        for chunk in read(archive, there, archive.size):
                            file.write(chunk)
                            bar.update(len(chunk))
                        file.flush()
                        os.fsync(file.fileno())
                except EntryMissing as missing:
                    raise CommandError(f"{path.name} is not whole: {missing}") from missing
                partial.rename(path)
        return paths


def _show(bar: tqdm, done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)


def _file_name(export: Export, part: Part, parts: int, kind: str) -> str:
    day = f"{export.snapshot_at:%Y-%m-%d}"
    number = f"-part-{part.number + 1:0{len(str(parts))}d}-of-{parts}" if parts > 1 else ""
    return f"wharf-{export.owner.username}-{day}{number}.{kind}"
