"""The one door through which mails go: only to an address that has been proven, so many an hour, and with nothing in
them that an outsider has laid out.

Whatever a mail's words hold was written by somebody else, unless it is marked as `Ours`: templates are given it on one
line, cut, and without anything that a mail program makes a link of.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise

from accounts.languages import in_language_of
from accounts.local_times import zone_of
from accounts.models import User
from accounts.texts import Text, kept_text
from accounts.throttles import Limit, MailsPerAddress, OrdinaryMailsPerAddress

log = logging.getLogger("wharf.accounts")

LONGEST_LINE = 400  # characters of what somebody else wrote
# Ends of files that are left as they are. What a system's own list says are ends of hosts, too, such as .info and .xyz.
_FILE = re.compile(
    "7z|aac|avi|bin|bmp|bz2|csv|doc|docx|eml|epub|flac|gif|gz|heic|heif|htm|html|ics|ini|iso|jpeg|jpg|json|jsonl|log|m4a"
    "|m4v|mbox|mkv|mov|mp3|mp4|mpeg|mpg|odp|ods|odt|ogg|opus|pdf|png|ppt|pptx|psd|rar|rtf|svg|tar|tgz|tif|tiff|tsv|txt"
    "|vcf|wav|webm|webp|xls|xlsx|xml|xz|yaml|yml|zip"
)
# Any scheme before anything: what stands behind is no port, or else it calls.
_SCHEME = re.compile(r"\b([a-z][a-z0-9+.-]*):(?:[/\\]{2,}|/)?(?=[^\s\d])|\b(tel|sms|callto|fax):(?=\S)", re.IGNORECASE)
# Quotes, dashes and the like stand beside names, and are in none.
_LABEL = r"(?:[a-z0-9_-]|[^\x00-\x7f\s\u00a0-\u00bf\u2010-\u205e\u3000-\u3003\u3008-\u301f\ufffd])+"
_DOTTED = re.compile(rf"{_LABEL}(?:\.+{_LABEL})+", re.IGNORECASE)
_LEADS_ON = re.compile(r"(?::\d+)?[/\\?#]")  # behind a host
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff61", "."))  # besides those that NFKC knows (RFC 3490, section 3.1)
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # besides those of the category Cf
_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class Ours(str):
    """A text that this server wrote itself, such as a link to one of its pages."""


class NoHost(str):
    """A name with dots that no server has, such as a doctype: what stands behind it leads nowhere."""


@dataclass(frozen=True)
class Mail:
    """A kind of mail. `urgent`: about the safety of an account, so that no number of other mails crowds it out;
    `proves`: it may go to an address that is not proven yet, since its code or its link proves it."""

    subject: Text
    template: str
    urgent: bool = False
    proves: bool = False


class Posted(Enum):
    """What became of a mail."""

    SENT = "sent"
    UNPROVEN = kept_text("not sent: the address has not been proven")
    TOO_MANY = kept_text("not sent: there were too many mails to this address within an hour")


def post(user: User, mail: Mail, words: Mapping[str, Any], *, named: Collection[str] = (), to: str = "") -> Posted:
    """Sends a mail to a person, and returns what became of it. Raises OSError while no mail can be sent.

    `words`: what its template shows. `named`: hosts, and other names with dots, that are not taken apart. `to`: another
    address than the account's, which was proven for this person, or is by this mail.
    """
    address = to or user.email
    if not (to or mail.proves or user.email_proven):
        return Posted.UNPROVEN
    limits: list[Limit] = [MailsPerAddress(address)]
    if not mail.urgent:
        limits.insert(0, OrdinaryMailsPerAddress(address))
    for number, limit in enumerate(limits):
        if not limit.take():
            _give_back(limits[:number])
            return Posted.TOO_MANY
    with timezone.override(zone_of(user)), in_language_of(user):
        text = render_to_string(mail.template, {name: shown(value, named) for name, value in words.items()})
        subject = str(mail.subject)
    try:
        send_mail(subject, text, None, [address])
    except OSError:
        _give_back(limits)
        raise
    if folder := mail_folder():
        log.info("mails are files here: the newest one in %s", folder)
    return Posted.SENT


def mail_folder() -> str:
    """Returns the folder in which mails are files, where no server sends them; else an empty text."""
    is_file = settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    return str(settings.EMAIL_CONFIG["EMAIL_FILE_PATH"]) if is_file else ""


def seconds_until_next(user: User) -> int:
    """Returns after how many seconds another mail may go to a person's address."""
    return max(MailsPerAddress(user.email).seconds(), OrdinaryMailsPerAddress(user.email).seconds())


