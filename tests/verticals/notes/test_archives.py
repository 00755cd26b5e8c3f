"""Notes leave in archives, as Markdown too, and return."""

from typing import Any

import httpx
import pytest
import yaml

from importers.merging.origin import Origin
from importers.verticals.notes.models import Note, NoteFile
from tests.support.archives import bring
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut, site_text

pytestmark = pytest.mark.services

READABLE = "My Cozy/Readable/"
ODD = 'Ünïcode: "quoted" \\ 🏔 \x7f\x85\u2028\ufeff- [x]'


@pytest.fixture
def full(exporter: Exporter) -> Exporter:
    items: list[dict[str, Any]] = [
        {
            "@type": "Note",
            "id": "n1",
            "title": ODD,
            "text": "---\nfirst\n---\n",
            "created": "2024-06-03T10:00:00+02:00",
        },
        {"@type": "Note", "title": "Shopping", "content": "Milk", "updated": "2024-06-03", "tags": ["a, b", "#c: d"]},
        {"text": "# Without a title\n\nüber"},
        {"title": "shopping"},
        {},
    ]
    for item in items:
        assert exporter.send("notes", item).status_code == 201
    assert exporter.send("notes", {"@type": "Note", "id": "n1", "title": ODD, "text": "second"}).status_code == 201
    for content in (b"one", b"two"):
        item = {"@type": "Note", "id": "drawn", "title": "Drawn"}
        assert exporter.send_file("notes", item, content, "image/png").status_code == 201
    return exporter


def markdown(entries: dict[str, bytes]) -> dict[str, tuple[dict[str, Any], str]]:
    """The front matter and the text of each file, as another program reads them."""
    found = {}
    for name, body in entries.items():
        if name.startswith(f"{READABLE}Notes/"):
            begin, matter, text = body.decode().split("---\n", 2)
            assert begin == ""
            found[name.removeprefix(f"{READABLE}Notes/")] = (yaml.safe_load(matter), text.removeprefix("\n"))
    return found


def test_notes_are_markdown_files_that_say_all_that_is_known(full: Exporter, http: httpx.Client, ada: Person) -> None:
    found = markdown(TakeOut.made(http, ada).everything())
    assert len(found) == 6
    first = next(one for one in found.values() if one[0].get("identifier") == "n1")
    assert first[0]["title"] == ODD
    assert first[1] == "second"
    shopping, text = found["Shopping.md"]
    assert (shopping["title"], shopping["tags"], text) == ("Shopping", ["a, b", "#c: d"], "Milk")
    assert shopping["updated"].isoformat() == "2024-06-03T00:00:00+00:00"
    assert found["shopping (2).md"][0]["title"] == "shopping"
    assert found["Without a title.md"][1] == "# Without a title\n\nüber"
    assert {one["id"] for one, _ in found.values()} == set(Note.objects.values_list("doc_id", flat=True))


def test_what_is_ticked_off_in_a_list_is_so_in_markdown(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    bread, milk = {"text": "Bread", "isChecked": True}, {"text": "Milk\n2 l", "isChecked": False}
    exporter.send("notes", {"title": "Keep\nthis", "listContent": [bread, milk, {"text": "Tea"}]})
    exporter.send("notes", {"title": "Inside", "note": {"items": [{"name": "a", "content": "Salt", "done": True}]}})
    exporter.send("notes", {"title": "Plain", "text": "done", "done": True})
    said = {name: text for name, (_, text) in markdown(TakeOut.made(http, ada).everything()).items()}
    assert said == {
        "Keep this.md": "- [x] Bread\n- [ ] Milk\n  2 l\nTea",
        "Inside.md": "- [x] Salt",
        "Plain.md": "done",
    }


def test_what_is_in_the_bin_is_no_markdown_file(full: Exporter, http: httpx.Client, ada: Person) -> None:
    Note.objects.filter(name="Shopping").update(trashed_at="2024-01-01T00:00:00Z")
    assert "Shopping.md" not in markdown(TakeOut.made(http, ada).everything())


def test_the_page_of_an_archive_shows_the_notes(full: Exporter, http: httpx.Client, ada: Person) -> None:
    page = site_text(TakeOut.made(http, ada).everything())
    for said in ("Notes/Shopping.md", "Milk", "# Without a title"):
        assert said in page


def records(person: Person) -> list[Any]:
    columns = ("doc_id", "identity", "identifier", "name", "text", "written_at", "edited_at", "tags", "payload")
    files = ("record__doc_id", "content__sha256", "mime", "received_at")
    return [
        *Note.objects.filter(owner=person.row).order_by("doc_id").values_list(*columns),
        *NoteFile.objects.filter(owner=person.row).order_by("content__sha256").values_list(*files),
    ]


def test_they_return_as_what_they_were(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    bring(grace, entries, Origin("source.example", "Wharf"))
    assert records(grace) == records(ada)
    assert NoteFile.objects.filter(owner=grace.row).count() == 2
    used = grace.row.used_bytes
    assert used == ada.row.used_bytes
    bring(grace, entries, Origin("source.example", "Wharf"))
    assert records(grace) == records(ada)
    assert grace.row.used_bytes == used
    again = TakeOut.made(http, grace).everything()
    start = "My Cozy/Files/"
    files = {name: body for name, body in entries.items() if name.startswith(start)}
    assert files.keys() == {f"{start}Notes/Drawn.png", f"{start}Notes/Drawn (2).png"}
    assert {name: body for name, body in again.items() if name.startswith(start)} == files
    assert again.keys() == entries.keys()


def test_a_note_that_both_accounts_have_gets_the_files_of_both(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    NoteFile.objects.all().delete()
    old = Note.objects.get(name="Drawn")
    Note.objects.filter(pk=old.pk).update(doc_id="another-id")
    bring(ada, entries, Origin("source.example", "Wharf"))
    assert Note.objects.get(name="Drawn").files.count() == 2
    assert Note.objects.count() == 6


def test_a_file_can_come_before_its_note(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    is_note = {name: "/org.wharf.notes/" in name for name in entries}
    bring(grace, {name: body for name, body in entries.items() if not is_note[name]}, Origin("s.example", "Wharf"))
    assert Note.objects.get(owner=grace.row).is_placeholder
    bring(grace, {name: body for name, body in entries.items() if is_note[name]}, Origin("s.example", "Wharf"))
    assert records(grace) == records(ada)
