"""An http(s) address: taken apart, checked, and written in one way."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

USUAL_PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 2_000  # characters
READ_DIFFERENTLY = frozenset(' \\"<>#')  # characters at which some programs end an address, or its host


@dataclass(frozen=True)
class WebAddress:
    """An address with a host.

    `scheme` is http or https; `hostname` is in lower case, an IPv6 address without its brackets; `port` is None where
    none is written; `has_user` says whether a user name or a password is in it.
    """

    url: str
    scheme: str
    hostname: str
    port: int | None
    has_user: bool

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """Returns the address, or None where it is none of http(s) or names no host."""
        try:
            parts = urlsplit(url)
            hostname, port = parts.hostname, parts.port
        except ValueError:
            return None
        if parts.scheme not in USUAL_PORTS or not hostname:
            return None
        return cls(url, parts.scheme, hostname, port, parts.username is not None)

    @classmethod
    def read(cls, url: str) -> Self | None:
        """Returns the address if every program reads the same host in it, and None otherwise.

        A user name, a fragment, a backslash or a character that is not printable ASCII hides the host from some. This
        is the one for what a browser is sent to, and for where a token goes.
        """
        if len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or set(url) & READ_DIFFERENTLY:
            return None
        address = cls.parse(url)
        return None if address is None or address.has_user else address

    @classmethod
    def of(cls, url: str) -> Self:
        """Returns an address that is known to be good, such as a setting. Raises ValueError for any other."""
        address = cls.read(url)
        if address is None:
            raise ValueError(f"{url!r} is no address that others can be given")
        return address

    @property
    def authority(self) -> str:
        """The host, with the port that is written."""
        return self._with(self.port)

    @property
    def host(self) -> str:
        """How people call it: the host, with the port unless that is the usual one."""
        return self._with(None if self.port == USUAL_PORTS[self.scheme] else self.port)

    @property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454, section 6.2)."""
        return f"{self.scheme}://{self.host}"

    @property
    def port_called(self) -> int:
        """The port that is written, or else the usual one."""
        return self.port or USUAL_PORTS[self.scheme]

    @property
    def policy_source(self) -> str:
        """The origin in a Content-Security-Policy, which has no way to write an IPv6 address."""
        return f"{self.scheme}:" if ":" in self.hostname else self.origin

    def with_query(self, values: dict[str, str]) -> str:
        """Returns the address with these values in its query, after the others that it has."""
        parts = urlsplit(self.url)
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in values]
        return urlunsplit(parts._replace(query=urlencode([*kept, *values.items()])))

    def _with(self, port: int | None) -> str:
        named = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return named if port is None else f"{named}:{port}"
