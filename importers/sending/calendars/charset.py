"""Which charset a text is in that is not UTF-8 and does not say it: the one in which it reads most like a language.

A calendar has a few words, too few for statistics of bytes. What tells is which letters of which language they would
be, where in a word these would stand, and whether words would be of one script and in one case.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from importers.sending.calendars.common_letters import JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL

WESTERN = (
    "äöüß",  # German
    "éèàçêâîôûëïùœæ",  # French
    "áéíóúñü¿¡ºª",  # Spanish
    "ãçáéíóúâêôàõºª",  # Portuguese
    "àèéìòùî",  # Italian
    "åäöé",  # Swedish
    "åæøéü",  # Danish and Norwegian
    "áéíóúýþæöð",  # Icelandic
    "ëïéèöüê",  # Dutch
    "äöüõ",  # Estonian
    "àèéíïòóúüç·",  # Catalan
)
ALL_WESTERN = "".join(dict.fromkeys("".join(WESTERN)))
MIXED = 0.7  # what it is worth to read like several languages at once
FEW = 3  # letters that tell of no rare charset
SELDOM = 0.75  # what it is worth in a charset that few systems ever had
BALTIC = {"ąčęėįšųūž": "vilnius|=lt", "āčēģīķļņšūž": "riga|=lv", "äöüõšž": "tallinn|=et"}
VOWELS = frozenset("aeiouyæøœı")
PUNCTUATION = "’‘“”„–—…«»"
CENTRAL = {
    "áéíóúýčďěňřšťůžäôĺľŕ": "prague|bratislava|=(?:cs|sk)",
    "ąćęłńóśźż": "warsaw|=pl",
    "áéíóöőúüű": "budapest|=hu",
    "ăâîşţ": "bucharest|=ro",
    "čćđšž": "zagreb|ljubljana|=(?:hr|sl)",
}
RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
UKRAINIAN = "оаиніветрслкдмпуязьбгчйхцїжєюшщфґ"
GREEK = "αοιετνσηυρπκμλςάίόήέύώωγδθχφβξζψϊϋ"
HEBREW = "יוהלאברתשמםנחעדקפגכטןסצזךףץ"
KAZAKH = "аетнырілдіқсоумжкғұбөңгзүшпәйяхівфчцэюһ"
ARABIC = "اليمونرتبةعدسفهكقحجشطصخزضذثءأإآىؤئغظ"
TURKISH = "ığşçöüİĞŞÇÖÜâîû"


@dataclass(frozen=True)
class Charset:
    """A charset, and the letters of its languages. Where `by_frequency`, the frequent ones come first. `hint`: what
    else may stand in a file of somebody who writes so. `worth`: what a letter is worth, where there are too many to
    list; `share`: how much of that counts."""

    name: str
    letters: str = ""
    by_frequency: bool = True
    hint: str = ""
    worth: Callable[[str], float] | None = None
    share: float = 1


def _in_rows(encoding: str, first: int, last: int, common: str) -> Callable[[str], float]:
    """What a letter of an East Asian charset is worth: those in its first rows are the common ones."""

    def worth(letter: str) -> float:
        if "\u3040" <= letter <= "\u30fa" and encoding in ("euc_kr", "gb2312", "big5"):
            return -2  # kana are in these charsets, and in no text of their languages
        try:
            lead = letter.encode(encoding)[0]
        except UnicodeEncodeError:
            return -2
        if letter in common:
            return 2 - 0.6 * common.index(letter) / len(common)
        return 1 if first <= lead <= last else -1

    return worth


def _japanese(letter: str) -> float:
    if "\u3040" <= letter <= "\u30ff":
        return 4
    if "\uff61" <= letter <= "\uff9f":
        return -1  # narrow kana, which other charsets look like
    # A text of Japanese has kana, as a rule; the other two have the same bytes for other letters.
    return 2 if unicodedata.category(letter) == "Po" else _in_rows("euc_jp", 0xB0, 0xCF, JAPANESE)(letter)


CHARSETS = (
    *(Charset("cp1252", letters + "€°", by_frequency=False) for letters in WESTERN),
    Charset("cp1252", ALL_WESTERN + "€°", by_frequency=False, share=MIXED),
    Charset("cp1254", TURKISH, by_frequency=False, hint="istanbul|turkey|=tr"),
    *(Charset("cp1250", letters, by_frequency=False, hint=hint) for letters, hint in CENTRAL.items()),
    *(Charset("iso8859_2", letters, by_frequency=False, hint=hint) for letters, hint in CENTRAL.items()),
    Charset("cp1251", RUSSIAN, hint="moscow|russian|=ru"),
    Charset("cp1251", UKRAINIAN, hint="kiev|kyiv|=uk"),
    Charset("cp1251", "аоиенрстудвкјмлпзбгјчшжцхљњћђфџ", hint="belgrade|=sr"),
    Charset("koi8_r", RUSSIAN),
    Charset("cp1253", GREEK, hint="athens|=el"),
    Charset("cp1255", HEBREW, hint="jerusalem|israel|=he"),
    Charset("cp1256", ARABIC, hint="arab|cairo|riyadh|=ar"),
    Charset("cp874", "านรอกเงม่ยล้วดทัสตีะปิบคหแจพชขุูใไโผฟ์็ืณธถซฉ", hint="bangkok|=th"),
    Charset("cp932", hint="tokyo|=ja", worth=_japanese),
    Charset("euc_jp", hint="tokyo|=ja", worth=_japanese),
    Charset("cp949", hint="seoul|korea|=ko", worth=_in_rows("euc_kr", 0xB0, 0xC8, KOREAN)),
    Charset("gbk", hint="shanghai|china|=zh", worth=_in_rows("gb2312", 0xB0, 0xD7, SIMPLIFIED)),
    Charset("big5", hint="taipei|hong_kong|=zh-(?:tw|hk)", worth=_in_rows("big5", 0xA4, 0xC6, TRADITIONAL)),
    Charset("iso8859_15", WESTERN[1] + "€", by_frequency=False),
    *(Charset("cp1257", letters, by_frequency=False, hint=hint) for letters, hint in BALTIC.items()),
    *(Charset(name, letters, by_frequency=False) for name in ("mac_roman", "cp850") for letters in WESTERN),
    Charset("cp866", RUSSIAN),
    # Of older systems: read so only where that is clearly better.
    Charset("iso8859_5", RUSSIAN, hint="moscow|russian|=ru", share=SELDOM),
    Charset("koi8_u", UKRAINIAN, hint="kiev|kyiv|=uk", share=SELDOM),
    Charset("mac_cyrillic", RUSSIAN, share=SELDOM),
    Charset("iso8859_6", ARABIC, hint="arab|cairo|riyadh|=ar"),
    *(Charset("cp852", letters, by_frequency=False, hint=hint, share=SELDOM) for letters, hint in CENTRAL.items()),
    *(Charset("cp775", letters, by_frequency=False, hint=hint, share=SELDOM) for letters, hint in BALTIC.items()),
    Charset("cp857", TURKISH, by_frequency=False, hint="istanbul|turkey|=tr", share=SELDOM),
    Charset("cp855", RUSSIAN, hint="moscow|russian|=ru", share=SELDOM),
    Charset("cp1125", UKRAINIAN, hint="kiev|kyiv|=uk", share=SELDOM),
    Charset("ptcp154", KAZAKH, hint="almaty|=kk", share=SELDOM),
    Charset("kz1048", KAZAKH, hint="almaty|=kk", share=SELDOM),
    Charset("cp862", HEBREW, hint="jerusalem|israel|=he"),  # whose bytes are the Russian capitals of CP866
    *(Charset("cp858", letters + "€", by_frequency=False, share=SELDOM) for letters in WESTERN),
    *(Charset(name, GREEK, hint="athens|=el", share=SELDOM) for name in ("mac_greek", "cp737", "cp869")),
    Charset("cp720", ARABIC, hint="arab|cairo|riyadh|=ar", share=SELDOM),
    Charset("johab", hint="seoul|korea|=ko", worth=_in_rows("euc_kr", 0xB0, 0xC8, KOREAN), share=SELDOM),
)
SPOKEN = {
    "johab": "Johab",
    "iso8859-1": "Latin-1 (ISO-8859-1)",
    "iso8859-2": "Latin-2 (ISO-8859-2)",
    "cp932": "Shift JIS",
    "mac-roman": "Mac Roman",
    "cp949": "EUC-KR",
}
THAI_VOWEL_ALONE = re.compile("[\u0e40-\u0e44](?![\u0e01-\u0e2e])")  # one that stands before its consonant
OWN_SCRIPT = 0.5  # what it is worth that a text is in the script of a charset, for each byte
HINT = 0.3  # what a hint is worth, of what the letters are
SURE, ALIKE = 0.5, 0.05  # how much bytes read like a language
MUCH = 20_000  # bytes that are enough to tell


@dataclass(frozen=True)
class Guess:
    """A charset. `is_sure`: the bytes read like a language in it, and in none that makes another text of them."""

    name: str
    is_sure: bool


def guessed(strange: bytes, around: str) -> Guess:
    """Returns the charset of bytes that are not UTF-8, lines of a file whose ASCII is `around`."""
    strange = strange[:MUCH].rpartition(b"\n")[0] if len(strange) > MUCH else strange
    around = around.lower()
    likeness = [(_likeness(one, strange, around), one.name) for one in CHARSETS]
    most, best = max(likeness, key=lambda one: one[0])  # the first of those that are alike
    text = strange.decode(best, "replace")
    rivals = {name for likely, name in likeness if likely > most - ALIKE}
    is_sure = most >= SURE and all(strange.decode(name, "replace") == text for name in rivals)
    if best == "cp1252" and not re.search(rb"[\x80-\x9f]", strange):
        best = "iso8859_1"
    return Guess(best, is_sure)


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
    count = sum(byte > 0x7F for byte in strange)
    if charset.share == SELDOM and count < FEW:  # which may be anything
        return -1
    worth = sum(_worth(charset, text, at) for at, letter in enumerate(text) if not letter.isascii())
    words = re.findall(r"[^\W\d_]{3,}", text)
    strangers = [word for word in words if not re.search("[A-Za-z]", word)]
    if charset.letters and not charset.by_frequency:
        worth -= sum(
            2 * len(word) for word in strangers
        )  # hardly a word of these languages has none of ASCII's letters
    elif charset.letters and _is_written_in(charset, text):
        worth += OWN_SCRIPT * count
    is_hinted = bool(charset.hint) and re.search(charset.hint, around) is not None
    return charset.share * worth / max(count, 1) + HINT * is_hinted


def _is_written_in(charset: Charset, text: str) -> bool:
    """Whether each word with letters beyond ASCII has those of the charset's script only, and is in one case: bytes of
    other charsets hardly make such words, of three letters or more."""
    if THAI_VOWEL_ALONE.search(text) or not re.search(r"[^\W\d_a-zA-Z]{3}", text):
        return False
    for word in re.findall(r"\S+", text):
        letters = [letter for letter in word if not letter.isascii()]
        if not all(letter in charset.letters or letter.lower() in charset.letters for letter in letters):
            return False
        joined = "".join(letters)
        if joined not in (joined.lower(), joined.upper(), joined[:1] + joined[1:].lower()):
            return False
    return True


def _worth(charset: Charset, text: str, at: int) -> float:
    letter, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    category = unicodedata.category(letter)
    if category in ("Cc", "Cn", "Co"):
        return -5
    if charset.worth is not None:
        # A letter of ASCII beside it may be half of one that is none of them.
        beside = any(other.isascii() and other.isalpha() for other in (before, after))
        return min(charset.worth(letter), -1) if beside else charset.worth(letter)
    beside_letter = before.isalpha() or after.isalpha()
    if letter in PUNCTUATION:
        return 1 if letter == "’" or not (before.isalpha() and after.isalpha()) else 0.5
    if letter not in charset.letters and letter.lower() not in charset.letters:
        return -1 if category[0] in "LMP" else -3 if beside_letter else -1
    if not letter.isalpha():
        return 1 if letter == "€" else 0.5
    if category == "Lu" and before.islower():
        return -2  # case changes at the beginning of a word
    if not charset.by_frequency:
        return _worth_in_word(letter, before, after)
    if any(other.isascii() and other.isalpha() for other in (before, after)):
        return -2  # a word is of one script
    if letter == "ς" and after.isalpha():
        return -1
    rank = charset.letters.find(letter.lower())
    return 1 if rank < 10 else 0.6 if rank < 20 else 0.2


def _worth_in_word(letter: str, before: str, after: str) -> float:
    """What a letter of a language in the Latin script is worth between these two: less where it does not stand."""
    small, before, after = letter.lower(), before.lower(), after.lower()
    if small in "œšž" and not (before.isalpha() or after.isalpha()):
        return -2
    if (small == "ğ" and not _is_vowel(before)) or (small == "œ" and after not in tuple("uidscn")):
        return -2
    if small == "þ":
        return -1 if before.isalpha() else 1
    if small == "ð":
        return 0.9 if before.isalpha() else -2
    if small == "ø":
        return 0.9 if _is_vowel(before) or _is_vowel(after) else 1
    if small in "ìò":  # at the end of Italian words
        return 0.5 if after.isalpha() else 1
    if small == "õ":
        return 1 if after == "e" else 0.7
    if small == "ý":
        return 0.9
    is_between_consonants = before.isalpha() and after.isalpha() and not any(map(_is_vowel, (before, letter, after)))
    return 0.9 if is_between_consonants else 1


def _is_vowel(letter: str) -> bool:
    return unicodedata.normalize("NFD", letter)[:1].lower() in VOWELS
