"""Multipart uploads that a killed process has left in the bucket, where no listing shows them and each part costs."""

from typing import Any

from django.core.files.storage import default_storage

from importers.maintenance.listing import KEYS_AT_ONCE, known_keys
from importers.models import InstallationId


def remove() -> int:
    """Ends those of this installation that nothing on its way refers to: the row of one that lives was there before it
    began. Returns their number. Costs one request for each thousand; a storage without such things has none."""
    storage: Any = default_storage
    if not hasattr(storage, "unfinished"):
        return 0
    own = InstallationId.known() + "/"
    begun = [(key, upload) for key, upload in storage.unfinished() if key.startswith(own)]
    removed = 0
    for begin in range(0, len(begun), KEYS_AT_ONCE):
        some = begun[begin : begin + KEYS_AT_ONCE]
        known = known_keys([key for key, _ in some])
        for key, upload in some:
            if key not in known:
                storage.abort(key, upload)
                removed += 1
    return removed
