"""Who works, and what is done again and again."""

from datetime import timedelta

from config.settings.place import env
from moves.background import BackgroundTask

# How many jobs of a kind run at once in a process that takes its queues: none waits for another kind. Of those on
# archives and of steps of moves, the numbers are for all machines; one account and one other server have half of them.
WHARF_ARCHIVE_WORKERS = env.int("WHARF_ARCHIVE_WORKERS", default=4)
WHARF_CALL_WORKERS = env.int("WHARF_CALL_WORKERS", default=12)
WHARF_LANES = {
    "periodic": 3,
    "mail": env.int("WHARF_MAIL_WORKERS", default=4),
    "moves": WHARF_CALL_WORKERS,
    "archives": WHARF_ARCHIVE_WORKERS,
    "thumbnails": 1,
    "search": 1,
}
WHARF_LANE_OF = {
    "periodic": "periodic",
    "mail": "mail",
    "moves": "moves",
    "exports": "archives",
    "imports": "archives",
    "thumbnails": "thumbnails",
}
WHARF_LANE_OF_TASK = {"importers.tasks.index_search": "search"}  # where that is not its queue's
WHARF_LANES_IN_CHILDREN = ["archives"]  # whose jobs have processes of their own while they run
WHARF_CHILD_LINGERS = 10  # seconds that such a process is kept for the next job
WHARF_WORKER_LOOKS_EVERY = env.int(
    "WHARF_WORKER_LOOKS_EVERY", default=15
)  # seconds; into the database, for what is due
CELERY_WORKER_POOL = "config.workers.lanes:Lanes"
CELERY_WORKER_CONCURRENCY = sum(WHARF_LANES.values())
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody asks workers by messages: what they do stands in the database
CELERY_BEAT_SCHEDULER = "config.workers.beat:Rows"

# How often what is done again; the rows of accounts.PeriodicTask say when, and who is at it.
WHARF_PERIODIC = {
    "audit.tasks.close_repeats": timedelta(minutes=1),
    "audit.tasks.make_checkpoint": timedelta(minutes=10),
    "audit.tasks.forget_details": timedelta(hours=6),
    "importers.tasks.purge": timedelta(minutes=10),
    "importers.tasks.tell_of_ended_transfers": timedelta(minutes=10),
    "importers.tasks.tell_of_room": timedelta(minutes=1),
    "importers.tasks.reread": timedelta(minutes=1),
    "importers.tasks.work_off": timedelta(minutes=1),
    "importers.tasks.work_in_bins": timedelta(minutes=1),
    BackgroundTask.CLEAN_MOVES.value: timedelta(minutes=10),
    "operations.tasks.count_days": timedelta(minutes=1),
    "accounts.tasks.delete_accounts": timedelta(minutes=1),
    "accounts.tasks.purge_limits": timedelta(minutes=10),
    "accounts.tasks.forget_unproven": timedelta(hours=6),
    "accounts.tasks.clear_expired_tokens": timedelta(hours=6),
}
