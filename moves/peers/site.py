"""Which other server an address belongs to, when its share is counted."""

from ipaddress import ip_address

from accounts.web_address import WebAddress

SHORT_SUFFIX = 3  # letters of the part before the last one, up to which it is a suffix: example.co.uk


def site_of(url: str) -> str:
    """The server of an address, as its share of places and workers is counted; empty for what is no address.

    All names of one domain are one server: whoever has a domain can make any number of them. An address without a name
    is one by its port, too.
    """
    address = WebAddress.parse(url.strip())
    return "" if address is None else site(address.hostname, address.port_called)


def site(host: str, port: int) -> str:
    """The same of a host and its port."""
    host = host.rstrip(".").lower()
    try:
        return f"{ip_address(host)} {port}"
    except ValueError:
        labels = host.split(".")
        if labels[-1].isdigit():
            return f"{host} {port}"  # no name of the public ones either: none of those ends so (RFC 3696, section 2)
        known = 3 if len(labels) > 2 and len(labels[-2]) <= SHORT_SUFFIX else 2
        return ".".join(labels[-known:])
