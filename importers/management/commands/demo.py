"""`manage.py demo`, or `make demo`: an exporter's whole work on a real server, to watch and then to look around."""

import json
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from importers.management.demo.consent import Browser, DemoExporter, exchange
from importers.management.demo.failure import DemoFailed
from importers.management.demo.keys import Keys
from importers.management.demo.server import DemoServer, choose_port
from importers.management.demo.surroundings import CHECKOUT, begin_again_if_not_ours, manage
from importers.registry import VERTICALS
from importers.sending.connection import Destination, JobConnection, SendingJob
from importers.sending.errors import Stopped
from importers.sending.folders.folder import LocalFolder
from importers.sending.grant import Grant
from importers.sending.items import OutgoingItem
from importers.sending.posts import posts_in
from importers.sending.progress import SendingProgress
from importers.sending.report import Report, in_bytes
from importers.sending.transfer import OutgoingTransfer
from importers.sending.written import items_below

SAMPLE = CHECKOUT / "demo"
SERVICE = "Demo Cloud"
REDIRECT_URI = "http://localhost:9/callback"  # the discard port: nothing ever opens it
PERSON = "ada"
OPERATOR = "operator"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """Everything goes over HTTP, as it would from elsewhere; only what an operator does goes through `manage.py`."""

    help = (
        "Start a server with its data in a folder of its own, send it a sample over real OAuth and HTTP, and serve on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py demo --once"
        parser.add_argument("--once", action="store_true", help="stop after the table instead of serving until Ctrl-C")

    def handle(self, *, once: bool, **options: Any) -> None:
        """Raises `CommandError`, with the end of the server's log, if a step does not work."""
        begin_again_if_not_ours()
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line per request, across the steps
        for ending in ENDINGS:
            signal.signal(ending, _interrupt)
        server = None
        try:
            server = DemoServer(settings.WHARF_DATA_DIR, choose_port(os.environ.get("PORT", "")))
            self._show(server)
            while not once:
                server.check_running()
                time.sleep(0.5)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        except (DemoFailed, Stopped, httpx.HTTPError, OSError, ValueError) as error:
            log = server.last_words() if server else ""
            raise CommandError(f"{error}\n\nThe end of the server's log:\n{log}" if log else str(error)) from error
        finally:
            _ignore_endings()
            if server:
                server.stop()

    def _show(self, server: DemoServer) -> None:
        keys_file = server.data_folder / "demo.json"
        keys = Keys.kept_in(keys_file)
        with self._step(f"Database and static files in {_short(server.data_folder)}"):
            manage("migrate", "--verbosity", "0")
            manage("collectstatic", "--no-input", "--verbosity", "0")
        with self._step(f"Server and worker on {server.url}"):
            server.start()
            server.wait_until_ready()
        with self._step(f"Accounts: {PERSON}, a person, and {OPERATOR}"):
            self._make_account(keys, keys_file, PERSON)
            self._make_account(keys, keys_file, OPERATOR, "--staff")
        with self._step(f"Exporter: {SERVICE}"):
            self._make_exporter(keys, keys_file)
        exporter = DemoExporter(keys.client_id, keys.client_secret, REDIRECT_URI)
        with self._step(f"Consent: {PERSON} logs in and lets {SERVICE} in") as details, Browser(server.url) as browser:
            browser.log_in(PERSON, keys.password_of(PERSON))
            code, asked = browser.consent(exporter)
            grant = exchange(server.url, exporter, code)
            details += [f"“{asked}”"] if asked else []
        reports = self._send_sample(server, grant, keys)
        self.stdout.write("\nWhat arrived:\n")
        self.stdout.write(self._table(reports))
        self.stdout.write(_addresses(server, keys))

    def _make_account(self, keys: Keys, keys_file: Path, name: str, *options: str) -> None:
        """Keeps the password before the account is made: interrupted in between, the next run still knows it."""
        password = keys.password_of(name)
        keys.keep_in(keys_file)
        if name in keys.made:
            return
        manage("create_account", name, "--email", f"{name}@example.org", f"--password={password}", *options)
        keys.made.append(name)
        keys.keep_in(keys_file)

    def _make_exporter(self, keys: Keys, keys_file: Path) -> None:
        if keys.client_id:
            return
        said = json.loads(manage("create_exporter", SERVICE, "--redirect-uri", REDIRECT_URI, "--json"))
        keys.client_id, keys.client_secret = said["client_id"], said["client_secret"]
        keys.keep_in(keys_file)

    def _send_sample(self, server: DemoServer, grant: Grant, keys: Keys) -> list[Report]:
        """A job per vertical, as workers do it."""
        found = LocalFolder.read(SAMPLE / "folder")
        items = [*found.items(), *posts_in(SAMPLE / "posts.json"), *items_below(SAMPLE / "items")]
        destination = Destination.at(server.url)
        reports = []
        for vertical, line in VERTICALS.items():
            mine = [item for item in items if item.vertical == vertical]
            if not mine:
                continue
            job = SendingJob.new(SERVICE, UUID(keys.recurring_job_id))
            with (
                self._step(f"Sent {line.words}") as details,
                JobConnection(destination, grant, job, trust_env=False) as connection,
            ):
                reports.append(_send(connection, iter(mine)))
                details.append(_summary(reports[-1]))
        return reports

    def _table(self, reports: list[Report]) -> str:
        """As the operator's command prints it."""
        try:
            return manage("transfers", PERSON)
        except DemoFailed:  # the command does not work, but what was sent was sent
            return "\n".join(report.table() for report in reports)

    @contextmanager
    def _step(self, what: str) -> Iterator[list[str]]:
        """A line for each step, with the seconds it took; what the block appends follows below."""
        began = time.monotonic()
        details: list[str] = []
        try:
            yield details
        except BaseException:
            self.stdout.write(f"{what:<68}  did not work")
            raise
        self.stdout.write(f"{what:<68} {time.monotonic() - began:5.1f} s")
        for line in details:
            self.stdout.write(f"    {line}")
        self.stdout.flush()


def _send(connection: JobConnection, items: Iterator[OutgoingItem]) -> Report:
    return OutgoingTransfer(connection, SendingProgress(0, 0), stop_on_error=True).run(items)


def _summary(report: Report) -> str:
    ends = ("created", "updated", "unchanged", "kept", "sent")
    counts = ", ".join(f"{report.count(end)} {end}" for end in ends if report.count(end))
    return f"{report.taken} items: {counts}; {in_bytes(report.size)} of files"


def _addresses(server: DemoServer, keys: Keys) -> str:
    lines = [("what came, for the person", "/", PERSON), ("what came, for the operator", "/admin/", OPERATOR)]
    table = "\n".join(
        f"  {what:<28} {server.url + path:<32} {name:<9} {keys.password_of(name)}" for what, path, name in lines
    )
    return f"\nLook at it:\n{table}\n\nThe server's log: {_short(server.log)}. Ctrl-C stops."


def _short(path: Path) -> str:
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)


def _interrupt(number: int, frame: object) -> NoReturn:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does: nothing is left running."""
    _ignore_endings()
    raise KeyboardInterrupt


def _ignore_endings() -> None:
    """From the first one on: `make` passes on what its whole group was sent, and stopping must not be interrupted."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
