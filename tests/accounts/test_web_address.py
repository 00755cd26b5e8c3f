"""One way to take an http(s) address apart."""

import pytest

from accounts.web_address import WebAddress


@pytest.mark.parametrize(
    ("written", "origin", "authority", "policy_source"),
    [
        ("https://Example.org/path", "https://example.org", "example.org", "https://example.org"),
        ("https://example.org:443/", "https://example.org", "example.org:443", "https://example.org"),
        ("http://example.org:443", "http://example.org:443", "example.org:443", "http://example.org:443"),
        ("http://[::1]:8000/?a=b", "http://[::1]:8000", "[::1]:8000", "http:"),
    ],
)
def test_an_address_is_written_in_one_way(written: str, origin: str, authority: str, policy_source: str) -> None:
    address = WebAddress.of(written)
    assert (address.origin, address.authority, address.policy_source) == (origin, authority, policy_source)


@pytest.mark.parametrize(
    "no_address", ["", "example.org", "ftp://example.org", "https://", "https://[::1", "https://a:b"]
)
def test_what_is_no_web_address_is_none(no_address: str) -> None:
    assert WebAddress.parse(no_address) is None


@pytest.mark.parametrize(
    "surprising",
    [
        "https://ada@example.org/",
        "https://example.org\\@evil.example/",
        "https://example.org/#fragment",
        "https://exämple.org/",
        "https://example.org/\t",
        'https://example.org/"',
        f"https://example.org/{'a' * 2_000}",
    ],
)
def test_an_address_that_programs_read_differently_is_not_used(surprising: str) -> None:
    assert WebAddress.read(surprising) is None
    with pytest.raises(ValueError, match="is no address that others can be given"):
        WebAddress.of(surprising)


def test_new_values_of_a_query_replace_the_old_ones() -> None:
    address = WebAddress.of("https://example.org/back?state=old&keep=")
    assert address.with_query({"state": "new"}) == "https://example.org/back?keep=&state=new"
