"""What comes in: items and their files."""

from datetime import timedelta

from accounts.sizes import MIB
from config.settings.place import env

WHARF_MAX_UPLOAD_BYTES = env.int("WHARF_MAX_UPLOAD_BYTES", default=0) or None  # of one request; 0: no limit
WHARF_MAX_JSON_BYTES = 10 * MIB
WHARF_MAX_ENCODED_BYTES = env.int(
    "WHARF_MAX_ENCODED_BYTES", default=96 * MIB
)  # of JSON with a file in it, such as mail
WHARF_JSON_MOST_VALUES = env.int("WHARF_JSON_MOST_VALUES", default=200_000)  # of a JSON text that is parsed
WHARF_LARGE_JSON_BYTES = 64 * 1024  # of an item's JSON, from which on few are parsed and saved at once
WHARF_LARGE_JSONS_AT_ONCE = env.int("WHARF_LARGE_JSONS_AT_ONCE", default=4)
WHARF_ITEMS_PER_MINUTE = env.int("WHARF_ITEMS_PER_MINUTE", default=0) or None  # per person and client; 0: no limit
WHARF_UPLOAD_MEMORY = env.int("WHARF_UPLOAD_MEMORY", default=16 * MIB)  # bytes of uploads that wait, together
WHARF_UPLOADS_AT_ONCE = env.int("WHARF_UPLOADS_AT_ONCE", default=128)
WHARF_THREADS = env.int("WHARF_THREADS", default=16)  # on top of those that uploads may take
WHARF_AUDIT_BYTES = env.int("WHARF_AUDIT_BYTES", default=64 * MIB)  # of what was refused and why, per person
WHARF_AUDIT_ROWS = env.int("WHARF_AUDIT_ROWS", default=50_000)  # of sources, transfers and what was refused, per person
WHARF_REJECTED_BYTES_KEPT = WHARF_AUDIT_BYTES * 3 // 4  # of items as they came; beyond it, the first bytes of each tell
WHARF_LATE_REJECTION_PAUSE = 0.5  # seconds before a refusal that the database had no time for is tried to be recorded
WHARF_PAGE_WAITS = 1.0  # seconds that a page waits for what it has begun or asked, before it shows how far that is
WHARF_BIN_TIME = timedelta(days=env.int("WHARF_BIN_DAYS", default=30))  # after which the bin deletes what is in it
WHARF_LOW_DISK_BYTES = env.int("WHARF_LOW_DISK_BYTES", default=1024 * MIB)  # free ones, below which readiness warns
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MIB  # of what is no item: those stream, and forms are smaller (config/readable.py)
FILE_UPLOAD_HANDLERS: list[str] = []  # nothing is uploaded by a form
