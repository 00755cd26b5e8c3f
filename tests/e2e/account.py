"""An account with a life in it: what a folder of some years holds, sent as an exporter sends it."""

import random
import subprocess
import sys
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from tests.e2e.servers import SAID, Server
from tests.support.checkout import CHECKOUT

PASSWORD = "correct horse battery"
MIB = 1024 * 1024


def make_folder(folder: Path, files: int, albums: int, events: int, large: int) -> None:
    """Writes a folder of small files, of photos in albums, of a calendar, and of `large` MiB in a few large files.

    The same numbers make the same bytes.
    """
    lots = random.Random(f"{files} {albums} {events} {large}")  # noqa: S311  (bytes of a test, no secrets)
    for number in range(files):
        path = folder / "Documents" / f"year {2000 + number % 20}" / f"note {number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"note {number}\n" * lots.randrange(1, 40))
    for number in range(albums * 5):
        path = folder / "Pictures" / f"Álbum {number % albums} 🏝" / f"photo {number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff\xe0" + lots.randbytes(lots.randrange(10_000, 100_000)))
    parts = max(1, large // 64)
    for number in range(parts):
        with (folder / f"film {number}.mp4").open("wb") as film:
            for _ in range(large // parts):
                film.write(lots.randbytes(MIB))
    (folder / "work.ics").write_text(_calendar(events))


def _calendar(events: int) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "X-WR-CALNAME:Work"]
    for number in range(events):
        day = f"2020{number % 12 + 1:02}{number % 28 + 1:02}"
        lines += ["BEGIN:VEVENT", f"UID:{number}@test", f"DTSTAMP:{day}T080000Z", f"DTSTART:{day}T090000Z"]
        lines += [f"DTEND:{day}T100000Z", f"SUMMARY:Meeting {number} with Zoë", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def create(server: Server, name: str = "ada") -> None:
    """An account that can log in."""
    server.manage("create_account", name, "--email", f"{name}@example.org", "--password", PASSWORD)


NEW = f"""
{SAID}
said("create_account", "ada", "--email", "ada@example.org")
client = said("create_exporter", "Cloud", "--redirect-uri", "https://exporter.example/callback")
"""


def new_with_exporter(server: Server) -> str:
    """The token by which an exporter may bring everything into the new account of Ada; all by one process."""
    tokens = 'said("create_token", "ada", "--scope", "import", "--client", client["client_id"])'
    return str(server.query(tokens, NEW)["access_token"])


def send(server: Server, token: str, folder: Path, into: str = "/") -> None:
    """Sends a folder into the account that a token is of, over HTTP; the command asks nothing else."""
    call_command("send_folder", str(folder), "--to", server.url, "--token", token, "--into", into, stdout=StringIO())


def fill(server: Server, posts: int) -> None:
    """Copies the newest post of an installation so often, straight into its database."""
    subprocess.run(
        [sys.executable, "-m", "bench.fill", str(posts)],
        cwd=CHECKOUT,
        env=server.environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
