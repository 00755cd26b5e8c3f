"""What people choose when they take their data out."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts import proved
from accounts.forms import ConfirmPasswordForm
from accounts.sizes import GIB, MIB
from importers.vertical import verticals
from moves.exports.requests import Wish


@dataclass
class Choice:
    """Something that is offered: its words, and the doctypes that it stands for."""

    words: str
    doctypes: list[str]


@cache
def choices() -> dict[str, Choice]:
    """Returns what is offered, by the folder of its first vertical.

    Verticals that share a doctype are one choice: photos are files, and who takes one takes the other.
    """
    offered: dict[str, Choice] = {}
    for vertical in verticals():
        shared = next((one for one in offered.values() if set(one.doctypes) & set(vertical.chosen)), None)
        if shared is None:
            offered[vertical.folder] = Choice(vertical.title, list(vertical.chosen))
        else:
            shared.words += f", {vertical.title[0].lower()}{vertical.title[1:]}"
            shared.doctypes += [doctype for doctype in vertical.chosen if doctype not in shared.doctypes]
    return offered


class TakeOutForm(ConfirmPasswordForm):
    """What, in parts of which size, and the person's password, if it was not typed just now. Everything chosen means
    everything, of whatever kind."""

    field_order = ("what", "parts_size")

    what = forms.MultipleChoiceField(
        choices=lambda: [(name, choice.words) for name, choice in choices().items()],
        initial=lambda: list(choices()),
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

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if proved.is_recent(request):
            del self.fields["password"]

    @property
    def wish(self) -> Wish:
        """What was chosen, as the protocol says it."""
        chosen = self.cleaned_data["what"]
        offered = choices()
        doctypes = [] if len(chosen) == len(offered) else [name for what in chosen for name in offered[what].doctypes]
        return Wish(parts_size=self.cleaned_data["parts_size"] or None, with_doctypes=doctypes)
