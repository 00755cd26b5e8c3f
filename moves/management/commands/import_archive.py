import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from accounts.management.exits import INCOMPLETE, INTERRUPTED
from accounts.models import User
from moves.errors import JsonApiRefusal
from moves.imports import mails, report
from moves.imports.counts import Counts
from moves.imports.requests import begin, precheck
from moves.imports.running import ending, job
from moves.imports.sources.strangers import for_operators
from moves.jobs import LOOK_EVERY
from moves.models import ArchiveImport

LISTED_ON_TERMINAL = 20  # entries of each kind of the report that are shown


class Command(BaseCommand):
    help = (
        "Brings everything in archives, or in the export behind a link, into an account, and merges it with what is "
        "there. Interrupted and run again, it goes on where it stopped; run once more, it changes nothing. Exits with "
        "3 if it is done and something is missing, with 1 if it failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py import_archive ada part-1.zip part-2.zip"
        parser.add_argument("name", metavar="NAME", help="the account")
        parser.add_argument(
            "sources",
            nargs="+",
            metavar="PATH_OR_LINK",
            help="the archives, all parts of one export in any order, zip or tar; or the link to an export",
        )

    def handle(self, *args: Any, name: str, sources: list[str], **options: Any) -> None:
        """Raises CommandError when there is no such account or archive, the import fails, or something is missing."""
        owner = User.objects.filter(username__iexact=name).first()
        if owner is None:
            raise CommandError(f"There is no account {name!r}.")
        try:
            archive_import = self._begin(owner, sources)
        except JsonApiRefusal as refused:
            raise CommandError(refused.detail) from refused
        if archive_import.epoch or archive_import.parts.exists():
            self.stderr.write("Going on with the import that was begun before.")
        try:
            self._run(archive_import)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. Run it again: it goes on where it stopped.")
            raise SystemExit(INTERRUPTED) from None
        ending.settle(archive_import.pk)
        mails.send(archive_import.pk)
        archive_import.refresh_from_db()
        self._report(archive_import)
        if archive_import.state == ArchiveImport.State.INCOMPLETE:
            raise CommandError(report.ended(archive_import), returncode=INCOMPLETE)
        if archive_import.state != ArchiveImport.State.DONE:
            raise CommandError(f"The import failed: {for_operators(archive_import.error)}")

    def _begin(self, owner: User, sources: list[str]) -> ArchiveImport:
        links = [source for source in sources if "://" in source]
        if links and len(sources) > 1:
            raise CommandError("Give one link, or the paths of the archives of one export.")
        if links:
            precheck(owner, links[0])
            return begin(owner, link=links[0], origin="command")
        for source in sources:
            if not Path(source).is_file():
                raise CommandError(f"{source} is not a file.")
        return begin(owner, paths=sources, origin="command")

    def _run(self, archive_import: ArchiveImport) -> None:
        """Imports here, unless a worker is at it; then waits for that, and also before what failed is tried again."""
        with tqdm(total=None, unit="B", unit_scale=True, unit_divisor=1024, desc="importing", disable=None) as bar:

            def show(found: ArchiveImport, counts: Counts) -> None:
                _show(bar, found.bytes_expected, counts.bytes_read, counts.documents)

            at_once = True  # whoever runs this doesn't want to wait for the time that a worker would
            while not job.run(archive_import.pk, show, at_once=at_once):
                at_once = False
                archive_import.refresh_from_db()
                if archive_import.state != ArchiveImport.State.IMPORTING:
                    return
                _show(bar, archive_import.bytes_expected, archive_import.bytes_read, archive_import.documents)
                if archive_import.waiting_for and archive_import.retry_at is not None:
                    left = max(0.0, (archive_import.retry_at - timezone.now()).total_seconds())
                    bar.write(f"{archive_import.waiting_for} Again in {left:.0f} s.")
                    time.sleep(left)
                time.sleep(LOOK_EVERY)

    def _report(self, found: ArchiveImport) -> None:
        self.stdout.write(f"From {found.server or 'the archives'}: {report.came(found)}")
        for words, number in report.outcomes(found):
            self.stdout.write(f"  {number} {words}")
        for group in report.groups(found, LISTED_ON_TERMINAL):
            self.stdout.write(f"{group.title}: {group.number}")
            for entry in group.entries:
                self.stdout.write(f"  {entry.entry or f'{entry.doctype}/{entry.doc_id}'}: {entry.sentence}")
            if group.unlisted:
                self.stdout.write(f"  and {group.unlisted} more")
        if proven := report.proven(found):
            self.stdout.write(proven)


def _show(bar: tqdm, expected: int, read: int, documents: int) -> None:
    bar.total = expected or None
    bar.set_postfix_str(f"{documents:,} documents", refresh=False)
    bar.update(read - bar.n)
