"""Every form of link to an export, and where its document is."""

import pytest

from moves.imports.sources.links import BadLink, NoArchive, manifest_urls

OPAQUE = "Ab3-_x.Yz~0=="
AT = f"/move/exports/{OPAQUE.replace('=', '%3D')}"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f"https://wharf.example/#/exports/{OPAQUE}", [f"https://wharf.example{AT}"]),
        (f"https://wharf.example/exports/{OPAQUE}", [f"https://wharf.example{AT}"]),
        (f"https://wharf.example/move/exports/{OPAQUE}", [f"https://wharf.example{AT}"]),
        (f"https://wharf.example/move/exports/data/{OPAQUE}?cursor=00001", [f"https://wharf.example{AT}"]),
        (
            f"https://settings.ada.cozy.example/#/exports/{OPAQUE}",
            [f"https://ada.cozy.example{AT}", f"https://settings.ada.cozy.example{AT}"],
        ),
        (
            f"https://ada-settings.cozy.example/#/exports/{OPAQUE}",
            [f"https://ada.cozy.example{AT}", f"https://ada-settings.cozy.example{AT}"],
        ),
        (f"http://127.0.0.1:8000/#/exports/{OPAQUE}", [f"http://127.0.0.1:8000{AT}"]),
        (f"http://[::1]:8000/#/exports/{OPAQUE}", [f"http://[::1]:8000{AT}"]),
        (f"https://settings.example/exports/{OPAQUE}", [f"https://settings.example{AT}"]),
        (f"https://settings.example/#/exports/{OPAQUE}", [f"https://settings.example{AT}"]),
        (f" <HTTPS://WHARF.example/?utm=1#/exports/{OPAQUE}/?x=y> \n", [f"https://wharf.example{AT}"]),
        (f"https://wharf.example/#/exports/{OPAQUE.replace('=', '%3D')}", [f"https://wharf.example{AT}"]),
    ],
)
def test_a_link_leads_to_the_document(link: str, expected: list[str]) -> None:
    assert manifest_urls(link) == expected


@pytest.mark.parametrize(
    "link",
    [
        "",
        "wharf.example/#/exports/abc",
        "ftp://wharf.example/#/exports/abc",
        "file:///exports/abc",
        "https:///exports/abc",
        "https://wharf.example/",
        "https://wharf.example/#/exports/",
        "https://wharf.example/#/files/abc",
        "https://wharf.example/exports/../../admin",
        "https://wharf.example/exports/..",
        "https://wharf.example/#/exports/..%2F..%2Fadmin",
        "https://wharf.example/#/exports/a%00b",
        "https://wharf.example/#/exports/a%0d%0aX: y",
        "https://wharf.example/exports/a b",
        "https://user:secret@wharf.example/#/exports/abc",
        "https://@wharf.example/#/exports/abc",
        "https://wharf.example:99999/#/exports/abc",
        "https://[wharf/#/exports/abc",
        "https://wharf.example/#/exports/" + "a" * 3000,
        "javascript:alert(1)",
    ],
)
def test_what_is_no_link_to_an_export_is_told_so(link: str) -> None:
    with pytest.raises(BadLink) as bad:
        manifest_urls(link)
    assert isinstance(bad.value, NoArchive)
    assert not bad.value.temporary
    assert bad.value.sentence.endswith(".")
    assert "secret" not in bad.value.sentence
