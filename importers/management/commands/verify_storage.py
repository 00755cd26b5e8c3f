from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from importers.maintenance import collection, unfinished, verification
from importers.maintenance.listing import Listing
from importers.maintenance.told import tell_of_repair
from importers.models import Content

SHOWN = 10  # keys that are told one by one


class Command(BaseCommand):
    help = (
        "Reads every stored byte and compares it with what was received; finds bytes that nothing refers to, "
        "and use and records that are counted wrong. Exits with 1 if something is wrong and not mended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py verify_storage --repair"
        parser.add_argument(
            "--repair",
            action="store_true",
            help="remove stray bytes, dead uploads and what was let go of, correct counts",
        )
        parser.add_argument("--sizes", action="store_true", help="compare sizes only, without reading the bytes")
        parser.add_argument("--yes", action="store_true", help="with --repair: even if many files would be removed")

    def handle(self, *args: Any, repair: bool, sizes: bool, yes: bool, **options: Any) -> None:
        wrong = mended = count = size = 0
        if repair:
            removed = collection.remove_left_bytes()
            collection.release_keys()
            dead = removed.uploads + unfinished.remove()
            mended = dead + removed.let_go
            if mended:
                self.stdout.write(
                    f"removed: {dead} dead uploads, and the bytes of {removed.let_go} replaced thumbnails "
                    "and others that were let go of"
                )
        listing = Listing()
        self._say_left_alone(listing)
        if repair and not yes and listing.is_much():
            raise CommandError(self._what_it_would_do(listing))
        bar = tqdm(unit="B", unit_scale=True, unit_divisor=1024, desc="content", disable=None)
        findings = [
            verification.verify_contents(not sizes, listing),
            verification.verify_thumbnails(not sizes, repair, listing),
            verification.verify_keys(repair, listing),
            verification.verify_use(repair),
            verification.verify_counts(repair),
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
        if mended:
            tell_of_repair(mended)
        self.stdout.write(f"{count} contents, {size} bytes checked; {wrong} wrong, {mended} mended.")
        if wrong:
            raise CommandError(
                "Something is wrong. Bytes that are missing or changed have to come from a backup, or be sent again"
                + ("." if repair else "; --repair mends the rest.")
            )

    def _say_left_alone(self, listing: Listing) -> None:
        for folder, number in sorted(listing.left_alone.items()):
            whose = f"of another installation ({folder})" if folder else "that no installation's folder has"
            self.stdout.write(f"left alone: {counted_files(number)} {whose}, and that this database doesn't name")

    def _what_it_would_do(self, listing: Listing) -> str:
        some = "".join(f"\n  {key}" for key in listing.strays[:SHOWN])
        more = f"\n  and {len(listing.strays) - SHOWN:,} more" if len(listing.strays) > SHOWN else ""
        return (
            f"Nothing was removed. --repair would remove {counted_files(len(listing.strays))} of {listing.count:,}, to"
            f" which this database does not refer:{some}{more}\nSee whether it is the database of this storage,"
            " and not an older one. If it is, say --yes as well."
        )


def counted_files(number: int) -> str:
    """Returns so many files in words."""
    return f"{number:,} file" if number == 1 else f"{number:,} files"
