from typing import Any

from django.core.management.base import BaseCommand

from importers.maintenance import collection


class Command(BaseCommand):
    help = (
        "Removes what killed uploads left, and content that nobody has held for a day. "
        "The worker does the same every ten minutes. Example: manage.py purge"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for what, number in collection.purge().items():
            self.stdout.write(f"{number:>8}  {what}")
