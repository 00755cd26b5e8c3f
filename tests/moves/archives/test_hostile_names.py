"""Names of entries that lead out, say nothing, or stand there twice."""

import pytest

from tests.support.hostile import (
    TAR_END,
    Zip,
    listed,
    padded,
    pax,
    read,
    tar_header,
)

NAMES = {
    "../out": "name_unsafe",
    "a/../../out": "name_unsafe",
    "a/..": "name_unsafe",
    "./../out": "name_unsafe",
    "/etc/passwd": "name_unsafe",
    "//host/share": "name_unsafe",
    "..\\out": "name_unsafe",
    "a\\..\\..\\out": "name_unsafe",
    "\\\\host\\share": "name_unsafe",
    "\\windows": "name_unsafe",
    "C:\\windows": "name_unsafe",
    "c:windows": "name_unsafe",
    "C:/windows": "name_unsafe",
    "": "name_empty",
    "a" * 8_193: "name_too_long",
    "é" * 5_000: "name_too_long",
    "d/" * 257 + "a": "name_too_deep",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_out_are_reported_and_the_rest_is_read(name: str) -> None:
    made = Zip().add(name, b"1").add("good", b"2").add(name, b"3", descriptor="signed32").add("better", b"4").whole()
    assert [body for _, body in listed(made)] == [NAMES[name], b"2", NAMES[name], b"4"]
    if name:
        made = pax(path=name) + tar_header(b"x", 1) + padded(b"1") + tar_header(b"good", 1) + padded(b"2") + TAR_END
        assert [body for _, body in listed(made)] == [NAMES[name], b"2"]


def test_a_nul_in_a_name_is_reported() -> None:
    made = Zip().add("a.json\0.exe", b"1").add("good", b"2").whole()
    assert [body for _, body in listed(made)] == ["name_unsafe", b"2"]


def test_names_that_are_no_utf_8_though_they_say_so_are_read_and_judged() -> None:
    """Which document such a file belongs to, its size and its bytes tell."""
    made = Zip().add(b"caf\xe9", b"1").add(b"../\xe9", b"2").add("good", b"3").whole()
    assert [body for _, body in listed(made)] == [b"1", "name_unsafe", b"3"]


def test_a_tar_whose_names_are_no_utf_8_is_read() -> None:
    made = tar_header(b"caf\xe9", 1) + padded(b"1") + tar_header(b"good", 1) + padded(b"2") + TAR_END
    assert [body for _, body in listed(made)] == [b"1", b"2"]


@pytest.mark.parametrize("name", ["a..b", "a/...", "..a", ".hidden", "a\\b", "a:b", "x/c:", "d/" * 200 + "a", "a//b"])
def test_names_that_only_look_odd_are_taken(name: str) -> None:
    if name == "a:b":
        name = "ab:c"  # one letter and a colon is a drive
    assert read(Zip().add(name, b"1").whole()) == {name: b"1"}


def test_the_same_name_twice_is_given_twice() -> None:
    made = Zip().add("a", b"1").add("a", b"2").whole()
    assert list(listed(made)) == [("a", b"1"), ("a", b"2")]
