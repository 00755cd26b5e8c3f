"""`manage.py verify_audit`: does the audit trail still say what it said?"""

import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import keys
from audit.verification import LINKS_AT_ONCE, TrailReport, verify

EXAMPLE = """
Example, with copies of checkpoints that stand elsewhere:
  manage.py verify_audit --copies /mnt/elsewhere/checkpoints.jsonl
"""


class Command(BaseCommand):
    """Reads the whole trail; with a fault, the exit code is 1."""

    help = "Verify the audit trail: every link, every checkpoint and its signature, and what is known of events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLE
        parser.add_argument("--copies", type=Path, metavar="FILE", help="checkpoints as they were sent, one a line")
        parser.add_argument("--key", action="store_true", help="print the public key that signs now, and end")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, copies: Path | None, key: bool, **options: Any) -> None:
        """Raises CommandError where something is wrong."""
        if key:
            self._print_key()
            return
        report = verify(_read(copies) if copies else [], self._say if self.stderr.isatty() else lambda *_: None)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report), default=str))
        else:
            self._print(report)
        if report.faults:
            raise CommandError(f"{len(report.faults)} faults.", returncode=1)

    def _say(self, read: int, there_are: int) -> None:
        self.stderr.write(f"\r{read:,} of {there_are:,} events ({100 * read // max(read, there_are)} %)", ending="")
        if read + LINKS_AT_ONCE > there_are:
            self.stderr.write("\r\033[K", ending="")

    def _print_key(self) -> None:
        public = keys.public_key()
        self.stdout.write(f"{keys.base64_of(public)} (id {keys.id_of(public)})")

    def _print(self, report: TrailReport) -> None:
        for fault in report.faults:
            self.stdout.write(fault)
        self.stdout.write(
            f"{report.events:,} events in {report.chains:,} chains, {report.checkpoints:,} checkpoints, "
            f"{report.details:,} details, {report.erased:,} erased."
        )
        if report.proven_until is None:
            self.stdout.write("There is no checkpoint yet: a missing end could not be seen.")
        else:
            self.stdout.write(
                f"Proven up to {report.proven_until:%Y-%m-%d %H:%M:%S} UTC; {report.unproven:,} later events are "
                "unproven: their links hold, but a missing end of them could not be seen."
            )


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        copies = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError) as unreadable:
        raise CommandError(f"{path} can't be read: {unreadable}") from unreadable
    if not all(isinstance(copy, dict) for copy in copies):
        raise CommandError(f"{path} has lines that are no checkpoints.")
    return copies
