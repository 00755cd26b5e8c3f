"""What people type when they bring their data in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.texts import translated
from moves.imports.sources.links import LONGEST_IMPORT_LINK, BadLink, PlainLink, manifest_urls

PLAIN = "plain"  # the code of what is wrong with a link by which everything could be read on its way


class BringInForm(forms.Form):
    """The link that another server gave out for an export."""

    link = forms.CharField(
        label=_("Link to the export"),
        max_length=LONGEST_IMPORT_LINK,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Paste the link here.")},
    )

    def clean_link(self) -> str:
        """Says what is wrong with a link before anybody is asked for it."""
        link: str = self.cleaned_data["link"]
        try:
            manifest_urls(link)
        except PlainLink as plain:
            raise forms.ValidationError(translated(plain.sentence), code=PLAIN) from plain
        except BadLink as bad:
            raise forms.ValidationError(translated(bad.sentence)) from bad
        return link
