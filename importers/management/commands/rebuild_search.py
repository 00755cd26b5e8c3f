from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from tqdm import tqdm

from importers.search import index, installing


class Command(BaseCommand):
    help = (
        "Compares everything that people have with what is searched of it, and writes what differs. The worker does so "
        "by itself after an upgrade. It can be stopped, and goes on from there when it is begun again; people search "
        "meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py rebuild_search --all"
        parser.add_argument("--all", action="store_true", help="begin again, though a former one has not ended")
        parser.add_argument(
            "--index",
            action="store_true",
            help="first make the database’s own index of it anew; on SQLite nobody else can write until that is done",
        )

    def handle(self, *args: Any, all: bool, **options: Any) -> None:
        installing.install(connection)
        if advice := installing.lacking(connection):
            self.stdout.write(advice)
        elif options["index"]:
            installing.index_anew(connection)
        if all or index.is_filled():
            index.begin_again()
        looked_at = written = 0
        with tqdm(total=index.waiting(), unit=" records", disable=None) as bar:
            for piece in index.pieces():
                looked_at, written = looked_at + piece.looked_at, written + piece.written
                bar.set_description(piece.kind)
                bar.update(piece.looked_at)
        self.stdout.write(f"{looked_at} records looked at; what is searched of {written} of them was written.")
