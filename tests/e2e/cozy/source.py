"""A Cozy that somebody leaves: its side of every call."""

import secrets
import time
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote, urlencode, urlsplit

from tests.e2e.cozy import parts, zips
from tests.e2e.cozy.calls import CallFailed, call
from tests.e2e.cozy.state import Cozy
from tests.e2e.cozy.wire import CozyRefusal, Cut, Reply, Request

TARGET = ("target_url", "target_token", "target_client_id", "target_client_secret")
TROUBLE_AHEAD = 60  # seconds that a part which is held waits for its test


def authorize(cozy: Cozy, request: Request) -> Reply:
    """`GET /move/authorize`: leave for the wizard, without a password where the person is logged in."""
    if not cozy.logged_in(request):
        return Reply.see_other(f"/auth/login?{urlencode({'redirect': request.target})}")
    query = request.query
    cozy.require(query.get("state"), "There is no state")
    cozy.require(urlsplit(query.get("redirect_uri", "")).scheme in ("http", "https"), "There is no redirect_uri")
    return cozy.leave(query["redirect_uri"], query["state"])


def request_move(cozy: Cozy, request: Request) -> Reply:
    """`POST /move/request`: a mail goes out, and nothing else happens until its link is opened."""
    form = request.form
    cozy.require(request.content_type == "application/x-www-form-urlencoded", "A move was not asked for with a form")
    for name in TARGET:
        cozy.require(form.get(name), f"A move was asked for without {name}")
    cozy.require(urlsplit(form["target_url"]).netloc != cozy.domain, "A move to itself", 422)
    if "code" in form:
        cozy.require(cozy.codes.pop(form["code"], None) == "", "A code is not good", 401)
        form["token"] = cozy.new_token()
    else:
        for name in ("token", "client_id", "client_secret"):
            cozy.require(form.get(name), f"A move was asked for without {name}")
        cozy.require(form["token"] in cozy.tokens, "A token is not good", 401)
    secret = secrets.token_urlsafe(24)
    cozy.confirmations[secret] = form
    cozy.mails.append(f"{cozy.url}move/go?{urlencode({'secret': secret})}")
    return Reply.page("We have sent you a mail")


def go(cozy: Cozy, request: Request) -> Reply:
    """`GET /move/go`: the target is blocked, the export begins, and the person waits at the target."""
    if not cozy.logged_in(request):
        return Reply.see_other(f"/auth/login?{urlencode({'redirect': request.target})}")
    form = cozy.confirmations.pop(request.query.get("secret", ""), None)
    if form is None:
        raise CozyRefusal(400, "This link is of no use any more")
    url = f"{form['target_url'].rstrip('/')}/move/importing"
    try:
        answer = call("POST", f"{url}?{urlencode({'source': cozy.domain})}", token=form["target_token"])
    except CallFailed as failed:
        raise CozyRefusal(502, str(failed)) from failed
    if answer.status != 204:
        raise CozyRefusal(502, f"{url} was answered {answer.status}: {answer.body.decode(errors='replace')}")
    cozy.blocked = True
    cozy.run(lambda cozy: export(cozy, form))
    return Reply.see_other(url)


def export(cozy: Cozy, form: dict[str, str]) -> None:
    """The job: makes the export, and hands it over. Whatever fails, it says so once, and opens again."""
    cozy.moves_to = form["target_url"]
    target = cozy.moves_to.rstrip("/")
    token = form["target_token"]
    try:
        if cozy.troubles.export_fails:
            raise CallFailed("The export could not be made")
        cozy.opaque = quote(secrets.token_urlsafe(48))
        cozy.export_state = "done"
        move_from = {"url": cozy.url, "token": form["token"]}
        vault = cozy.account.vault and not form.get("ignore_vault")
        attributes = {"url": cozy.link, "vault": vault, "move_from": move_from}
        answer = call("POST", f"{target}/move/imports", token=token, body={"data": {"attributes": attributes}})
        if answer.status != 303:
            raise CallFailed(f"/move/imports was answered {answer.status}: {answer.body!r}")
        page = call("GET", answer.location)
        if page.status != 200:
            raise CallFailed(f"{answer.location} was answered {page.status}: {page.body!r}")
    except CallFailed as failed:
        cozy.give_up(str(failed))
        answer = call("POST", f"{target}/move/abort", token=token)
        cozy.require(answer.status == 204, f"/move/abort was answered {answer.status}: {answer.body!r}")


