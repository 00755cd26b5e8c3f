import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moves.peers.check import WAIT, Check
from moves.peers.finding import PeerFinding

VERDICTS = {True: "ok", False: "WRONG", None: "note"}


class Command(BaseCommand):
    """Works without a database: only the settings and the network are asked."""

    help = (
        "Says before a move whether this server and another one will get along: name, address, TLS, redirects, answers "
        "in time and through its proxy, room. Exits with 1 if anything is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py check_peer https://other.example"
        parser.add_argument("url", metavar="URL", help="the address of the other server: https://HOST")
        parser.add_argument("--token", default="", help="an access token of the account there, to ask for room")
        parser.add_argument("--link", default="", help="the link of an export that would go there, to ask for room")
        parser.add_argument("--wait", type=float, default=WAIT, help="seconds for each answer (10)")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, url: str, token: str, link: str, wait: float, **options: Any) -> None:
        findings: list[PeerFinding] = []
        for finding in Check(url, token, link, wait).findings():
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(_line(finding))
                self.stdout.flush()
        wrong = [finding for finding in findings if finding.ok is False]
        if options["json"]:
            report = {"url": url, "ok": not wrong, "checks": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(report))
        if wrong:
            names = ", ".join(finding.check for finding in wrong)
            raise CommandError(f"Not ready for a move: {names}.")
        if not options["json"]:
            self.stdout.write("Nothing stands in the way of a move.")


def _line(finding: PeerFinding) -> str:
    return f"{VERDICTS[finding.ok]:5}  {finding.check}: {finding.sentence} {finding.advice}".rstrip()
