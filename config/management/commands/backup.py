import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.management.exits import INCOMPLETE, INTERRUPTED
from accounts.sizes import human_size
from config.backups.making import MadeBackup, as_json, make
from config.backups.place import BackupError, BackupPlace
from config.backups.progress import BackupBars


class Command(BaseCommand):
    help = (
        "Backs everything up into a folder or a bucket, while the server runs: the database as it is now, and the files"
        " that it names and that are not there from earlier backups. Example: manage.py backup /mnt/wharf --keep 30."
        " Or: manage.py backup s3://bucket/wharf. Exits with 3 if a file is missing or damaged; all others are in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", metavar="PLACE", help="a folder on another disk, or s3://bucket/prefix")
        parser.add_argument(
            "--keep", type=int, metavar="N", help="keep the N newest backups, and remove what only older ones have"
        )
        parser.add_argument(
            "--with-secrets",
            action="store_true",
            help="SECRET_KEY as well: whoever reads the backup can then be anybody, and read what is encrypted",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, place: str, keep: int | None, with_secrets: bool, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep takes 1 or more.")
        former = os.umask(0o077)  # a backup is for its owner alone
        try:
            made = self._make(place, with_secrets, keep, options["json"])
        finally:
            os.umask(former)
        self._tell(made, options["json"])

    def _make(self, place: str, with_secrets: bool, keep: int | None, quiet: bool) -> MadeBackup:
        with BackupBars(tqdm, quiet=quiet) as bars:
            try:
                return make(BackupPlace(place), with_secrets, keep, bars.show)
            except BackupError as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt as interrupt:
                said = "Interrupted. There is no new backup; the next one takes what was copied."
                raise CommandError(said, returncode=INTERRUPTED) from interrupt

    def _tell(self, made: MadeBackup, as_object: bool) -> None:
        content = made.content
        if as_object:
            self.stdout.write(json.dumps(as_json(made)))
        else:
            removed = f" {made.removed:,} files that only older backups had are removed." if made.removed else ""
            self.stdout.write(
                f"Backup {made.snapshot}: {content.files:,} files copied ({human_size(content.size)}),"
                f" {content.there:,} were there.{removed}"
            )
            for problem in content.wrong:
                self.stdout.write(f"WRONG: {problem}")
        if content.wrong:
            raise CommandError(
                f"{len(content.wrong)} files are missing or damaged here: see manage.py verify_storage. An earlier"
                " backup may have them.",
                returncode=INCOMPLETE,
            )