def manifest(cozy: Cozy, request: Request) -> Reply:
    """`GET /move/exports/OPAQUE`: the document of the export, for whoever knows the identifier."""
    entries = parts.parts(cozy.account, cozy.parts_size)
    attributes = {
        "parts_size": cozy.parts_size,
        "parts_cursors": parts.cursors(len(entries) - 1),
        "with_doctypes": None,
        "state": cozy.export_state,
        "created_at": "2026-05-04T08:59:37.530693972+02:00",
        "expires_at": time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(time.time() + 7 * 86400)),
        "total_size": sum(len(entry.content) for entry in parts.documents(cozy.account)),
        "creation_duration": 62978511,
        "error": "",
    }
    data = {
        "type": "io.cozy.exports",
        "id": "86dbb546ca49f0ed1ce0a1ff0d1b15e3",
        "attributes": attributes,
        "meta": {"rev": "2-4f4f4f"},
        "links": {"self": request.path},
    }
    return Reply.json(200, {"data": data})


def part(cozy: Cozy, request: Request) -> Reply:
    """`GET /move/exports/data/OPAQUE`: a part, made anew, without a length, a tag or ranges."""
    entries = parts.parts(cozy.account, cozy.parts_size)
    cursors = ["", *parts.cursors(len(entries) - 1)]
    cozy.require(request.query.get("cursor", "") in cursors, f"There is no such cursor: {request.target}", 422)
    number = cursors.index(request.query.get("cursor", ""))
    if number in cozy.troubles.missing:
        raise CozyRefusal(500, "This part can't be made")
    chunks = _troubled(cozy, number, entries[number])
    return Reply(200, b"", "application/zip", {"Content-Disposition": 'attachment; filename="My Cozy.zip"'}, chunks)


def _troubled(cozy: Cozy, number: int, entries: list[zips.CozyZipEntry]) -> Iterator[bytes]:
    troubles = cozy.troubles
    if troubles.shortened.get(number, 0) > 0:
        troubles.shortened[number] -= 1
        entries = list(islice(entries, len(entries) // 2))
    cuts = troubles.cut.get(number, [])
    most = cuts.pop(0) if cuts else None
    chunks = list(zips.stream(entries))
    half = sum(map(len, chunks)) // 2
    sent = 0
    for chunk in chunks:
        if most is not None and sent + len(chunk) > most:
            yield chunk[: most - sent]
            raise Cut
        if number in troubles.hold and sent <= half < sent + len(chunk):
            troubles.hold[number].wait(TROUBLE_AHEAD)
        sent += len(chunk)
        yield chunk


def finalize(cozy: Cozy, request: Request) -> Reply:
    """`POST /move/finalize`: everything is at the target. Called once more, it says where the account is."""
    if cozy.moved:
        gone = {"status": "410", "title": "Gone", "code": "moved", "links": {"related": cozy.moves_to}}
        return Reply.json(410, {"errors": [gone]})
    cozy.authenticated(request)
    cozy.require(request.query.get("subdomain") in ("flat", "nested"), f"There is no subdomain: {request.target}")
    if cozy.troubles.answers_finalize:
        cozy.troubles.answers_finalize.wait(TROUBLE_AHEAD)
    cozy.moved = True
    cozy.blocked = False
    cozy.ended.set()
    return Reply(204)


def abort(cozy: Cozy, request: Request) -> Reply:
    """`POST /move/abort`: the other side has given up."""
    cozy.authenticated(request)
    cozy.aborted = True
    cozy.give_up(cozy.failure or "The other server has called it off")
    return Reply(204)
