import sys
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.exits import INTERRUPTED
from accounts.models import User
from importers.content.stored import Incomplete
from importers.errors import SERVICE_ERRORS
from moves.archives.entry import EntryMissing
from moves.exports.snapshot import snapshot_of
from moves.formats import writing
from moves.formats.offered import OfferedFormat, first_names, named, offered
from moves.formats.writing import NotWritten
from moves.told import tell_of_format


class Command(BaseCommand):
    help = (
        "Write one kind of data of an account in a standard format, as it is at one moment. One file is written as "
        "itself; several, such as a calendar each, as a zip to standard output, and else into a new folder. Nothing "
        "that is not whole is ever found under PATH."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py export_format ada calendar/ics --output calendars"
        parser.add_argument("name", metavar="NAME", help="the account")
        parser.add_argument(
            "format",
            metavar="FORMAT",
            help=f"{', '.join(one.name for one in offered())}; or only what stands behind the slash, for all of them",
        )
        parser.add_argument(
            "--output",
            type=Path,
            metavar="PATH",
            help="the file, which is replaced if it is there, or a folder for it; for several files a new folder, or "
            "a zip if it is called .zip; default: standard output",
        )

    def handle(self, *args: Any, name: str, output: Path | None, **options: Any) -> None:
        """Raises CommandError where there is no such account or format, nothing of it in the account, the files can't
        be written, or stored bytes are missing."""
        owner = User.objects.filter(username__iexact=name).first()
        if owner is None:
            raise CommandError(f"There is no account {name!r}.")
        formats = named(options["format"])
        if not formats:
            there = ", ".join(one.name for one in offered())
            raise CommandError(f"There is no format {options['format']!r}. There are {there}.")
        try:
            self._export(owner, formats, output)
        except NotWritten as nothing:
            raise CommandError(str(nothing)) from nothing
        except (EntryMissing, Incomplete) as missing:
            raise CommandError(f"Stored bytes are missing or damaged. {missing}") from missing
        except BrokenPipeError as broken:
            raise CommandError("Whoever reads standard output has stopped.") from broken
        except SERVICE_ERRORS as failure:
            said = getattr(failure, "strerror", None) or failure
            raise CommandError(f"{getattr(failure, 'filename', None) or output or 'Not whole'}: {said}") from failure
        except KeyboardInterrupt as interrupt:
            raise CommandError("Interrupted. Nothing was written.", returncode=INTERRUPTED) from interrupt

    def _export(self, owner: User, formats: list[OfferedFormat], output: Path | None) -> None:
        with snapshot_of(owner) as snapshot:
            for name in first_names(formats, snapshot)[:1]:
                tell_of_format(owner, ", ".join(one.name for one in formats), output.name if output else name)
            if output is None:
                stream = self._standard_output()
                writing.write_to(stream, formats, snapshot)
                stream.flush()
            else:
                self.stdout.write(str(writing.write_at(output, formats, snapshot)))

    def _standard_output(self) -> IO[bytes]:
        stream: Any = getattr(self.stdout, "_out", sys.stdout)
        return stream.buffer if hasattr(stream, "buffer") else stream
