"""Addresses that people are sent to with a code, and of servers that they move between."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

LONGEST_ADDRESS = 2_000  # characters
CALLBACK = "/callback/source"  # of a wizard, where the source sends the browser


@dataclass(frozen=True)
class Address:
    """An address that a browser can be sent to."""

    url: str
    origin: str
    host: str

    @classmethod
    def read(cls, url: str) -> "Address | None":
        """The address, or None where it is not a whole http(s) address without surprises."""
        if (
            not url
            or len(url) > LONGEST_ADDRESS
            or not url.isascii()
            or not url.isprintable()
            or set(url) & set(' \\"<>')
        ):
            return None
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment:
            return None
        named = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        usual = {"http": 80, "https": 443}[parts.scheme]
        host = named if port in (None, usual) else f"{named}:{port}"
        return cls(url, f"{parts.scheme}://{host}", host)

    @property
    def is_private_enough(self) -> bool:
        """Whether tokens may be sent there: a server in production sends none in the clear."""
        return self.origin.startswith("https:") or not settings.PRODUCTION

    @property
    def is_known_wizard(self) -> bool:
        """Whether people are sent there without being asked: the callback of a wizard that the operator has named."""
        base = self.url.partition("?")[0]
        wizards = (settings.WHARF_MOVE_URL, *settings.WHARF_KNOWN_WIZARDS)
        return any(base in (wizard, wizard.rstrip("/") + CALLBACK) for wizard in wizards)

    @property
    def csp_source(self) -> str:
        """Its origin for a page's policy, which has no way to write an IPv6 address."""
        return f"{self.url.partition(':')[0]}:" if self.host.startswith("[") else self.origin

    def with_query(self, values: dict[str, str]) -> str:
        """The address with these values in its query, after those that it has."""
        parts = urlsplit(self.url)
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in values]
        return urlunsplit(parts._replace(query=urlencode([*kept, *values.items()])))


def own() -> Address:
    """This server."""
    address = Address.read(settings.WHARF_BASE_URL)
    if address is None:
        raise ValueError("WHARF_BASE_URL is no address that others can be given")
    return address


def wizard() -> Address:
    """The wizard that people of this server are sent to."""
    address = Address.read(settings.WHARF_MOVE_URL)
    if address is None:
        raise ValueError("WHARF_MOVE_URL is no address that a browser can be sent to")
    return address