def _give_back(limits: list[Limit]) -> None:
    for limit in limits:
        limit.give_back()


def shown(value: Any, named: Collection[str] = ()) -> Any:
    """What a template is given of a value: itself where it is no text, or ours; else its line; of an object or a list,
    something whose parts are given in the same way."""
    match value:
        case Ours() | None | bool() | int() | float() | datetime() | date():
            return value
        case str():
            return one_line(value, named)
        case Promise():
            return Ours(value)  # in the language that is active
    return _Shown(value, named)


def one_line(text: str, named: Collection[str] = ()) -> str:
    """Returns a text that somebody else wrote on one line, cut, and without links.

    What looks like the name of a host is taken apart, but not what a file's suffix ends, nor what is `named` and has no
    path behind it, unless it is a `NoHost`. It is judged as mail programs and browsers read it: without what is not
    seen, and with wide letters as plain ones.
    """
    line = " ".join("".join(map(_seen, _SELECTORS.sub("", text))).split())
    if len(line) > LONGEST_LINE:
        line = line[: LONGEST_LINE - 1] + "…"
    plain = "".join(" " if _breaks(one) else one for one in unicodedata.normalize("NFKC", line).translate(_DOTS))
    apart = _SCHEME.sub(lambda found: f"{found[1] or found[2]}: ", plain)
    apart = re.sub(r"(?<=\S)@(?=\S)", " at ", apart)
    apart = _DOTTED.sub(lambda found: _apart(found, named), apart)
    return line if apart == plain else apart


def _seen(letter: str) -> str:
    """What is shown of a letter: a space of one that ends a line or controls something, nothing of an unseen one."""
    if letter in _UNSEEN or unicodedata.category(letter) == "Cf":
        return ""
    return " " if _breaks(letter) else letter


def _breaks(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "C" or unicodedata.category(letter) in ("Zl", "Zp")


def _apart(found: re.Match[str], named: Collection[str]) -> str:
    """Names with dots, so that no program makes links of them where they are hosts'."""
    name, after = found[0], found.string[found.end() : found.end() + 1]
    labels = ["".join(letter for letter in label if letter.isalnum() or letter == "-") for label in name.split(".")]
    end = labels[-1].lower()
    is_called = after != "" and after in "/\\:?#"
    is_number = is_called and all(label.isdecimal() for label in labels)
    is_host = end.startswith("xn--") or (len(end) > 1 and not any(letter.isdigit() for letter in end))
    is_file = _FILE.fullmatch(end) is not None and not is_called and labels[0].lower() != "www"
    if not (is_host or is_number) or is_file or _may_stay(found, ".".join(labels), named):
        return name
    return name.replace(".", "[.]")


def _may_stay(found: re.Match[str], name: str, named: Collection[str]) -> bool:
    """Whether a name is one of those that are not taken apart: a host's only by itself, since what stands behind it
    would be where to go there."""
    of_no_host = {one for one in named if isinstance(one, NoHost)}
    hosts = {one.partition(":")[0] for one in named}
    return name in of_no_host or (name in hosts and _LEADS_ON.match(found.string, found.end()) is None)


class _Shown:
    """A value of which a template reads parts, each of them as `shown`."""

    def __init__(self, value: Any, named: Collection[str]) -> None:
        self._value = value
        self._named = named

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._value, name)
        if callable(found):
            method: Callable[..., Any] = found
            return lambda: shown(method(), self._named)
        return shown(found, self._named)

    def __getitem__(self, key: Any) -> Any:
        return shown(self._value[key], self._named)

    def __iter__(self) -> Iterator[Any]:
        return (shown(one, self._named) for one in self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return one_line(str(self._value), self._named)
