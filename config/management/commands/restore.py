import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.management.exits import INCOMPLETE, INTERRUPTED
from accounts.sizes import human_size
from config.backups.place import BackupError, BackupPlace
from config.backups.progress import BackupBars
from config.backups.restoring import restore


class Command(BaseCommand):
    help = (
        "Brings a backup back: the database into an empty one, and every file, each compared with its hash. Nothing"
        " else may run meanwhile. It can be stopped, and goes on when it is begun again. Example: manage.py restore"
        " /mnt/backups/wharf. Exits with 3 if a file is missing or damaged; all others are there then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", metavar="PLACE", help="the folder, or s3://bucket/prefix")
        parser.add_argument("--snapshot", default="", metavar="NAME", help="which backup; else the newest")
        parser.add_argument("--list", action="store_true", help="say which backups there are, and do nothing")
        parser.add_argument(
            "--as-new",
            action="store_true",
            help="a copy beside the original, with an id and files of its own, and nobody's sessions, tokens or moves",
        )
        parser.add_argument("--with-secrets", action="store_true", help="the backup's SECRET_KEY as well")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, place: str, snapshot: str, as_new: bool, with_secrets: bool, **options: Any) -> None:
        try:
            if options["list"]:
                self._list(BackupPlace(place), options["json"])
                return
            with BackupBars(tqdm, quiet=options["json"]) as bars:
                restored = restore(BackupPlace(place), snapshot, as_new, with_secrets, bars.show)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as interrupt:
            said = "Interrupted. Begin it again, and it goes on from here."
            raise CommandError(said, returncode=INTERRUPTED) from interrupt
        content = restored.content
        if options["json"]:
            self.stdout.write(json.dumps(asdict(restored)))
        else:
            self.stdout.write(
                f"Restored {restored.snapshot}: {content.files:,} files ({human_size(content.size)}),"
                f" {content.there:,} were there."
            )
            for line in (*(f"WRONG: {problem}" for problem in content.wrong), *restored.told):
                self.stdout.write(line)
        if content.wrong:
            raise CommandError(
                f"{len(content.wrong)} files are missing or damaged in the backup.", returncode=INCOMPLETE
            )

    def _list(self, place: BackupPlace, as_json: bool) -> None:
        known = [{"snapshot": name, **place.manifest(name)} for name in place.snapshots()]
        if as_json:
            shown = ("snapshot", "made_at", "server", "engine", "content")
            self.stdout.write(json.dumps({"backups": [{name: one[name] for name in shown} for one in known]}))
            return
        for one in known:
            files, size = one["content"]["files"], human_size(one["content"]["size"])
            self.stdout.write(f"{one['snapshot']}  {one['server']}  {files:,} files, {size}")
