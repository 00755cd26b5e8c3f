"""Who gets a name that several files have is decided at the end, once, whatever happens meanwhile."""

from typing import Any

import httpx
import pytest
from django.conf import LazySettings

from importers.digests import digest
from importers.models import Alias
from importers.verticals.blobs.models import File, Folder, NameClaim
from moves.imports import requests
from moves.imports.placing.placer import Placer
from moves.imports.running import ending, job
from tests.support.archives import bring, outcomes
from tests.support.bringing import Bringing
from tests.support.cozy_archives import cozy_zip, instance
from tests.support.cozy_states import CozyState, assert_is, folder, leaf, tree
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_export import ExportingServer, ServedPart

pytestmark = pytest.mark.services

NAMES = ("a.txt", "b.txt", "c.txt")
TWINS = CozyState.of([folder("d1", "Work"), *(leaf(f"f{number}", name, "d1") for number, name in enumerate(NAMES))])
NUMBERED = {"/Work/a (2).txt": b"f0", "/Work/b (2).txt": b"f1", "/Work/c (2).txt": b"f2"}


@pytest.fixture
def mine(exporter: Exporter) -> dict[str, bytes]:
    """What an exporter has brought under the names that the Cozy's files have: what is here, by its path."""
    for name in NAMES:
        exporter.send_file("blobs", file_item(name, "/Work"), name.encode())
    return {f"/Work/{name}": name.encode() for name in NAMES}


def test_a_run_that_is_stopped_while_names_are_decided_is_gone_on_from(
    mine: dict[str, bytes], http: httpx.Client, ada: Person, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.WHARF_IMPORT_CLAIMS_AT_ONCE = 1
    settle, calls = Placer.settle, []

    def stopped(placer: Placer) -> Any:
        settled = settle(placer)
        calls.append(settled)
        if len(calls) == 5:  # three that could not be granted, and one of two that got a number
            raise OSError("killed")
        return settled

    monkeypatch.setattr(Placer, "settle", stopped)
    archive = cozy_zip([instance(), *TWINS.entries()])
    with ExportingServer(ServedPart(archive, ranges=False), parts_cursors=[]) as other:
        found = Bringing.ask(http, ada, other.link)
        assert not job.run(found.pk)
        assert NameClaim.objects.count() == 2
        assert job.run(found.pk, at_once=True)
    row = found.row
    assert (row.state, row.outcomes) == ("done", {"created": 1, "renamed": 3})
    assert row.codes == {"renamed": 3}
    assert tree(http, ada) == mine | NUMBERED
    assert not NameClaim.objects.exists()


def test_what_an_import_that_was_stopped_has_left_gets_its_names(
    mine: dict[str, bytes], http: httpx.Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(placer: Placer) -> Any:
        raise OSError("killed")

    archive = cozy_zip([instance(), *TWINS.entries()])
    with ExportingServer(ServedPart(archive, ranges=False), parts_cursors=[]) as other, monkeypatch.context() as now:
        now.setattr(Placer, "settle", stopped)
        found = Bringing.ask(http, ada, other.link)
        assert not job.run(found.pk)
    assert requests.cancel(found.row, "It was stopped.")
    assert NameClaim.objects.count() == 3
    ending.settle(found.pk)
    assert not NameClaim.objects.exists()
    assert tree(http, ada) == mine | NUMBERED


def test_a_file_has_its_name_again_when_nobody_else_has_it(
    mine: dict[str, bytes], http: httpx.Client, ada: Person
) -> None:
    numbered = leaf("f3", "a (2).txt", "d1")  # which is its own name, and the other one's, for a while
    state = CozyState.of([*TWINS.nodes.values(), numbered])
    placed = bring(ada, state.entries())
    assert outcomes(placed) == {"created": 2, "renamed": 3}
    assert tree(http, ada) == mine | {
        "/Work/a (3).txt": b"f0",
        "/Work/a (2).txt": b"f3",
        "/Work/b (2).txt": b"f1",
        "/Work/c (2).txt": b"f2",
    }
    assert set(outcomes(bring(ada, state.entries()))) == {"unchanged"}
    assert len(tree(http, ada)) == 7
    File.objects.filter(content__sha256__isnull=False, payload__contains="@type").delete()
    bring(ada, state.entries())
    assert tree(http, ada) == state.tree
    assert not NameClaim.objects.exists()


def test_names_that_were_mixed_up_are_put_right_one_after_the_other(http: httpx.Client, ada: Person) -> None:
    state = CozyState.of([leaf("f1", "a"), leaf("f2", "b"), leaf("f3", "c"), leaf("f4", "d")])
    bring(ada, state.entries())
    # As an earlier version has left them: each is free only when the one before is put right.
    for doc_id, shown in (("f4", "e"), ("f3", "d"), ("f2", "c"), ("f1", "b")):
        File.objects.filter(doc_id=doc_id).update(shown_name=shown, place=digest("/", shown), name=f"was {doc_id}")
    bring(ada, state.entries())
    assert_is(http, ada, state)


def test_what_is_in_the_bin_takes_no_name_from_what_an_exporter_sends(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    bring(ada, CozyState.of([folder("d1", "Work"), leaf("f1", "a.txt", thrown_from="/Work")]).entries())
    exporter.send_file("blobs", file_item("a.txt", "/Work"), b"sent")
    assert tree(http, ada) == {"/Work/a.txt": b"sent", "/.cozy_trash/a.txt": b"f1"}
    # It comes back out of the bin there, where there is nobody else of its name.
    back = CozyState.of([folder("d1", "Work"), leaf("f1", "a.txt", "d1")])
    back.revisions["f1"] = 2
    assert outcomes(bring(ada, back.entries())) == {"unchanged": 1, "renamed": 1}
    assert tree(http, ada) == {"/Work/a.txt": b"sent", "/Work/a (2).txt": b"f1"}


def test_two_directories_that_were_taken_for_one_are_two_again(http: httpx.Client, ada: Person) -> None:
    state = CozyState.of(
        [
            *(folder("d1", "Projects"), leaf("f1", "plan.txt", "d1")),
            *(folder("d5", "Projects", thrown_from="/"), leaf("f5", "plan.txt", "d5")),
        ]
    )
    bring(ada, state.entries())
    one, other = Folder.objects.get(doc_id="d5"), Folder.objects.get(doc_id="d1")
    File.objects.filter(folder=other).update(folder=one, shown_name="plan (2).txt", place="elsewhere")
    payload = other.payload
    other.delete()
    Alias.objects.create(owner=ada.row, kind="folder", doc_id="d1", of="d5")
    for said in (one.payload, payload):  # whichever of them was taken last
        Folder.objects.filter(doc_id="d5").update(payload=said)
        bring(ada, state.entries())
        assert tree(http, ada) == state.tree
        assert Folder.objects.filter(doc_id__in=["d1", "d5"]).count() == 2
