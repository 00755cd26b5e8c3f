from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext
from tqdm import tqdm

from accounts.management.exits import INTERRUPTED
from accounts.sizes import human_size
from moves.archives.checked_zip import ArchiveUnreadable
from moves.archives.verification import ArchiveVerdict, verify


class Command(BaseCommand):
    help = (
        "Reads the archives of an export, all parts of it, and compares every entry with the first one's manifest. "
        "Asks neither the database nor the storage. Exits with 1 if anything is missing, changed or too much."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py verify_archive part-1.zip part-2.zip"
        parser.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="every part, zip or tar, in any order")

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        verdict = ArchiveVerdict()
        with tqdm(unit="B", unit_scale=True, unit_divisor=1024, desc="archives", disable=None) as bar:
            try:
                for step in verify(paths):
                    if isinstance(step, ArchiveVerdict):
                        verdict = step
                    else:
                        bar.update(step)
            except ArchiveUnreadable as broken:
                raise CommandError(str(broken)) from broken
            except KeyboardInterrupt as interrupt:
                raise CommandError("Interrupted. Nothing was proven.", returncode=INTERRUPTED) from interrupt
        for problem in verdict.problems:
            self.stdout.write(f"WRONG: {problem}")
        if verdict.wrong:
            wrong = ngettext(
                "%(number)s entry is wrong. Download the part it is in again.",
                "%(number)s entries are wrong. Download the parts they are in again.",
                verdict.wrong,
            )
            raise CommandError(wrong % {"number": verdict.wrong})
        head = verdict.head
        self.stdout.write(
            f"Whole: {verdict.entries} entries, {human_size(verdict.size)}, all as the manifest says. "
            f"The data of {head['account']} at {head['server']}, as it was on {head['snapshot_at']}."
        )
