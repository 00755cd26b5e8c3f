from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from importers.maintenance import collection, verification
from importers.models import Content


class Command(BaseCommand):
    help = (
        "Reads every stored byte and compares it with what was received; finds bytes that nothing refers to, "
        "and use that is counted wrong. Exits with 1 if something is wrong and not mended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="remove stray bytes and dead uploads, correct counts")
        parser.add_argument("--sizes", action="store_true", help="compare sizes only, without reading the bytes")

    def handle(self, *args: Any, repair: bool, sizes: bool, **options: Any) -> None:
        wrong = mended = count = size = 0
        if repair:
            collection.release_keys()
            mended = collection.remove_dead_uploads()
            if mended:
                self.stdout.write(f"removed: the bytes of {mended} uploads that have died")
        bar = tqdm(unit="B", unit_scale=True, unit_divisor=1024, desc="content", disable=None)
        findings = [
            verification.verify_contents(read=not sizes),
            verification.verify_keys(repair),
            verification.verify_use(repair),
        ]
        for finding in (finding for kind in findings for finding in kind):
            if isinstance(finding, Content):
                count, size = count + 1, size + finding.size
                bar.update(finding.size)
                continue
            mended += finding.mended
            wrong += not finding.mended
            self.stdout.write(f"{'mended' if finding.mended else 'WRONG'}: {finding.what}")
        bar.close()
        self.stdout.write(f"{count} contents, {size} bytes checked; {wrong} wrong, {mended} mended.")
        if wrong:
            raise CommandError(
                "Something is wrong. Bytes that are missing or changed have to come from a backup, or be sent again"
                + ("." if repair else "; --repair mends the rest.")
            )
