"""Names that nobody may sign up with: what looks like another name, and what speaks for the server. An operator may
make such an account all the same."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

RESERVED = frozenset(
    (
        *("abuse", "account", "accounts", "admin", "administrator", "api", "auth", "daemon", "everyone", "guest"),
        *("help", "helpdesk", "hostmaster", "info", "mail", "mailerdaemon", "moderator", "nobody", "noreply", "null"),
        *("operator", "postmaster", "root", "security", "server", "service", "staff", "superuser", "support"),
        *("system", "team", "undefined", "webmaster", "wharf", "www"),
    )
)
MARKS = ".+-_"
# Scripts that are written together (Unicode TR39, section 5.1, "highly restrictive" but for Latin).
TOGETHER = ({"CJK", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"}, {"CJK", "BOPOMOFO"})
# Letters of other scripts that are drawn as Latin ones (Unicode TR39, confusables.txt).
DRAWN_AS_LATIN = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0475\u04bb\u04cf\u0501\u051b\u051d\u03b1"
    "\u03b3\u03b9\u03bf\u03bd\u03c1\u03c5\u03c7\u0578\u057d\u0570\u0585\u0563\u0581"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408\u0391\u0392"
    "\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u054d\u0555\u053c"
)
SPEECH_SOUNDS = (range(0x0250, 0x02B0), range(0x1D00, 0x1DC0))  # Latin letters that no name is written with


def require_own(name: str) -> None:
    """Raises ValidationError for a name, in NFKC, that may be taken for another one."""
    plain = name.translate(str.maketrans("", "", MARKS))
    if not plain:
        raise ValidationError(_("A name has a letter or a digit."))
    if plain.lower() in RESERVED:
        raise ValidationError(_("This name is kept for the people who run this server."))
    if _looks_like_another(plain):
        raise ValidationError(_("Use letters of one script only: this name can be taken for another one."))


def _looks_like_another(plain: str) -> bool:
    letters = [letter for letter in plain if not letter.isdecimal()]
    scripts = {_script(letter) for letter in letters}
    zeros = {ord(digit) - unicodedata.decimal(digit) for digit in plain if digit.isdecimal()}
    is_mixed = len(scripts) > 1 and not any(scripts <= together for together in TOGETHER)
    is_drawn_as_latin = bool(letters) and all(letter in DRAWN_AS_LATIN for letter in letters)
    is_speech = any(ord(letter) in sounds for letter in letters for sounds in SPEECH_SOUNDS)
    return is_mixed or is_drawn_as_latin or is_speech or len(zeros) > 1


def _script(letter: str) -> str:
    """The first word of a letter's name in Unicode, which says its script: Python has no property for it."""
    return unicodedata.name(letter, "NONE").split()[0].partition("-")[0]
