"""Where it runs: what everything else depends on."""

import contextlib
import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environ import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

WHARF_DATA_DIR = Path(env.str("WHARF_DATA_DIR", default="") or BASE_DIR / "var").resolve()
# It holds mails, and people's lives. So does what holds it, where the first one is a demo's, below var/.
for _folder in (BASE_DIR / "var", WHARF_DATA_DIR):
    if WHARF_DATA_DIR.is_relative_to(_folder):
        _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
# Where exports stand while they are made, and what is not whole yet on its way to S3. It ends with its process.
WHARF_SPOOL_DIR = Path(env.str("WHARF_SPOOL_DIR", default="") or WHARF_DATA_DIR / "spool").resolve()
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
WHARF_BASE_URL = env.str("WHARF_BASE_URL", default=f"http://{HOST}:{PORT}").rstrip("/")


def _parts_of(address: str) -> SplitResult:
    """Raises ImproperlyConfigured for what is no address, or has a host or a port that none can have."""
    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and (parts.hostname or "").encode("idna") and parts.port != 0:
            return parts
    except ValueError:  # of the port, the brackets, or the letters and the lengths of a name (RFC 3490)
        pass
    raise ImproperlyConfigured(f"WHARF_BASE_URL must be an http(s) address, not {address!r}.")


base_address = _parts_of(WHARF_BASE_URL)
PRODUCTION = base_address.scheme == "https"
DEBUG = env.bool("DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment, or, on a laptop, one that is made once and kept in the data folder."""
    if key := os.environ.get("SECRET_KEY", ""):  # as it is: django-environ takes what begins with $ for another's name
        return key
    if PRODUCTION:
        raise ImproperlyConfigured("Set SECRET_KEY: WHARF_BASE_URL is https, so this is a production server.")
    kept = WHARF_DATA_DIR / "secret_key"
    if not kept.exists():
        fresh = WHARF_DATA_DIR / f"secret_key.{get_random_secret_key()[:8].encode().hex()}"
        fresh.touch(mode=0o600)
        fresh.write_text(get_random_secret_key())
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(fresh)  # where another process was first, its key is the one
        fresh.unlink()
    return kept.read_text()


SECRET_KEY = _secret_key()
# Those that it replaced, while they are still good.
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=sorted({base_address.hostname, HOST, "localhost", "127.0.0.1", "[::1]"} - {"0.0.0.0", "::"}),  # noqa: S104 (they are addresses to listen at, not names of a host)
)
CSRF_TRUSTED_ORIGINS = [f"{base_address.scheme}://{base_address.netloc}"]
