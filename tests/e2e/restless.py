"""Settings of servers in which what is done every few minutes or hours is done every few seconds."""

from datetime import timedelta

from tests.e2e.quick import *  # noqa: F403
from tests.e2e.quick import WHARF_PERIODIC as SELDOM

WHARF_PERIODIC = dict.fromkeys(SELDOM, timedelta(seconds=15))
