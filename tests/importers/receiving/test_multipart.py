"""multipart/related, in every cut and spelling: the parser never hangs, and takes no cut body for a whole one."""

import base64
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importers.errors import Refusal
from importers.receiving.multipart import CutShort, RelatedBody

LIMIT = 10_000
BOUNDARY_CHARACTERS = "abcXYZ019'()+_,-./:=? "
boundaries = st.text(BOUNDARY_CHARACTERS, min_size=1, max_size=70).filter(lambda text: not text.endswith(" "))
# Bytes that look like boundaries, line ends and dashes are the hard ones.
contents = st.lists(
    st.binary(max_size=40) | st.sampled_from([b"\r\n--", b"--", b"\r\n", b"\r", b"\n", b"\r\n--a", b"-", b"\r\r\n"]),
    max_size=12,
).map(b"".join)


class Stream:
    """A socket that brings a body in pieces of given sizes."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        self.body, self.sizes, self.reads = body, sizes, 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        assert self.reads < 10_000, "the parser does not end"
        size = min(size, self.sizes[self.reads % len(self.sizes)] if self.sizes else size)
        chunk, self.body = self.body[:size], self.body[size:]
        return chunk


def compose(
    boundary: str, item: bytes, content: bytes, preamble: bytes = b"", epilogue: bytes = b"\r\n", more: bytes = b""
) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(
        [preamble, mark, b"\r\nContent-Type: application/json\r\n", more, b"\r\n", item]
        + [b"\r\n", mark, b"\r\nContent-Type: image/png\r\n", more, b"\r\n", content]
        + [b"\r\n", mark, b"--", epilogue]
    )


def read(body: bytes, boundary: str, sizes: list[int], length: int | None = None) -> tuple[bytes, bytes]:
    related = RelatedBody(Stream(body, sizes), boundary, len(body) if length is None else length)
    item = related.json_part(LIMIT)
    part = related.file_part()
    assert part is not None
    most = part.size_at_most
    content = b"".join(bytes(chunk) for chunk in part.chunks())
    assert len(content) <= most + len(b"\r\n")
    return item, content


def is_ambiguous(boundary: str, *parts: bytes) -> bool:
    """A sender picks a boundary that does not occur in its parts (RFC 2046, section 5.1.1)."""
    mark = b"\r\n--" + boundary.encode()
    return any(mark in b"\r\n" + part + b"\r\n" for part in parts)


sizes = st.lists(st.integers(1, 50), max_size=6)


@given(boundaries, contents, contents, sizes)
@example("b", b"{}", b"", [1])
@example("b", b"{}", b"\r\n--", [1])
def test_every_body_comes_out_as_it_went_in(boundary: str, item: bytes, content: bytes, sizes: list[int]) -> None:
    if is_ambiguous(boundary, item, content) or b"\n--" in item:  # which no JSON has
        return
    assert read(compose(boundary, item, content), boundary, sizes) == (item, content)


@given(boundaries, contents, sizes, contents, contents)
def test_preamble_and_epilogue_are_passed_over(
    boundary: str, content: bytes, sizes: list[int], preamble: bytes, epilogue: bytes
) -> None:
    if is_ambiguous(boundary, content, preamble, epilogue):
        return
    body = compose(boundary, b"{}", content, preamble + b"\r\n", b"\r\n" + epilogue)
    assert read(body, boundary, sizes) == (b"{}", content)


@given(sizes)
def test_white_space_after_the_first_delimiter_and_lines_that_begin_like_it_are_passed_over(sizes: list[int]) -> None:
    body = compose("b", b"{}", b"content").replace(b"--b\r\n", b"--b \t\r\n", 1)
    assert read(b"x\r\n--bX is no boundary\r\n" + body, "b", sizes) == (b"{}", b"content")


def test_headers_of_a_part_may_be_long_and_in_any_bytes() -> None:
    body = compose("b", b"{}", b"content")
    body = body.replace(b"image/png", b"image/png; x=" + b"y" * 8000 + b"\r\nX-Name: \xc3\xa9\xff")
    assert read(body, "b", [7]) == (b"{}", b"content")


@given(boundaries, contents, sizes, st.data())
def test_a_cut_body_is_never_taken(boundary: str, content: bytes, sizes: list[int], data: st.DataObject) -> None:
    if is_ambiguous(boundary, content):
        return
    body = compose(boundary, b"{}", content, epilogue=b"")
    kept = data.draw(st.integers(0, len(body) - 1))
    for length in (len(body), kept):  # the connection broke; the sender lied about the length
        with pytest.raises((CutShort, Refusal)):
            read(body[:kept], boundary, sizes, length)


@given(st.binary(max_size=400), boundaries, sizes)
def test_anything_else_is_refused_and_ends(body: bytes, boundary: str, sizes: list[int]) -> None:
    with pytest.raises((CutShort, Refusal)):
        read(body, boundary, sizes)


@pytest.mark.parametrize("boundary", ["", "x" * 71])
def test_a_boundary_that_no_rfc_allows_is_refused(boundary: str) -> None:
    with pytest.raises(Refusal):
        RelatedBody(Stream(b"", []), boundary, 0)


def test_an_endless_preamble_and_endless_headers_are_refused() -> None:
    with pytest.raises(Refusal):
        read(b"x" * 1_000_000, "b", [])
    with pytest.raises(Refusal):
        read(b"--b\r\nA: " + b"x" * 1_000_000, "b", [])
    with pytest.raises(Refusal):
        read(b"--b\r\n" + b"A: x\r\n" * 100_000, "b", [])


def test_json_above_the_limit_is_refused_before_it_is_held() -> None:
    with pytest.raises(Refusal) as refused:
        read(compose("b", b"x" * (LIMIT + 1), b""), "b", [])
    assert (refused.value.status, refused.value.code) == (413, "payload_too_large")


def encoded(name: str) -> bytes:
    return f"Content-Transfer-Encoding: {name}\r\n".encode()


ITEM = b'{"a": "b=c d", "long": "' + b"x" * 200 + b'"}'


@given(st.binary(max_size=400), sizes)
@example(b"=\r\n \t=20 \r\n", [1])
@example(b"ends with a space ", [1])
def test_parts_in_base64_and_quoted_printable_come_out_as_they_were(content: bytes, sizes: list[int]) -> None:
    body = compose("b", base64.encodebytes(ITEM), base64.encodebytes(content), more=encoded("Base64"))
    assert read(body, "b", sizes) == (ITEM, content)
    body = compose("b", quoted_printable(ITEM), quoted_printable(content), more=encoded("quoted-printable"))
    assert read(body, "b", sizes) == (ITEM, content)


def quoted_printable(content: bytes) -> bytes:
    """RFC 2045, section 6.7, for what is no text: line ends are written out, and lines broken softly."""
    letters = [chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}" for byte in content]
    lines = ["".join(letters[start : start + 24]) for start in range(0, len(letters), 24)]
    return "=\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"caf=C3=A9", "café".encode()),
        (b"soft=\r\n line =  \r\nends", b"soft line ends"),
        (b"white space at the end \t \r\nof a line", b"white space at the end\r\nof a line"),
        (b"and of all   ", b"and of all"),
        (b"all=", b"all"),
        (b"lower=c3=a9", "lowerÃ©".encode("latin-1")),
        (b"=0D=0A=20", b"\r\n "),
    ],
)
@pytest.mark.parametrize("sizes", [[1], [2, 3], []])
def test_quoted_printable_is_decoded_by_its_rules(written: bytes, meant: bytes, sizes: list[int]) -> None:
    body = compose("b", b"{}", written, more=encoded("quoted-printable"))
    assert read(body, "b", sizes) == (b"{}", meant)


@pytest.mark.parametrize("name", ["binary", "8bit", "7BIT", "", " Binary "])
def test_parts_that_say_they_are_as_they_come_are_taken_so(name: str) -> None:
    assert read(compose("b", b"{}", b"=41\xff", more=encoded(name)), "b", []) == (b"{}", b"=41\xff")


FOLDED = (
    b"Content-Transfer-Encoding:\r\n base64\r\n",
    b"Content-Transfer-Encoding: \r\n\t \r\n base64\r\n",
    b"Content-Transfer-Encoding: base64\r\n (std\r\n alphabet)\r\n",
    b"Content-Transfer-Encoding: (RFC (2045), 6\\)) BASE64 (std)\r\n",
    b"X: y;\r\n z: 7\r\nContent-Transfer-Encoding:\r\n base64\r\nX-Last: a\r\n\tb\r\n",
)


@pytest.mark.parametrize("size", [10, 70_000, 3_000_000])
@pytest.mark.parametrize("headers", FOLDED)
def test_headers_of_a_part_may_be_folded_and_have_comments(headers: bytes, size: int) -> None:
    content = base64.b64encode(b"x" * size)
    body = compose("b", base64.b64encode(b"{}"), content, more=headers)
    assert read(body, "b", []) == (b"{}", b"x" * size)
    if size < 1000:
        assert read(body, "b", [1]) == (b"{}", b"x" * size)
        for cut in range(len(body)):
            assert read(body, "b", [len(body), cut + 1])[1] == b"x" * size  # `Stream` begins with the second size


def test_folded_headers_that_do_not_end_and_parts_without_end_are_refused() -> None:
    for headers in (b"A:\r\n " + b"x" * 1_000_000, b"A: x\r\n y\r\n" * 200_000):
        with pytest.raises(Refusal):
            read(b"--b\r\n" + headers, "b", [])
    with pytest.raises(Refusal):
        read(b"--b\r\nA:\r\n b\r\n\r\n\r\n" * 50_000, "b", [])


@pytest.mark.parametrize("name", ["x-uuencode", "gzip", "base64, base64", "base64 (std", "(base64)x", "(" * 5000])
def test_another_transfer_encoding_is_answered_415(name: str) -> None:
    with pytest.raises(Refusal, match="may be base64, quoted-printable") as refused:
        read(compose("b", b"{}", b"", more=encoded(name)), "b", [])
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("base64", b"YQ=="[:1]),
        ("base64", b"YQ==YQ=="),
        ("base64", b"YQ==\r\nYQ=="),
        ("base64", b"a-_b"),
        ("base64", b"===="),
        ("quoted-printable", b"=ZZ"),
        ("quoted-printable", b"a=4"),
        ("quoted-printable", b"x" + b" " * 200_000 + b"y"),
    ],
)
@pytest.mark.parametrize("sizes", [[1], []])
def test_what_is_not_in_the_encoding_that_it_says_is_refused(name: str, content: bytes, sizes: list[int]) -> None:
    body = compose("b", b"{}", b"", more=b"").replace(b"image/png\r\n", b"image/png\r\n" + encoded(name))
    body = body.replace(b"\r\n\r\n\r\n", b"\r\n\r\n" + content + b"\r\n")
    with pytest.raises(Refusal) as refused:
        read(body, "b", [4096] if len(content) > 1000 else sizes)
    assert refused.value.status == 400


@pytest.mark.parametrize("size", [0, 100, 60_000, 70_000, 2_000_000])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.replace(b"--b", b"--c"), "No line at the beginning of the body is the boundary"),
        (lambda body: body.replace(b"\r\n", b"\n"), "end with CRLF"),
        (lambda body: body.replace(b"\r\n", b"\r"), "end with CRLF"),
        (lambda body: body.replace(b"}\r\n--b\r\n", b"}\n--b\n"), "end with CRLF"),
        (lambda body: body.replace(b"}\r\n--b\r\n", b"}\r\n--c\r\n"), "is not the boundary that the Content-Type"),
        (lambda body: body.replace(b"--b--", b"--c--"), "closing boundary is missing|file's part says"),
        (lambda body: body.replace(b"--b--\r\n", b"--b\r\n"), "closing boundary is missing|file's part says"),
        (lambda body: body.replace(b"--b--\r\n", b"--b \r\n"), "closing boundary is missing|file's part says"),
        (lambda body: body.replace(b"--b--\r\n", b"--b"), "closing boundary is missing|file's part says"),
        (lambda body: body.replace(b"\r\n--b--\r\n", b"\n--b--\n"), "end with CRLF"),
        (lambda body: body.replace(b"\r\n--b--\r\n", b"\n--b--"), "end with CRLF"),
        (lambda body: body.replace(b"\r\n--b--\r\n", b"\r--b-- \r"), "end with CRLF"),
        (lambda body: body.replace(b"application/json\r\n\r\n", b"application/json\n\n"), "end with CRLF"),
    ],
)
def test_each_mistake_gets_the_sentence_that_is_true_at_every_size(
    size: int, change: Callable[[bytes], bytes], said: str
) -> None:
    composed = compose("b", b"{}", b"x" * size)
    with_length = composed.replace(b"png\r\n", b"png\r\nContent-Length: %d\r\n" % size)
    for body in (change(with_length), change(composed)):
        with pytest.raises(Refusal) as refused:
            read(body, "b", [])
        assert re.search(said, refused.value.description)
    with pytest.raises(CutShort, match="ended before its Content-Length"):
        read(compose("b", b"{}", b"x" * size)[:-20], "b", [], len(body))
