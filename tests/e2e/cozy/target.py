"""A Cozy that somebody arrives at: its side of every call."""

from urllib.parse import quote, urlsplit, urlunsplit
from zipfile import BadZipFile

from tests.e2e.cozy.account import CozyAccount
from tests.e2e.cozy.calls import CallFailed, call, fetch
from tests.e2e.cozy.reading import ArchiveReading, NotLikeACozy
from tests.e2e.cozy.state import Cozy
from tests.e2e.cozy.wire import CozyRefusal, Reply, Request

BODIES = ("application/vnd.api+json", "application/json")
LONGEST_NAME = 246  # bytes
SHORTEST_ID = 4  # characters, of a file with versions
PATIENCE = 60  # seconds until it calls finalize, where a test says when


def block(cozy: Cozy, request: Request) -> Reply:
    """`POST /move/importing`: somebody is about to arrive."""
    cozy.authenticated(request)
    cozy.blocked = True
    return Reply(204)


def wait_page(cozy: Cozy, request: Request) -> Reply:
    """`GET /move/importing`."""
    return Reply.page("Your data is arriving")


def precheck(cozy: Cozy, request: Request) -> Reply:
    """`POST /move/imports/precheck`."""
    cozy.authenticated(request)
    try:
        _export(_manifest_url(_attributes(cozy, request)["url"]))
    except CallFailed as failed:
        raise CozyRefusal(412, str(failed)) from failed
    return Reply(204)


def begin(cozy: Cozy, request: Request) -> Reply:
    """`POST /move/imports`: the import is begun, and the caller is sent to the page that shows it."""
    cozy.authenticated(request)
    attributes = _attributes(cozy, request)
    cozy.move_from = attributes.get("move_from", {})
    if cozy.move_from:
        for name in ("url", "token"):
            cozy.require(isinstance(cozy.move_from.get(name), str), f"move_from has no {name}: {request.body!r}")
    if not cozy.troubles.imports_nothing:
        cozy.run(lambda cozy: import_from(cozy, attributes["url"]))
    return Reply.see_other(f"{cozy.url}move/importing")


def _attributes(cozy: Cozy, request: Request) -> dict:
    cozy.require(request.content_type in BODIES, f"The body of {request.target} was {request.content_type!r}")
    attributes: dict = request.json["data"]["attributes"]
    cozy.require(isinstance(attributes["url"], str), f"There is no url: {request.body!r}")
    return attributes


def _manifest_url(link: str) -> str:
    """From the link that a person gets to the document of the export. Raises CallFailed."""
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.fragment.startswith("/exports/"):
        raise CallFailed(f"{link} is not the link of an export")
    first, dot, rest = parts.netloc.partition(".")
    host = rest if first == "settings" else f"{first.removesuffix('-settings')}{dot}{rest}"
    return urlunsplit((parts.scheme, host, f"/move{parts.fragment}", "", ""))


def _export(url: str) -> list[str]:
    """The cursors of an export that is done. Raises CallFailed."""
    answer = call("GET", url)
    if answer.status != 200:
        raise CallFailed(f"GET {url} was answered {answer.status}: {answer.body[:500]!r}")
    data = answer.json()["data"]
    attributes = data["attributes"]
    if data["type"] != "io.cozy.exports" or attributes["state"] != "done":
        raise CallFailed(f"The export is {attributes['state']!r}: {attributes['error']!r}")
    return [str(cursor) for cursor in attributes["parts_cursors"] or []]


def import_from(cozy: Cozy, link: str) -> None:
    """The job. What the account had is erased first; then all parts are read, and the source is told, once."""
    cozy.used_to_be, cozy.account = cozy.account, CozyAccount.empty()
    reading = ArchiveReading(cozy.account)
    try:
        if cozy.troubles.import_fails:
            raise NotLikeACozy("This server can't import anything today")
        url = _manifest_url(link)
        cursors = ["", *_export(url)]
        for number, cursor in enumerate(cursors):
            data = url.replace("/move/exports/", "/move/exports/data/", 1)
            path = cozy.folder / f"part-{number}.zip"
            fetch(f"{data}?cursor={quote(cursor, safe='')}" if cursor else data, path)
            reading.part(path, first=number == 0)
            _require_placeable(cozy.account)
    except (CallFailed, NotLikeACozy, BadZipFile, KeyError, ValueError) as failed:
        cozy.failure = f"{type(failed).__name__}: {failed}"
        _tell(cozy, "/move/abort")
        cozy.give_up(cozy.failure)
        return
    cozy.reading = reading
    if cozy.troubles.finalizes:
        cozy.troubles.finalizes.wait(PATIENCE)
    _tell(cozy, "/move/finalize?subdomain=nested")
    cozy.blocked = False
    cozy.moved = True
    cozy.ended.set()


def _require_placeable(account: CozyAccount) -> None:
    """Raises NotLikeACozy for what a Cozy reads, and then can't put anywhere (protocol/move.md)."""
    for identifier, file in account.files.items():
        if account.path(file).startswith("/.cozy_trash/"):
            raise NotLikeACozy(f"{account.path(file)}: Parent directory is in the trash")
        if len(file.document["name"].encode()) > LONGEST_NAME:
            raise NotLikeACozy(f"{account.path(file)}: file name too long")
        if file.versions and len(identifier) < SHORTEST_ID:
            raise NotLikeACozy(f"{identifier} has versions: the worker is dead")


def _tell(cozy: Cozy, path: str) -> None:
    """Tells the source how it went: once, whatever the answer."""
    if not cozy.move_from:
        return
    try:
        cozy.told = call("POST", f"{cozy.move_from['url'].rstrip('/')}{path}", token=cozy.move_from["token"])
    except CallFailed as failed:
        cozy.failure = cozy.failure or str(failed)
