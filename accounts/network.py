"""What counts as one address."""

from ipaddress import IPv6Address, IPv6Network, ip_address

UNKNOWN = "0.0.0.0"  # noqa: S104  (a name for it that a column for addresses takes)


def network_of(address: str) -> str:
    """Returns an IPv4 address, or the /64 network that an IPv6 client has to itself; for what is neither, 0.0.0.0."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False).network_address)
    return str(parsed)
