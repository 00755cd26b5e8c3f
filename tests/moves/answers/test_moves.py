"""What the other server of a move sees of what it calls."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from accounts.models import User
from moves.models import Export, Move
from moves.moving import tokens
from tests.support.bad_requests import a_move, bearer, bodies, document, give, over, refusals, ways_of_asking
from tests.support.exporter import Person
from tests.support.recorded import Asked, compare


def an_export(person: Person, **columns: Any) -> Export:
    usual: dict[str, Any] = {"owner": person.row, "origin": "move", "parts_size": 10_240, "max_age": 10**15}
    return Export.objects.create(
        **(usual | {"with_doctypes": [], "state": "done", "expires_at": timezone.now() + timedelta(days=1)} | columns)
    )


@pytest.mark.parametrize("call", ["finalize", "abort", "changes"])
def test_calls_of_the_other_server(call: str, http: httpx.Client, ada: Person) -> None:
    def fresh() -> None:
        Move.objects.all().delete()
        User.objects.update(blocked="", blocked_note="")

    asked = Asked(http, fresh)
    path, good = f"/move/{call}", document(reason="No.", subdomain="nested")
    refusals(asked, ada, path, tokens.LEAVING, good)
    bodies(asked, path, good)
    ways_of_asking(asked, "POST", path, bearer(), good)
    states = {
        "source": ["requested", "announcing", "exporting", "handing over", "waiting", "catching up", "calling off"],
        "target": ["announced", "importing", "asking", "fetching", "importing the rest", "finalizing"],
    }
    for side, names in states.items():
        for state in names:
            for changes in (False, True) if state in ("waiting", "catching up") else (False,):

                def under_way(side: str = side, state: str = state, changes: bool = changes) -> None:
                    fresh()
                    give(ada, tokens.LEAVING)
                    Export.objects.all().delete()
                    a_move(ada, side, state, changes=changes, first_export=an_export(ada))

                asked.before = under_way
                name = f"{side} {state}{', with changes' if changes else ''}"
                asked.ask(name, "POST", path, bearer(), good)
                asked.go_on(f"{name}, again", "POST", path, bearer(), document(only_changes=True))
    asked.before = fresh
    fresh()
    give(ada, tokens.LEAVING)
    a_move(ada, "source", "waiting", changes=True, first_export=an_export(ada))
    an_export(ada, state="exporting")
    asked.go_on("while an export is made", "POST", path, bearer(), good)
    Export.objects.all().delete()
    a_move(ada, "source", "waiting", first_export=an_export(ada))
    proof = {"proof": {"missing": ["io.cozy.files/1"]}}
    asked.go_on("with a receipt that lacks something", "POST", path, bearer(), document(**proof))
    fresh()
    over(asked, ada, path, good)
    give(ada, tokens.ARRIVING)
    asked.ask("with the scopes of the wizard's token", "POST", path, bearer(), good)
    compare(call, asked)
