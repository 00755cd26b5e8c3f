import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from importers.models import Rejection, Transfer

HEADINGS = ("when", "person", "from", "vertical", "created", "updated", "unchanged", "kept", "refused", "bytes")


class Command(BaseCommand):
    help = "Lists what came in: the latest transfers, with their counts per vertical and what was refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py transfers ada --last 5"
        parser.add_argument("name", nargs="?", help="only those of this account")
        parser.add_argument("--last", type=int, default=20, metavar="N", help="how many transfers (default 20)")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, name: str | None, last: int, **options: Any) -> None:
        transfers = Transfer.objects.select_related("source", "owner").order_by("-id")
        if name is not None:
            owner = User.objects.filter(username__iexact=name).first()
            if owner is None:
                raise CommandError(f"There is no account {name!r}.")
            transfers = transfers.filter(owner=owner)
        chosen = list(reversed(transfers.prefetch_related("counts", "rejections", "counted_refusals")[:last]))
        if options["json"]:
            self.stdout.write(json.dumps({"transfers": [_as_json(transfer) for transfer in chosen]}))
            return
        if not chosen:
            self.stdout.write("Nothing has come in yet.")
            return
        self._print_table([row for transfer in chosen for row in _rows(transfer)])
        for transfer in chosen:
            for rejection in _missing(transfer)[:10]:
                self.stdout.write(
                    f"refused from {transfer.source} at {rejection.vertical}: {rejection} ({rejection.times}x)"
                )

            for counted in transfer.counted_refusals.all():
                self.stdout.write(
                    f"refused from {transfer.source}, and only counted, since the account's budget for the audit trail"
                    f" is used up: {counted.code} ({counted.times}x)"
                )

    def _print_table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
        for row in [HEADINGS, tuple("─" * width for width in widths), *rows]:
            cells = [
                cell.ljust(width) if column < 4 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.stdout.write("  ".join(cells).rstrip())


def _rows(transfer: Transfer) -> list[tuple[str, ...]]:
    return [
        (
            f"{transfer.first_item_at:%Y-%m-%d %H:%M}",
            transfer.owner.username,
            str(transfer.source),
            count.vertical,
            *(str(number) for number in (count.created, count.updated, count.unchanged, count.kept, count.rejected)),
            f"{count.received_bytes:,}",
        )
        for count in sorted(transfer.counts.all(), key=lambda count: count.vertical)
    ]


def _as_json(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.pk,
        "person": transfer.owner.username,
        "client_id": transfer.source.client_id,
        "client": transfer.source.client_name,
        "service": transfer.source.service,
        "job_id": transfer.job_id,
        "recurring_job_id": transfer.recurring_job_id,
        "first_item_at": transfer.first_item_at.isoformat(),
        "last_item_at": transfer.last_item_at.isoformat(),
        "outcome": transfer.outcome,
        "items": transfer.items,
        "received_bytes": transfer.received_bytes,
        "verticals": {
            count.vertical: {
                "created": count.created,
                "updated": count.updated,
                "unchanged": count.unchanged,
                "kept": count.kept,
                "rejected": count.rejected,
                "received_bytes": count.received_bytes,
            }
            for count in transfer.counts.all()
        },
        "counted_refusals": {one.code: one.times for one in transfer.counted_refusals.all()},
        "rejections": [
            {
                "vertical": rejection.vertical,
                "status": rejection.status,
                "code": rejection.code,
                "reason": rejection.reason,
                "times": rejection.times,
            }
            for rejection in _missing(transfer)
        ],
    }


def _missing(transfer: Transfer) -> list[Rejection]:
    """What was refused, and has not come since."""
    return [rejection for rejection in transfer.rejections.all() if rejection.made_good_at is None]
