"""Settings of servers that are killed often: what workers look for now and then is looked for each second, and a
worker's children live as long as it does: to start them again and again would be most of what such a test does."""

from tests.e2e.unguarded import *  # noqa: F403

WHARF_WORKER_LOOKS_EVERY = 1
WHARF_CHILD_LINGERS = 600
