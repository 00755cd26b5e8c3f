"""E-mail addresses that somebody has typed: which can be written to, and which mean one mailbox where mails to it are
counted, since whoever spells an address in another way must not have another limit."""

import re
import unicodedata
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def mailbox_of(address: str) -> str:
    """Returns one spelling for all that mail servers commonly bring to the same mailbox.

    Without quotes and escapes that need not be (RFC 5321, section 4.1.2), whatever stands behind a + (RFC 5233), dots
    in the name, the case of letters, wide ones, and the dot at the end of a host; its letters as in the DNS. That some
    servers tell a few of these apart only lets two mailboxes share a limit.
    """
    name, _, host = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = _ESCAPED.sub(r"\1", name[1:-1])
    name = name.partition("+")[0].replace(".", "") or name
    host = host.rstrip(".").lower()
    with suppress(UnicodeError):  # of what is no host's name, and nothing is sent there
        host = punycode(host)
    return f"{name}@{host}".casefold()


def require_writable(address: str) -> None:
    """Raises ValidationError for what looks like an address, and no mail can be addressed to: some hosts have names
    that are none in the DNS (RFC 3490, section 4)."""
    try:
        EmailMessage(to=[address]).message()
    except ValueError as unwritable:
        raise ValidationError(EmailValidator.message, EmailValidator.code) from unwritable
