"""Settings with queues that nobody else reads: other processes test with the same broker. `WHARF_TEST_QUEUES` is what
their names begin with."""

import os

from config.settings import *  # noqa: F403
from config.settings import CELERY_TASK_ROUTES, WHARF_LANE_OF

_mine = os.environ["WHARF_TEST_QUEUES"]

CELERY_TASK_ROUTES = {task: {"queue": _mine + route["queue"]} for task, route in CELERY_TASK_ROUTES.items()}
CELERY_TASK_DEFAULT_QUEUE = f"{_mine}periodic"
WHARF_LANE_OF = {_mine + queue: lane for queue, lane in WHARF_LANE_OF.items()}
