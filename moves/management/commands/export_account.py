import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.management.exits import INTERRUPTED
from accounts.models import User
from accounts.sizes import parse_size
from moves import counted
from moves.archives.archive import FORMATS, Spools
from moves.archives.entry import EntryMissing
from moves.errors import JsonApiRefusal
from moves.exports import folders, job
from moves.exports import requests as export_requests
from moves.exports.folders import FolderNote
from moves.exports.requests import Wish
from moves.jobs import LOOK_EVERY
from moves.models import Export


class Command(BaseCommand):
    help = (
        "Writes everything in an account into archives below a folder. Interrupted and run again, it goes on where it "
        "stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py export_account ada --output /mnt/archives"
        parser.add_argument("name", metavar="NAME", help="the account")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR")
        parser.add_argument(
            "--parts-size", metavar="N", help="such as 4GB; default: 1 GiB, or a hundredth of the account"
        )
        parser.add_argument("--format", choices=sorted(FORMATS), default="zip")

    def handle(self, *args: Any, name: str, output: Path, parts_size: str | None, **options: Any) -> None:
        """Raises CommandError when there is no such account, the folder can't be written, the export fails, or an entry
        is missing."""
        owner = User.objects.filter(username__iexact=name).first()
        if owner is None:
            raise CommandError(f"There is no account {name!r}.")
        try:
            wish = Wish.of({"parts_size": parse_size(parts_size)} if parts_size else {})
            self._export(owner, wish, output, options["format"])
        except ValueError as not_a_size:
            raise CommandError(str(not_a_size)) from not_a_size
        except JsonApiRefusal as refused:
            raise CommandError(refused.detail) from refused
        except (EntryMissing, folders.FolderBusy) as not_whole:
            raise CommandError(f"An archive is not whole. {not_whole}") from not_whole
        except OSError as failure:
            raise CommandError(f"{failure.filename or output}: {failure.strerror or failure}") from failure
        except KeyboardInterrupt as interrupt:
            raise CommandError(
                "Interrupted. Run the same command again, and it goes on.", returncode=INTERRUPTED
            ) from interrupt

    def _export(self, owner: User, wish: Wish, output: Path, kind: str) -> None:
        output.mkdir(parents=True, exist_ok=True)
        note = FolderNote(output, owner.username)
        export = self._begun(owner, wish, note, kind)
        self._make(export)
        export.refresh_from_db()
        if export.state != Export.State.DONE:
            note.remove()
            raise CommandError(f"The export failed: {export.error}")
        paths = self._write(export, output, kind)
        note.remove()
        self.stdout.write(
            f"The data of {owner.username} as it was on {export.snapshot_at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{counted.things(export.documents)}, {counted.files(export.files_count)}."
        )
        for path in paths:
            self.stdout.write(str(path))

    def _begun(self, owner: User, wish: Wish, note: FolderNote, kind: str) -> Export:
        """The export that is being written into this folder, or a new one."""
        wanted = {"account": owner.username, "format": kind, "parts_size": wish.parts_size}
        begun = note.read()
        doc_id = begun.pop("export", None)
        if isinstance(doc_id, str):
            found = owner.exports.filter(doc_id=doc_id, removed_at=None).first()
            if found is not None and begun == wanted and not found.has_expired and found.state != Export.State.ERROR:
                self.stderr.write(f"Going on with the export of {found.created_at:%Y-%m-%d %H:%M} UTC.")
                return found
            folders.remove_partial(note.path.parent, doc_id)
        export = export_requests.create(owner, wish, "command")
        note.write({"export": export.doc_id, **wanted})
        return export

    def _make(self, export: Export) -> None:
        """Makes it here, unless a worker is at it; then waits for that."""
        with tqdm(total=None, unit=" documents", desc="reading", disable=None) as bar:
            while Export.objects.filter(pk=export.pk, state=Export.State.EXPORTING).exists():
                if not job.run(export.pk, lambda done, of: _show(bar, done, of)):
                    self._say_why_it_waits(export)
                    time.sleep(LOOK_EVERY)

    def _say_why_it_waits(self, export: Export) -> None:
        """Once for each time that it was put off."""
        before = export.tries
        export.refresh_from_db(fields=["tries", "retry_at", "waiting_for"])
        if export.tries > before and export.retry_at is not None:
            self.stderr.write(f"{export.waiting_for} It is tried again at {export.retry_at:%H:%M:%S} UTC.")

    def _write(self, export: Export, output: Path, kind: str) -> list[Path]:
        spools = Spools.of(export)
        parts = list(export.parts.all())
        archives = [FORMATS[kind](part, spools) for part in parts]
        paths = [output / folders.file_name(export, part, len(parts), kind) for part in parts]
        with tqdm(
            total=sum(archive.size for archive in archives),
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            desc="writing",
            disable=None,
        ) as bar:
            for path, archive in zip(paths, archives, strict=True):
                folders.write(archive, path, bar.update)
        return paths


def _show(bar: tqdm, done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
