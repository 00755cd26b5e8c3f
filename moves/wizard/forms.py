"""What people type into the wizard."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.texts import translated
from accounts.web_address import LONGEST_ADDRESS
from moves.wizard import addresses
from moves.wizard.journey import ROLES


class AddressForm(forms.Form):
    """The address of the server of one side."""

    role = forms.ChoiceField(choices=[(role, role) for role in ROLES], widget=forms.HiddenInput)
    address = forms.CharField(
        label=_("Address of the server"),
        max_length=LONGEST_ADDRESS,
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "autocapitalize": "none",
                "autocomplete": "url",
                "spellcheck": "false",
                "placeholder": "example.org",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Type the address of the server, such as example.org or NAME.mycozy.cloud.")},
        help_text=_("As it stands in the address bar when you use it, such as example.org or NAME.mycozy.cloud."),
    )

    def clean_address(self) -> str:
        """The origin that is meant."""
        try:
            return addresses.origin(self.cleaned_data["address"])
        except addresses.BadAddress as bad:
            raise forms.ValidationError(translated(str(bad))) from bad
