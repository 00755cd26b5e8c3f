"""What goes out, and what comes in as archives."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from accounts.sizes import GIB, MIB
from config.settings.place import env
from importers.text import portable_name

WHARF_EXPORT_ROOT = env.str(
    "WHARF_EXPORT_ROOT", default="My Cozy"
)  # the folder that everything in an archive is in; a Cozy reads this one only
if portable_name(WHARF_EXPORT_ROOT) != WHARF_EXPORT_ROOT:
    raise ImproperlyConfigured(f"WHARF_EXPORT_ROOT must be the name of one folder, not {WHARF_EXPORT_ROOT!r}.")
WHARF_EXPORTS_PER_DAY = env.int("WHARF_EXPORTS_PER_DAY", default=5)  # per account; 0: no limit
WHARF_EXPORT_MAX_AGE = timedelta(days=7)  # unless the request says another one
WHARF_EXPORT_LONGEST_AGE = timedelta(days=env.int("WHARF_EXPORT_LONGEST_AGE_DAYS", default=30))
WHARF_EXPORT_MOST_PARTS = 5_000
WHARF_FORMATS_AT_ONCE = env.int("WHARF_FORMATS_AT_ONCE", default=8)  # downloads of formats in a web process
WHARF_FORMATS_PER_PERSON = 2  # of them
WHARF_FORMAT_LONGEST = timedelta(seconds=env.int("WHARF_FORMAT_LONGEST", default=12 * 3600))  # that one may take
WHARF_DOWNLOAD_LOOKS_AGAIN = 5  # seconds after which a download asks whether its link is still good
WHARF_DOWNLOAD_NOTED_EVERY = 1.0  # seconds; what a dying process has sent since must be fetched again
WHARF_SENT_MOST_RANGES = 10_000  # rows of a part; a range that touches none of so many does not count, until it does

# What comes in

WHARF_IMPORT_MOST_ENTRIES = env.int("WHARF_IMPORT_MOST_ENTRIES", default=20_000_000)  # of one import
WHARF_IMPORT_MOST_BYTES = env.int("WHARF_IMPORT_MOST_BYTES", default=0)  # unpacked; 0: the quota is limit enough
WHARF_IMPORT_MOST_RATIO = env.int("WHARF_IMPORT_MOST_RATIO", default=200)  # unpacked to packed, beyond 64 MiB
WHARF_IMPORT_LARGEST_DOCUMENT = env.int("WHARF_IMPORT_LARGEST_DOCUMENT", default=64 * MIB)
WHARF_IMPORT_MOST_WAITING = env.int("WHARF_IMPORT_MOST_WAITING", default=4 * GIB)  # of documents apart from their files
WHARF_IMPORT_SLOW_AFTER = env.int("WHARF_IMPORT_SLOW_AFTER", default=600)  # seconds of reading, in which...
WHARF_IMPORT_LEAST_BYTES = env.int("WHARF_IMPORT_LEAST_BYTES", default=MIB)  # ...so many bytes of entries must come
WHARF_IMPORT_DEADLINE = timedelta(
    seconds=env.int("WHARF_IMPORT_DEADLINE", default=3 * 86400)
)  # that an import may take, and on top of that...
WHARF_IMPORT_LEAST_RATE = env.int(
    "WHARF_IMPORT_LEAST_RATE", default=256 * 1024
)  # ...a second for so many bytes it brought
WHARF_IMPORT_TURN = timedelta(
    seconds=env.int("WHARF_IMPORT_TURN", default=1800)
)  # after which an import makes room for others that wait; the next one is twice as long
WHARF_IMPORT_MOST_LISTED = 10_000  # entries of a report that are told one by one; the rest is counted by code
WHARF_IMPORT_CLAIMS_AT_ONCE = 200  # claims to a name that are decided in one transaction
