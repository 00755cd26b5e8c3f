"""Settings of servers that are killed often: what workers look for now and then is looked for each second."""

from tests.e2e.cheap import *  # noqa: F403

WHARF_WORKER_LOOKS_EVERY = 1
