import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.set_up import outside, services, surroundings
from config.set_up.finding import Question, SetUpFinding
from importers.errors import SERVICE_ERRORS

NEED_DATABASE = ("storage", "operators", "processes")  # what can't be asked before it is there
VERDICTS = {True: "ok", False: "WRONG", None: "note"}


class Command(BaseCommand):
    help = (
        "Looks at everything that an installation stands on, and says how to mend what is wrong: settings, database,"
        " storage, broker, cache, mail, clock, processes, and the server as others see it. Changes nothing but a file"
        " that it writes into the storage and removes. Example: manage.py set_up --mail-to me@example.org. Exits with 1"
        " if anything is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mail-to", default="", metavar="ADDRESS", help="send a mail there")
        parser.add_argument("--inside", action="store_true", help="ask nothing of WHARF_BASE_URL: before a first start")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, mail_to: str, inside: bool, **options: Any) -> None:
        findings: list[SetUpFinding] = []
        for finding in _findings(mail_to, inside):
            findings.append(finding)
            if not options["json"]:
                advice = f"\n       {finding.advice}" if finding.advice and finding.ok is not True else ""
                self.stdout.write(f"{VERDICTS[finding.ok]:5}  {finding.check}: {finding.sentence}{advice}")
                self.stdout.flush()
        wrong = [finding for finding in findings if finding.ok is False]
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not wrong, "checks": [asdict(finding) for finding in findings]}))
        if wrong:
            raise CommandError(f"To be mended: {', '.join(dict.fromkeys(finding.check for finding in wrong))}.")
        if not options["json"]:
            self.stdout.write("Nothing is wrong.")


def _findings(mail_to: str, inside: bool) -> Iterator[SetUpFinding]:
    questions: dict[str, Question] = {
        "settings": surroundings.what_is_set,
        "data folder": surroundings.folders,
        "static files": surroundings.static_files,
        "database": services.database,
        "storage": services.storage,
        "broker": services.broker,
        "cache": services.shared_cache,
        "mail": partial(services.mail, mail_to),
        "clock": services.clock,
        "backups": services.backups,
        "operators": surroundings.people,
    }
    if not inside:
        questions |= {"processes": surroundings.processes, "outside": outside.seen_from_outside}
    stands = True
    for name, question in questions.items():
        if name in NEED_DATABASE and not stands:
            continue
        try:
            for finding in question():
                stands = stands and not (finding.check == "database" and finding.ok is False)
                yield finding
        except (*SERVICE_ERRORS, *services.OTHER_ERRORS) as error:
            connection.close()
            stands = stands and name != "database"
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            yield SetUpFinding(name, False, f"It does not work: {said}", services.MENDED_BY.get(name, ""))
