"""Room: what is stored, what that saves, what is left, and who has nearly none."""

import shutil

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.numbers import thousands
from accounts.sizes import human_size
from importers.models import Content
from operations.counting import HELD, NEARLY_FULL, SAVED, STORED
from operations.models import Measure
from operations.overview.panel import Figure, Panel, list_of


def panel() -> Panel:
    """Returns their numbers; what takes long to find out, as a worker last found it."""
    names = (STORED, HELD, SAVED, NEARLY_FULL)
    found = Measure.objects.in_bulk(names)
    stored, held, saved, near = ((found[name].value if name in found else None) for name in names)
    disk = shutil.disk_usage(settings.WHARF_DATA_DIR)
    is_low = disk.free < settings.WHARF_LOW_DISK_BYTES
    figures = [
        Figure(_size(stored), _("of files are stored"), list_of(Content)),
        Figure(_size(held), _("people hold together, items included"), list_of(User, o="-use")),
        Figure(
            human_size(disk.free), _("free on this disk, of %(size)s") % {"size": human_size(disk.total)}, needs=is_low
        ),
        Figure(
            "–" if near is None else thousands(near),
            _("people near their quota"),
            list_of(User, room="near"),
            bool(near),
        ),
    ]
    if saved:
        figures.insert(2, Figure(human_size(saved), _("saved by keeping each file once"), list_of(Content)))
    return Panel(_("Room"), figures)


def _size(number: int | None) -> str:
    return "–" if number is None else human_size(number)
