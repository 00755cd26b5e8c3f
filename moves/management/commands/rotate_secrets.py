import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from moves.peers import rotation
from moves.told import tell_of_rotation


class Command(BaseCommand):
    help = (
        "Encrypts every secret at rest again with SECRET_KEY that was encrypted with one of SECRET_KEY_FALLBACKS. It"
        " can be stopped, and goes on when it is begun again. Example: SECRET_KEY=new SECRET_KEY_FALLBACKS=old"
        " manage.py rotate_secrets. Exits with 1 if a secret can be read with none of these keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        read = rotated = 0
        unreadable: list[str] = []
        with tqdm(total=rotation.count(), unit=" secrets", disable=True if options["json"] else None) as bar:
            for secret in rotation.rotate():
                read, rotated = read + 1, rotated + secret.changed
                if secret.unreadable:
                    unreadable.append(secret.place)
                bar.update()
        if rotated:
            tell_of_rotation(rotated)
        if options["json"]:
            self.stdout.write(json.dumps({"read": read, "rotated": rotated, "unreadable": unreadable}))
        else:
            self.stdout.write(f"{read} secrets read, {rotated} of them encrypted with the newest key now.")
            for place in unreadable:
                self.stdout.write(f"UNREADABLE: {place}")
        if unreadable:
            raise CommandError(
                f"{len(unreadable)} can't be read. Name the key that they were encrypted with in SECRET_KEY_FALLBACKS."
            )
