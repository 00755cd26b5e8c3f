"""Whether records that stand have still to be read again."""

from datetime import datetime

from importers.models import Record, Rereading
from importers.vertical import record_models


class _Through:
    """That all have been read again, as far as this process knows. Once it is so, it stays so."""

    known = False


def is_through() -> bool:
    """Returns whether every record that stood before this version has been read again."""
    if not _Through.known:
        _Through.known = not Rereading.objects.filter(through_at=None).exists()
    return _Through.known


def call_for(models: list[type[Record]] | None = None) -> None:
    """Lets all records be read again, or those of some models, whatever they were read with."""
    _Through.known = False
    none: datetime | None = None
    for model in models if models is not None else record_models():
        begin = {"position": 0, "read": 0, "changed": 0, "through_at": none}
        Rereading.objects.update_or_create(kind=str(model._meta.model_name), defaults=begin)
