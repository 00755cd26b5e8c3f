"""What people choose when they take their data out."""

from dataclasses import dataclass
from functools import cache

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entry.identity import ConfirmIdentityForm
from accounts.sizes import GIB, MIB
from accounts.texts import Text
from importers.vertical import verticals
from moves.exports.requests import Wish


@dataclass
class Choice:
    """Something that is offered: the verticals that it stands for, as people call them, and their doctypes."""

    titles: list[Text]
    doctypes: list[str]

    @property
    def words(self) -> str:
        """The titles in a list."""
        first, *others = map(str, self.titles)
        return ", ".join([first, *(f"{title[0].lower()}{title[1:]}" for title in others)])


@cache
def choices() -> dict[str, Choice]:
    """Returns what is offered, by the folder of its first vertical.

    Verticals that share a doctype are one choice: photos are files, and who takes one takes the other.
    """
    offered: dict[str, Choice] = {}
    for vertical in verticals():
        shared = next((one for one in offered.values() if set(one.doctypes) & set(vertical.chosen)), None)
        if shared is None:
            offered[vertical.folder] = Choice([vertical.title], list(vertical.chosen))
        else:
            shared.titles.append(vertical.title)
            shared.doctypes += [doctype for doctype in vertical.chosen if doctype not in shared.doctypes]
    return offered


class TakeOutForm(ConfirmIdentityForm):
    """What, in parts of which size, and who the person is, if they have not shown it just now. Everything chosen means
    everything, of whatever kind."""

    field_order = ("what", "parts_size")

    what = forms.MultipleChoiceField(
        choices=lambda: [(name, choice.words) for name, choice in choices().items()],
        initial=lambda: list(choices()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    parts_size = forms.TypedChoiceField(
        label=_("In archives of"),
        coerce=int,
        choices=[
            (0, _("1 GB each, as usual (more, if it would be over a hundred)")),
            (4 * GIB - 64 * MIB, _("4 GB each, as every USB stick takes them")),
            (25 * GIB, _("25 GB each")),
            (2**50, _("Everything in one, however large")),
        ],
        initial=0,
    )

    @property
    def wish(self) -> Wish:
        """What was chosen, as the protocol says it."""
        chosen = self.cleaned_data["what"]
        offered = choices()
        doctypes = [] if len(chosen) == len(offered) else [name for what in chosen for name in offered[what].doctypes]
        return Wish(parts_size=self.cleaned_data["parts_size"] or None, with_doctypes=doctypes)
