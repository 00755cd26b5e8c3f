"""What one side of a move says to the other: each call of the protocol, once."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from accounts.texts import kept_text
from accounts.web_address import WebAddress
from importers.text import keepable
from moves.errors import CONTENT_TYPE
from moves.imports.sources.links import manifest_urls
from moves.models import LeftOut, Move
from moves.moving.addresses import is_this_server, own
from moves.moving.outcomes import GiveUp, TryAgain
from moves.moving.proof_lines import CONTENT_TYPE as LINES
from moves.moving.proof_lines import LARGEST_PROOF, ProofAnswer, UnreadableProof, written_proofs
from moves.peers.client import PeerAnswer, call
from moves.peers.errors import PeerError, first_error, moved_to

LARGEST_PEER_ANSWER = 4 * 1024 * 1024  # bytes of an answer
PROOF_DEADLINE = 120.0  # seconds for an answer to what was left out: the source looks through its archives
LONGEST_REASON = 200  # characters of a reason that the other server gives
OVER = "move_over"  # the code of a 409 that does not change any more (JSON:API)
TAKEN = (302, 303)  # what a call that begins something is answered with; where it leads is for people

FOR_PEOPLE = (401, 403)  # how a page is answered to who is not logged in, where it is not sent on

# Failures that leave open whether the other server has taken the call
IN_DOUBT = ("timed_out", "broken")

SAYS = kept_text("%(said)s (%(status)s)", sentences={"said"})  # what the other server says, and with which status
SHUT = kept_text("%(peer)s is shut right now (503), as a Cozy is while it takes an account in.")
ANSWERS = kept_text("%(peer)s answers: log in there, and see what is in it.")
NO_PLACE_OF_SECOND = kept_text("%(peer)s did not say where its second archive is.")
NO_STATE_OF_SECOND = kept_text("%(peer)s did not say how far its second archive is.")
NO_SECOND = kept_text("%(peer)s could not make its second archive: %(error)s", sentences={"error"})
NOT_LEFT_OUT = kept_text("%(peer)s does not say what was left out.")


def speaks_of_changes(peer_url: str) -> bool:
    """Whether the other server knows `POST /move/changes`. One that can't say so doesn't; raises `PeerError` where
    nobody answers at all."""
    try:
        said = call("GET", _url(peer_url, "/status")).object.get("move")
    except PeerError as error:
        if error.temporary or (error.status is None and error.code not in ("malformed", "too_large", "redirected")):
            raise
        return False
    return isinstance(said, dict) and said.get("changes") is True


def announce(move: Move) -> None:
    """Tells the target that the account comes. Raises `PeerError`."""
    said = {"source": urlsplit(own().url).netloc, "move": move.doc_id}
    _post(move, f"/move/importing?{urlencode(said)}")


def hand_over(move: Move, link: str, source_token: str) -> None:
    """Hands the target the link to the export, and a token to say what came of it. Raises `PeerError`."""
    attributes = {
        "url": link,
        "vault": move.vault,
        "move_from": {"url": own().url + "/", "token": source_token} | ({"changes": True} if move.changes else {}),
    }
    _post(move, "/move/imports", attributes)


def ask_changes(move: Move, *, only_changes: bool) -> tuple[str, bool]:
    """The link to the export of what changed since the first one, and whether it can be fetched.
    `only_changes`: documents that the first one has are not wanted again. Raises `PeerError`, or
    `TryAgain` where the source could not make it."""
    answer = _post(move, "/move/changes", {"only_changes": only_changes})
    found = urlsplit(_location(answer, move)).path.rpartition("/")[2]
    if not found:
        raise GiveUp(NO_PLACE_OF_SECOND % {"peer": move.peer})
    return f"{_origin(move.peer_url)}/#/exports/{found}", _is_done(answer.object, move)


def is_ready(move: Move, link: str) -> bool:
    """Whether the export at a link is made. Raises `PeerError`, or `TryAgain` where it failed."""
    return _is_done(call("GET", manifest_urls(link)[0], accept=CONTENT_TYPE).object, move)


def prove(move: Move, rows: list[LeftOut]) -> ProofAnswer:
    """Tells the source what these prove that the target has, and asks what is left. Raises `PeerError`."""
    answer = call(
        "POST",
        _url(move.peer_url, "/move/proof"),
        token=move.peer_token,
        content=written_proofs(rows),
        accept=f"{LINES}, */*",
        content_type=LINES,
        most_bytes=LARGEST_PROOF,
        deadline=PROOF_DEADLINE,
    )
    try:
        return ProofAnswer.read(answer.body)
    except UnreadableProof as error:
        sentence = f"{NOT_LEFT_OUT % {'peer': move.peer}} {error}"
        raise PeerError("malformed", sentence, status=answer.status) from error


def finalize(move: Move, receipt: dict[str, Any]) -> int:
    """Tells the source that everything arrived. Returns the status, 204 where it has heard. Raises `PeerError`."""
    return _post(move, "/move/finalize?subdomain=nested", receipt).status


def abort(move: Move, why: str) -> int:
    """Tells the other server that the move is off, and whether a person has stopped it. Returns the status, 204 where
    it has heard. Raises `PeerError`."""
    said: dict[str, Any] = {"reason": why} | ({"stopped": True} if move.was_stopped else {})
    return _post(move, "/move/abort", said).status


def judge(error: PeerError, words: str, peer: str) -> TryAgain | GiveUp:
    """What a failed call means for its step. `words`: a kept sentence that puts in `peer`, and the `reason` why it
    failed."""
    sentence = words % {"peer": peer, "reason": reason(error)}
    return TryAgain(sentence) if error.temporary else GiveUp(sentence)


def reason(error: PeerError) -> str:
    """Why a call failed: what the other server says, where it is one that gives reasons (JSON:API), or what its status
    means."""
    said = first_error(error.body).get("detail")
    detail = " ".join(keepable(said).split())[:LONGEST_REASON] if isinstance(said, str) else ""
    return SAYS % {"said": detail, "status": error.status} if detail else error.sentence


def has_moved_here(error: PeerError) -> bool:
    """Whether the other server says that the account has moved to this server, so that an answer got lost which said
    so before."""
    there = WebAddress.parse(moved_to(error.status, error.body))
    return there is not None and is_this_server(there)


def look(move: Move) -> str:
    """What can be found out about the other server by asking it for its pages, in a sentence."""
    try:
        call("GET", _url(move.peer_url, "/"), accept="text/html", follow=False)
    except PeerError as error:
        if error.status == 503:
            return SHUT % {"peer": move.peer}
        if error.code != "redirected" and error.status not in FOR_PEOPLE:
            return error.sentence
    return ANSWERS % {"peer": move.peer}


def is_over(error: PeerError) -> bool:
    """Whether the other server says that the move is over there, so that no other try will help."""
    return first_error(error.body).get("code") == OVER


def _post(move: Move, path: str, attributes: dict[str, Any] | None = None) -> PeerAnswer:
    body = None if attributes is None else {"data": {"attributes": attributes}}
    url = _url(move.peer_url, path)
    try:
        return call(
            "POST",
            url,
            token=move.peer_token,
            json=body,
            accept=f"{CONTENT_TYPE}, application/json, */*",
            content_type=CONTENT_TYPE,
            most_bytes=LARGEST_PEER_ANSWER,
        )
    except PeerError as error:
        if error.code == "redirected" and error.status in TAKEN and path.startswith("/move/imports"):
            return PeerAnswer(error.status or 303, httpx.Headers(), b"", url)
        raise


def _url(peer_url: str, path: str) -> str:
    return _origin(peer_url) + path


def _origin(peer_url: str) -> str:
    parts = urlsplit(peer_url)
    return f"{parts.scheme}://{parts.netloc}"


def _location(answer: PeerAnswer, move: Move) -> str:
    """Where the document of the second export is, by the header or by the document itself."""
    links = answer.object.get("data", {}).get("links", {})
    return str(answer.headers.get("Location") or (links.get("self") if isinstance(links, dict) else "") or "")


def _is_done(document: dict[str, Any], move: Move) -> bool:
    data = document.get("data")
    attributes = data.get("attributes", {}) if isinstance(data, dict) else {}
    state = attributes.get("state") if isinstance(attributes, dict) else None
    if state == "error":
        raise TryAgain(NO_SECOND % {"peer": move.peer, "error": str(attributes.get("error"))[:500]})
    if state not in ("exporting", "done"):
        raise GiveUp(NO_STATE_OF_SECOND % {"peer": move.peer})
    return state == "done"
