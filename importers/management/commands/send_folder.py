"""`manage.py send_folder`: sends a folder to any server that speaks the import protocol."""

import codecs
import logging
import re
import sys
import time
from argparse import ArgumentTypeError
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.exits import INTERRUPTED
from importers.sending.calendars.reading import CalendarReading
from importers.sending.calendars.zones import known_zone
from importers.sending.connection import Destination, JobConnection, SendingJob
from importers.sending.errors import SendingInterrupted, Stopped
from importers.sending.folders.folder import LocalFolder
from importers.sending.grant import Grant
from importers.sending.progress import progress_on
from importers.sending.shown import shown
from importers.sending.transfer import OutgoingTransfer


def header_text(value: str) -> str:
    """What can stand in a header (RFC 9110, section 5.5); a token with a line break in it could not be sent."""
    if not re.fullmatch(r"[\x20-\x7e]*", value):
        raise ArgumentTypeError("only printable ASCII characters can be sent in a header")
    return value


def time_zone(value: str) -> tzinfo:
    """A time zone by its name, of IANA's list or of Windows."""
    zone = known_zone(value)
    if zone is None:
        raise ArgumentTypeError(f"{value!r} is no time zone; one is called Europe/Lisbon, for example")
    return zone


def charset(value: str) -> str:
    """A charset by its name; empty where none is said."""
    try:
        return codecs.lookup(value).name if value else ""
    except LookupError as error:
        raise ArgumentTypeError(f"{value!r} is no charset that is known") from error


class Command(BaseCommand):
    """Works without a database and without anything of the server that it ships with."""

    help = (
        "Send a folder to a server that speaks the import protocol. Folders and files go to `blobs`; photos and videos "
        "to `media`, with their folder as album; .ics files to `calendar`, as a calendar and its events, and to "
        "`tasks`, as a list and its to-dos; .vcf files to `contacts`; .eml files and mailboxes (mbox) "
        "to `mail`. It can be run again: what is there already changes nothing. Run with the job id of an earlier run "
        "to go on with that job."
    )
    stealth_options = ("sleep",)  # what takes the pauses between tries, where a program calls it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py send_folder ~/Pictures --to https://wharf.example --token TOKEN"
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--to",
            required=True,
            metavar="URL",
            help="https://host or https://host/import: what the verticals stand below",
        )
        parser.add_argument("--token", required=True, type=header_text, help="the access token")
        parser.add_argument("--refresh-token", default="", help="refreshes the access token when it has expired")
        parser.add_argument("--client-id", default="", metavar="ID", help="the exporter's client id, for the refresh")
        parser.add_argument("--client-secret", default="", metavar="SECRET", help="its secret, unless it has none")
        parser.add_argument("--refresh-url", default="", metavar="URL", help="default: /oauth/refresh on the same host")
        parser.add_argument(
            "--as",
            dest="kinds",
            choices=["blobs", "media"],
            help="blobs: send everything as files; media: send photos and videos only; default: each by its type",
        )
        parser.add_argument(
            "--timezone",
            type=time_zone,
            metavar="ZONE",
            help="the zone of times in calendars that say none, such as Europe/Lisbon; default: their file's, or UTC",
        )
        parser.add_argument(
            "--charset",
            type=charset,
            default="",
            metavar="NAME",
            help="of calendars and contacts that are not UTF-8; default: guessed",
        )
        parser.add_argument("--into", default="/", metavar="PATH", help="the folder there to send into; default: /")
        parser.add_argument(
            "--service", default="Wharf folder", type=header_text, metavar="NAME", help="the exporter's name"
        )
        parser.add_argument("--job-id", type=UUID, metavar="UUID", help="default: a new one, which is printed")
        parser.add_argument(
            "--recurring-job-id",
            type=UUID,
            metavar="UUID",
            help="the series that repeated runs belong to; default: none",
        )
        parser.add_argument(
            "--stop-on-error", action="store_true", help="end at the first refused item, as a worker does"
        )
        parser.add_argument("--quiet", action="store_true", help="no progress")

    def handle(self, *, folder: Path, quiet: bool, **options: Any) -> None:
        """Raises `CommandError`: exit code 1 when something was not taken, 130 after Ctrl-C."""
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line per request, across the progress bar
        try:
            destination = Destination.at(options["to"], options["refresh_url"])
            zone: tzinfo | None = options["timezone"]
            reading = CalendarReading(zone or UTC, zone is not None, options["charset"])
            found = LocalFolder.read(folder, options["kinds"], options["into"], reading)
        except (ValueError, OSError) as error:
            raise CommandError(f"{folder}: {error}" if isinstance(error, OSError) else f"--to: {error}") from error
        grant = Grant(options["token"], options["refresh_token"], options["client_id"], options["client_secret"])
        job = SendingJob.new(options["service"], options["recurring_job_id"])
        if options["job_id"]:
            job = SendingJob(options["service"], options["job_id"], options["recurring_job_id"])
        self.stdout.write(f"Job {job.job_id}: {found.count:,} items to {destination.import_url}")
        for note in found.notes:
            self.stderr.write(shown(note))
        connection = JobConnection(destination, grant, job, sleep=options.get("sleep", time.sleep))
        self._send(found, connection, quiet=quiet, stop_on_error=options["stop_on_error"])

    def _send(self, found: LocalFolder, connection: JobConnection, *, quiet: bool, stop_on_error: bool) -> None:
        stopped: Stopped | None = None
        with connection, progress_on(sys.stderr, found.count, found.size, quiet=quiet) as progress:
            transfer = OutgoingTransfer(connection, progress, stop_on_error=stop_on_error)
            try:
                transfer.run(found.items())
            except Stopped as end:
                stopped = end
        report = transfer.report
        self.stdout.write(report.table())
        if report.failures:
            self.stdout.write(f"Refused:\n{report.refusals()}")
        if stopped:
            raise CommandError(
                shown(str(stopped)), returncode=INTERRUPTED if isinstance(stopped, SendingInterrupted) else 1
            )
        if report.failures:
            raise CommandError(f"{len(report.failures):,} items were not taken; the reasons stand above.")
