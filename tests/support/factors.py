"""An app that shows codes, as people have it on their phones (RFC 6238), told by another library than the server's."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import struct
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models import User
from tests.support.worker import PASSWORD, submit

APP = "/settings/second/app"


class CodeApp:
    """Shows the codes of a secret; never one twice, since each is good once."""

    def __init__(self, secret: str) -> None:
        self.key = base64.b32decode(secret)
        self.last = 0

    def code(self) -> str:
        """The next code that has not been shown yet, of those that are good now."""
        now = int(time.time()) // 30
        self.last = max(self.last + 1, now)
        assert self.last <= now + 1, "all codes that are good now were shown"
        digest = hmac.new(self.key, struct.pack(">Q", self.last), hashlib.sha1).digest()
        start = digest[-1] & 15
        number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
        return f"{number % 10**6:06}"


def passkey() -> dict[str, Any]:
    """What a browser has said of a new passkey that opens an account by itself (Web Authentication, section 5.1)."""
    name = secrets.token_bytes(16)
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())  # type: ignore[no-untyped-call]
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    held = AttestedCredentialData.create(bytes(16), name, key)
    device = AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), flags, 0, held)
    about = json.dumps({"type": "webauthn.create", "challenge": "", "origin": "http://localhost"}).encode()
    return {
        "type": "public-key",
        "id": websafe_encode(name),
        "rawId": websafe_encode(name),
        "response": {
            "clientDataJSON": websafe_encode(about),
            "attestationObject": websafe_encode(AttestationObject.create("none", device, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }


def prove(client: Client) -> None:
    """Types the password again."""
    assert submit(client, "/auth/again", {"password": PASSWORD}).status_code == 302


def record_shown(session: SessionBase, person: User) -> None:
    """As if somebody had just shown who they are, for who has no password."""
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)


def set_up_app(client: Client) -> CodeApp:
    """Sets up an app for whoever is logged in."""
    prove(client)
    page = client.get(APP).content.decode()
    found = re.search(r"<code class=\"name\">([A-Z2-7]{32})</code>", page)
    assert found, page
    app = CodeApp(found[1])
    answer = _send(client, {"code": app.code()})
    assert answer["Location"] == "/settings/second/codes", answer.content
    return app


def recovery_codes(client: Client) -> list[str]:
    """Those that the page shows."""
    return re.findall(r"<li><code>(\d{8})</code></li>", client.get("/settings/second/codes").content.decode())


def _send(client: Client, fields: dict[str, str]) -> Any:
    """Without opening the page again, which would make another secret."""
    token = client.cookies["csrftoken"].value
    return client.post(APP, {"csrfmiddlewaretoken": token, **fields})
