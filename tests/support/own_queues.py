"""Settings with queues that nobody else reads: other processes test with the same broker. `WHARF_TEST_QUEUES` is what
their names begin with."""

import os

from config.settings import *  # noqa: F403
from config.settings import CELERY_TASK_ROUTES

CELERY_TASK_ROUTES = {
    task: {"queue": os.environ["WHARF_TEST_QUEUES"] + route["queue"]} for task, route in CELERY_TASK_ROUTES.items()
}
