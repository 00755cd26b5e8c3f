"""The files of a format have names of their own."""

from importers.formats.format import FileNames


def test_a_name_that_is_taken_gets_a_number_also_where_only_letters_of_another_case_are() -> None:
    names = FileNames()
    stems = ("Fog", "fog", "FOG (2)", "Fog", "Fog (4)", "fog")
    assert [names.unused(stem, ".md") for stem in stems] == [
        "Fog.md",
        "fog (2).md",
        "FOG (2) (2).md",
        "Fog (3).md",
        "Fog (4).md",
        "fog (5).md",
    ]


def test_a_hundred_thousand_of_one_name_are_no_trouble() -> None:
    names = FileNames()
    given = [names.unused("Untitled", ".md") for _ in range(100_000)]  # each after all before it, this takes hours
    assert len(set(given)) == 100_000
    assert given[-1] == "Untitled (100000).md"


def test_what_is_called_by_a_title_is_not_hidden() -> None:
    names = FileNames()
    assert [names.titled(".env", ".md"), names.titled(".env", ".md"), names.titled("..", "")] == [
        "_.env.md",
        "_.env (2).md",
        "_.._",
    ]
