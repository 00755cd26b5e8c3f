"""Which charset a text is in that is not UTF-8 and does not say it: the one in which it reads most like a language.

A calendar has a few words, too few for statistics of bytes. What tells is which letters they would be, and whether
words would be of one script and in one case.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

WESTERN = "äöüéèàçñáíóúßâêîôûëïãõåæøùÄÖÜÉÈÀÇÑÁÍÓÚÅÆØ€°"
PUNCTUATION = "’‘“”„–—…«»"
CENTRAL = {
    "áéíóúýčďěňřšťůžäôĺľŕ": "prague|bratislava|=(?:cs|sk)",
    "ąćęłńóśźż": "warsaw|=pl",
    "áéíóöőúüű": "budapest|=hu",
    "ăâîşţ": "bucharest|=ro",
    "čćđšž": "zagreb|ljubljana|=(?:hr|sl)",
}
TURKISH = "ığşçöüİĞŞÇÖÜâîû"


@dataclass(frozen=True)
class Charset:
    """A charset, and the letters of its languages. Where `by_frequency`, the frequent ones come first. `hint`: what
    else may stand in a file of somebody who writes so. `worth`: what a letter is worth, where there are too many to
    list."""

    name: str
    letters: str = ""
    by_frequency: bool = True
    hint: str = ""
    worth: Callable[[str], float] | None = None


def _in_rows(encoding: str, first: int, last: int) -> Callable[[str], float]:
    """What a letter of an East Asian charset is worth: those in its first rows are the common ones."""

    def worth(letter: str) -> float:
        if "\u3040" <= letter <= "\u30fa" and encoding in ("euc_kr", "gb2312", "big5"):
            return -2  # kana are in these charsets, and in no text of their languages
        try:
            lead = letter.encode(encoding)[0]
        except UnicodeEncodeError:
            return -2
        return 2 if first <= lead <= last else -1

    return worth


def _japanese(letter: str) -> float:
    if "\u3040" <= letter <= "\u30ff":
        return 4
    if "\uff61" <= letter <= "\uff9f":
        return -1  # narrow kana, which other charsets look like
    # A text of Japanese has kana, as a rule; the other two have the same bytes for other letters.
    return 2 if unicodedata.category(letter) == "Po" else min(_in_rows("euc_jp", 0xB0, 0xCF)(letter), 1.6)


CHARSETS = (
    Charset("cp1252", WESTERN, by_frequency=False),
    Charset("cp1254", TURKISH, by_frequency=False, hint="istanbul|turkey|=tr"),
    *(Charset("cp1250", letters, by_frequency=False, hint=hint) for letters, hint in CENTRAL.items()),
    *(Charset("iso8859_2", letters, by_frequency=False, hint=hint) for letters, hint in CENTRAL.items()),
    Charset("cp1251", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", hint="moscow|russian|kiev|kyiv|=ru"),
    Charset("koi8_r", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    Charset("cp1253", "αοιετνσηυρπκμλςάίόήέύώωγδθχφβξζψϊϋ", hint="athens|=el"),
    Charset("cp1255", "יוהלאברתשמםנחעדקפגכטןסצזךףץ", hint="jerusalem|israel|=he"),
    Charset("cp1256", "اليمونرتبةعدسفهكقحجشطصخزضذثءأإآىؤئغظ", hint="arab|cairo|riyadh|=ar"),
    Charset("cp874", "านรอกเงมยลวดทสตะปบคหแจพชขใไโผฟ", hint="bangkok|=th"),
    Charset("cp932", hint="tokyo|=ja", worth=_japanese),
    Charset("euc_jp", hint="tokyo|=ja", worth=_japanese),
    Charset("cp949", hint="seoul|korea|=ko", worth=_in_rows("euc_kr", 0xB0, 0xC8)),
    Charset("gbk", hint="shanghai|china|=zh", worth=_in_rows("gb2312", 0xB0, 0xD7)),
    Charset("big5", hint="taipei|hong_kong|=zh-(?:tw|hk)", worth=_in_rows("big5", 0xA4, 0xC6)),
)
SPOKEN = {
    "iso8859-1": "Latin-1 (ISO-8859-1)",
    "iso8859-2": "Latin-2 (ISO-8859-2)",
    "cp932": "Shift JIS",
    "cp949": "EUC-KR",
}
HINT = 0.3  # what a hint is worth, of what the letters are
MUCH = 20_000  # bytes that are enough to tell


def guessed(strange: bytes, around: str) -> str:
    """Returns the charset of bytes that are not UTF-8, lines of a file whose ASCII is `around`."""
    strange = strange[:MUCH].rpartition(b"\n")[0] if len(strange) > MUCH else strange
    best = max(CHARSETS, key=lambda one: _likeness(one, strange, around.lower()))  # the first of those that are alike
    if best.name == "cp1252" and not re.search(rb"[\x80-\x9f]", strange):
        return "iso8859_1"
    return best.name


def spoken(charset: str) -> str:
    """Returns how people call a charset."""
    name = codecs.lookup(charset).name.replace("_", "-")
    return SPOKEN.get(name) or name.upper().replace("CP12", "Windows-12").replace("ISO8859", "ISO-8859")


def _likeness(charset: Charset, strange: bytes, around: str) -> float:
    """Returns how much the bytes read like a language in this charset: from 1, where every letter does, downwards."""
    try:
        text = strange.decode(charset.name)
    except UnicodeDecodeError:
        return -99
    worth = sum(_worth(charset, text, at) for at, letter in enumerate(text) if not letter.isascii())
    is_hinted = bool(charset.hint) and re.search(charset.hint, around) is not None
    return worth / max(sum(byte > 0x7F for byte in strange), 1) + HINT * is_hinted


def _worth(charset: Charset, text: str, at: int) -> float:
    letter, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    category = unicodedata.category(letter)
    if category in ("Cc", "Cn", "Co"):
        return -5
    if charset.worth is not None:
        return charset.worth(letter)
    if letter in PUNCTUATION:
        return 0.5
    beside_letter = before.isalpha() or after.isalpha()
    if letter not in charset.letters and letter.lower() not in charset.letters:
        return -1 if category[0] in "LMP" else -3 if beside_letter else -1
    if not letter.isalpha():
        return 0.5
    if category == "Lu" and before.islower():
        return -2  # case changes at the beginning of a word
    if not charset.by_frequency:
        return 1
    if any(other.isascii() and other.isalpha() for other in (before, after)):
        return -2  # a word is of one script
    if letter == "ς" and after.isalpha():
        return -1
    rank = charset.letters.find(letter.lower())
    return 1 if rank < 10 else 0.6 if rank < 20 else 0.2
