"""Who sends an upload, as the server is told before its body is taken.

It imports nothing of this project: the server has it before Django is set up.
"""

from typing import NamedTuple


class UploadSender(NamedTuple):
    """The person, by id, in whose name somebody sends. `may_bring`: something is taken from them at this path. If not,
    the view says why, and keeps what it was given of the item."""

    person: int
    may_bring: bool
