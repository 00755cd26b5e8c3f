"""The keys of an installation: in a backup only where its operator wants them there."""

import hmac
import os
from pathlib import Path
from typing import Any

from django.conf import settings

from audit import keys

KEPT = "secret_key"  # below the data folder, where the environment has none
IN_FILES = (KEPT, "audit_key")  # those that an installation has made by itself


def secrets_of_this_installation() -> dict[str, Any]:
    """Returns them as they are, for a file that nobody else may read."""
    files = {name: path.read_text() for name in IN_FILES if (path := _file(name)).exists()}
    return {"SECRET_KEY": settings.SECRET_KEY, "SECRET_KEY_FALLBACKS": settings.SECRET_KEY_FALLBACKS, "files": files}


def audit_keys() -> list[str]:
    """Returns the public keys whose signatures count in the audit trail, as settings have them."""
    return [keys.base64_of(key) for key in keys.known_keys().values()]


def unknown_audit_keys(of_backup: list[str]) -> list[str]:
    """Returns a sentence where the trail of a backup was signed with a key that is not known here."""
    lacking = set(of_backup) - set(audit_keys())
    if not lacking:
        return []
    return [
        "The audit trail was signed with another key. See that it is the one that you know (verify_audit --key tells it"
        f" at the original), then set WHARF_AUDIT_FORMER_KEYS={','.join(sorted(lacking))}"
    ]


def fingerprint() -> str:
    """Returns what tells `SECRET_KEY` from others, and of which it can't be made."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"wharf backup", "sha256").hex()[:16]


def put_back(secrets: dict[str, Any], as_new: bool) -> list[str]:
    """Writes the keys of a backup into the data folder; into that of a copy, not the one that signs the audit trail.
    Returns the sentences that tell what else must be done."""
    files = {name: text for name, text in secrets["files"].items() if not as_new or name == KEPT}
    if "SECRET_KEY" not in os.environ:
        files = files | {KEPT: secrets["SECRET_KEY"]}
    for name, text in files.items():
        path = _file(name)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(str(text))
    if "SECRET_KEY" in os.environ and secrets["SECRET_KEY"] != settings.SECRET_KEY:
        return ["SECRET_KEY of the environment is not the one of the backup: take that from its secrets.json."]
    return []


def _file(name: str) -> Path:
    return Path(settings.WHARF_DATA_DIR) / name
