from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from tqdm import tqdm

from importers.models import Content
from importers.models.content import Drawn
from importers.thumbnails import job


class Command(BaseCommand):
    help = (
        "Makes the thumbnails of pictures and videos that have none yet. The worker does so by itself, when something "
        "has come and after an upgrade. It can be stopped, and goes on from there; those that are there are shown "
        "until the new ones are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py thumbnails --failed"
        parser.add_argument("--all", action="store_true", help="make all of them anew, and try everything again")
        parser.add_argument(
            "--failed", action="store_true", help="try again what could not be read, was too large or crashed"
        )

    def handle(self, *args: Any, all: bool, failed: bool, **options: Any) -> None:
        if all or failed:
            job.begin_again(only_failed=not all)
        seen = made = 0
        with job.alone(wait=False) as is_alone:
            if not is_alone:
                self.stdout.write("A worker draws just now; this goes on when it pauses.")
        with job.alone(wait=True), tqdm(total=job.due().count(), unit=" files", disable=None) as bar:
            for piece in job.pieces():
                seen, made = seen + piece.seen, made + piece.made
                bar.update(piece.seen)
        self.stdout.write(f"{seen} files seen; {made} of them have new thumbnails.")
        failed_ones = Content.objects.filter(drawn__in=job.FAILED, unneeded_since=None)
        for outcome, number in failed_ones.values_list("drawn").annotate(Count("pk")).order_by("drawn"):
            self.stdout.write(f"{number:>8}  {Drawn(outcome).label}")
        if waiting := job.due().count():
            raise CommandError(f"{waiting} could not be looked at: the storage does not have them, or not now.")
