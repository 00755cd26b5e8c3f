"""Archives that come in damaged: each ends with a sentence that says so."""

import gzip

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moves.archives.incoming import (
    ArchiveCut,
    ArchiveError,
    NotAnArchive,
)
from tests.support.hostile import (
    BODIES,
    LISTED,
    LOCAL,
    WHOLE,
    at_most,
    listed,
    read,
)

# Cut off and changed


@pytest.mark.parametrize("kind", WHOLE)
def test_whatever_is_cut_off_is_noticed(kind: str) -> None:
    whole = WHOLE[kind]
    assert read(whole) == BODIES
    # A tar may do with one of the two blocks at its end; and of those in a gzip some bytes more can be had.
    ends = {"tar": len(whole) - 512, "gzip": len(whole) - 8}.get(kind, len(whole))
    for length in range(ends):
        with pytest.raises(ArchiveError) as caught:
            read(whole[:length])
        assert isinstance(caught.value, ArchiveCut) or length < 512
        assert caught.value.problem.code in ("archive_cut", "empty", "not_an_archive")


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=300)
@given(random=st.data())
def test_whatever_is_changed_ends_with_a_sentence_or_with_what_was_packed(kind: str, random: st.DataObject) -> None:
    damaged = bytearray(WHOLE[kind])
    at = random.draw(st.integers(0, len(damaged) - 1))
    damaged[at] ^= random.draw(st.integers(1, 255))
    try:
        found = list(listed(bytes(damaged)))
    except ArchiveError as error:
        assert error.problem.sentence.endswith(".")
        return
    if kind != "tar":  # which has no checksum of the bytes
        assert {body for _, body in found if isinstance(body, bytes)} <= {*BODIES.values()}


@settings(max_examples=300)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    splices=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 40),
            st.sampled_from([b"", LOCAL, LISTED, b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\5\5", b"\xff" * 9, bytes(600)]),
        ),
        min_size=1,
        max_size=6,
    ),
)
@example(kind="tar", splices=[(0.0, 0, b"")])
def test_whatever_is_put_in_its_place_ends_as_well(kind: str, splices: list[tuple[float, int, bytes]]) -> None:
    damaged = WHOLE[kind]
    for place, length, put in splices:
        at = int(place * len(damaged))
        damaged = damaged[:at] + put + damaged[at + length :]
    with at_most(80 if kind in ("LZMA in a zip", "xz") else 8):  # with what its header says that it takes
        try:
            read(damaged)
        except ArchiveError as error:
            assert error.problem.sentence.endswith(".")


@settings(max_examples=200)
@given(begin=st.sampled_from([b"", LOCAL, b"PK\5\6", b"\x1f\x8b\x08\0", b"PK\6\6"]), noise=st.binary(max_size=1500))
def test_noise_ends_as_well(begin: bytes, noise: bytes) -> None:
    for offset in (0, 99):
        try:
            found = read(begin + noise, offset=offset)
        except ArchiveError as error:
            assert error.problem.sentence.endswith(".")
        else:  # an end alone is an archive without entries
            assert not any(isinstance(body, bytes) for body in found.values())


# No archives


@pytest.mark.parametrize(
    ("bytes_of_it", "code"),
    [
        (b"", "empty"),
        (b"<html>" * 999, "not_an_archive"),
        (b"\x7fELF" + bytes(3000) + WHOLE["deflated"], "bytes_before"),
        (b"PK\7\x08" + WHOLE["deflated"], "split"),
        (b"PK00" + WHOLE["deflated"], "split"),
        (gzip.compress(b"text" * 999, mtime=0), "no_tar_inside"),
        (gzip.compress(WHOLE["deflated"], mtime=0), "no_tar_inside"),
    ],
)
def test_what_is_no_archive_is_called_so(bytes_of_it: bytes, code: str) -> None:
    with pytest.raises(NotAnArchive) as caught:
        read(bytes_of_it)
    assert caught.value.problem.code == code
