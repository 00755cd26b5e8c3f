from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from importers.rereading import job


class Command(BaseCommand):
    help = (
        "Reads the records again that a former version has made, so that they say what the same items would say today. "
        "The worker does so by itself after an upgrade. It can be stopped, and goes on from there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py reread --all"
        parser.add_argument("--all", action="store_true", help="begin again, with every record")

    def handle(self, *args: Any, all: bool, **options: Any) -> None:
        if all:
            job.begin()
        read = changed = 0
        with tqdm(total=job.waiting(), unit=" records", disable=None) as bar:
            for piece in job.pieces():
                read, changed = read + piece.read, changed + piece.changed
                bar.set_description(piece.kind)
                bar.update(piece.read)
        self.stdout.write(f"{read} records read, of which {changed} say something else now.")
