"""Who is there: the person by password, the wizard by a client that it registered itself."""

import secrets

from tests.e2e.cozy.state import MOVE_SCOPE, PASSWORD, Cozy
from tests.e2e.cozy.wire import CozyRefusal, Reply, Request

PASSWORD_FORM = '<form method="post">{hidden}<input type="password" name="passphrase"><button>Go on</button></form>'


def log_in_form(cozy: Cozy, request: Request) -> Reply:
    """`GET /auth/login`."""
    return Reply.page("Log in", PASSWORD_FORM.format(hidden=""))


def log_in(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/login`: a Cozy has one person, so there is no name."""
    if request.form.get("passphrase") != PASSWORD:
        raise CozyRefusal(401, "Wrong password")
    session = secrets.token_urlsafe(16)
    cozy.sessions.add(session)
    reply = Reply.see_other(request.query.get("redirect", "/"))
    reply.headers["Set-Cookie"] = f"cozysessid={session}; Path=/; HttpOnly; SameSite=Lax"
    return reply


def register(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/register` (RFC 7591)."""
    cozy.require(request.content_type == "application/json", f"A client registered with {request.content_type!r}")
    asked = request.json
    for name in ("client_name", "redirect_uris", "software_id"):
        cozy.require(asked.get(name), f"A client registered without {name}")
    client_id = secrets.token_hex(16)
    cozy.clients[client_id] = asked | {"client_id": client_id, "client_secret": secrets.token_urlsafe(24)}
    more = {"client_secret_expires_at": 0, "registration_access_token": secrets.token_urlsafe(24)}
    return Reply.json(201, cozy.clients[client_id] | more, "application/json")


def authorize_form(cozy: Cozy, request: Request) -> Reply:
    """`GET /auth/authorize/move`: the password is typed even by who is logged in."""
    query = request.query
    client = cozy.clients.get(query.get("client_id", ""))
    cozy.require(client is not None, "An unknown client wants to move an account here")
    cozy.require(client and query.get("redirect_uri") in client["redirect_uris"], "A redirect_uri is not the client's")
    cozy.require(query.get("state"), "There is no state")
    return Reply.page("Bring your Cozy here", PASSWORD_FORM.format(hidden=""))


def authorize(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/authorize/move`: the form of that page."""
    authorize_form(cozy, request)
    if request.form.get("passphrase") != PASSWORD:
        raise CozyRefusal(401, "Wrong password")
    return cozy.leave(request.query["redirect_uri"], request.query["state"], request.query["client_id"])


def access_token(cozy: Cozy, request: Request) -> Reply:
    """`POST /auth/access_token`: a code for a token, once."""
    form = request.form
    cozy.require(request.content_type == "application/x-www-form-urlencoded", "A token was not asked for with a form")
    cozy.require(form.get("grant_type") == "authorization_code", f"The grant type was {form.get('grant_type')!r}")
    client = cozy.clients.get(form.get("client_id", ""), {"client_secret": ""})
    cozy.require(
        client["client_secret"] and form.get("client_secret") == client["client_secret"], "A secret is wrong", 401
    )
    cozy.require(cozy.codes.pop(form.get("code", ""), None) == form["client_id"], "A code is not good")
    answer = {"token_type": "bearer", "access_token": cozy.new_token(), "scope": MOVE_SCOPE}
    return Reply.json(200, answer, "application/json")
