"""What people choose when they take their data out."""

from django import forms

from importers.documents import FILES, VERSIONS
from importers.verticals.calendar import CALENDARS, EVENTS
from importers.verticals.media import ALBUMS
from importers.verticals.social_posts import POSTS
from importers.verticals.unknown import ITEM_DOCUMENTS
from moves.exports.requests import Wish

MIB = 1024**2
GIB = 1024**3

# What is offered, and the doctypes that it stands for. Photos are files: who takes one takes the other.
OFFERED = {
    "files": ("Files, photos and videos", (FILES, VERSIONS, ALBUMS.doctype)),
    "calendars": ("Calendars and events", (CALENDARS.doctype, EVENTS.doctype)),
    "posts": ("Posts", (POSTS.doctype,)),
    "items": ("Other things services have sent", (ITEM_DOCUMENTS.doctype,)),
}


class TakeOutForm(forms.Form):
    """What, and in parts of which size. Everything chosen means everything, of whatever kind."""

    what = forms.MultipleChoiceField(
        choices=[(name, words) for name, (words, _) in OFFERED.items()],
        initial=list(OFFERED),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    parts_size = forms.TypedChoiceField(
        label="Size of a part",
        coerce=int,
        choices=[
            (0, "As fits best"),
            (650 * MIB, "650 MiB, for CDs"),
            (GIB, "1 GiB"),
            (4 * GIB - 64 * MIB, "just under 4 GiB, for FAT disks"),
            (25 * GIB, "25 GiB"),
            (2**50, "Everything in one"),
        ],
        initial=0,
    )

    @property
    def wish(self) -> Wish:
        """What was chosen, as the protocol says it."""
        chosen = self.cleaned_data["what"]
        doctypes = [] if len(chosen) == len(OFFERED) else [name for what in chosen for name in OFFERED[what][1]]
        return Wish(parts_size=self.cleaned_data["parts_size"] or None, with_doctypes=doctypes)
