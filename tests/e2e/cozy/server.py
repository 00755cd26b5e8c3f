"""The server: the whole protocol on one screen."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from tests.e2e.cozy import oauth, source, target
from tests.e2e.cozy.state import Cozy
from tests.e2e.cozy.wire import CozyRefusal, Listener, Reply, Request


def status(cozy: Cozy, request: Request) -> Reply:
    """`GET /status`."""
    healthy = {"cache": "healthy", "couchdb": "healthy", "fs": "healthy", "status": "OK"}
    return Reply.json(200, healthy, "application/json; charset=UTF-8")


def home(cozy: Cozy, request: Request) -> Reply:
    """`GET /`: nobody sees anything of a Cozy who is not logged in, nor while it is shut."""
    if cozy.blocked:
        raise CozyRefusal(503, "This Cozy is blocked")
    return Reply.see_other("/auth/login")


ROUTES: dict[tuple[str, str], Callable[[Cozy, Request], Reply]] = {
    ("GET", "/status"): status,
    ("GET", "/"): home,
    ("GET", "/auth/login"): oauth.log_in_form,
    ("POST", "/auth/login"): oauth.log_in,
    ("POST", "/auth/register"): oauth.register,
    ("GET", "/auth/authorize/move"): oauth.authorize_form,
    ("POST", "/auth/authorize/move"): oauth.authorize,
    ("POST", "/auth/access_token"): oauth.access_token,
    ("GET", "/move/authorize"): source.authorize,
    ("POST", "/move/request"): source.request_move,
    ("GET", "/move/go"): source.go,
    ("POST", "/move/finalize"): source.finalize,
    ("POST", "/move/abort"): source.abort,
    ("POST", "/move/importing"): target.block,
    ("GET", "/move/importing"): target.wait_page,
    ("POST", "/move/imports/precheck"): target.precheck,
    ("POST", "/move/imports"): target.begin,
}


class CozyServer(Cozy):
    """A Cozy that listens, from `with` on."""

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="cozy-")
        self.folder = Path(self._folder.name)
        self._listener = Listener(self.host, self.answer)
        self.port = int(self._listener.server_address[1])
        self.run(lambda _: self._listener.serve_forever(poll_interval=0.05))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        troubles = self.troubles
        for event in (*troubles.hold.values(), troubles.answers_finalize, troubles.finalizes):
            if event:
                event.set()
        self.die()
        for thread in self.threads:
            thread.join(timeout=5)
        self._folder.cleanup()

    def die(self) -> None:
        """From now on nobody is there."""
        self._listener.die()

    def answer(self, request: Request) -> Reply:
        """The answer to one request, which is kept."""
        self.requests.append(request)
        try:
            reply = self._route(request)
        except CozyRefusal as refused:
            reply = Reply.error(refused.status, refused.detail)
        except (ValueError, KeyError, TypeError) as malformed:
            self.complaints.append(f"{request.method} {request.target} is malformed: {malformed!r}")
            reply = Reply.error(400, repr(malformed))
        request.status = reply.status
        return reply

    def _route(self, request: Request) -> Reply:
        if request.path in self.troubles.refuses:
            raise CozyRefusal(self.troubles.refuses[request.path], "This server is in trouble")
        if found := ROUTES.get((request.method, request.path)):
            return found(self, request)
        if self.opaque and request.method == "GET" and request.path == f"/move/exports/data/{self.opaque}":
            return source.part(self, request)
        if self.opaque and request.method == "GET" and request.path == f"/move/exports/{self.opaque}":
            return source.manifest(self, request)
        if request.target.startswith("/.well-known/"):  # anybody may ask for metadata, of which a Cozy has none
            raise CozyRefusal(404, "Not Found")
        self.complaints.append(f"{request.method} {request.target} is nothing that a Cozy has")
        raise CozyRefusal(404, "Not Found")
