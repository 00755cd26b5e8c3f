"""Proof that who brings a code is who had it asked for (RFC 7636), where a wizard wants it: S256 alone."""

import base64
import re
from collections.abc import Mapping
from hashlib import sha256
from secrets import compare_digest

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, section 4.1


class BadChallengeError(Exception):
    """What a wizard sent is no challenge that is taken here."""


def challenge_of(query: Mapping[str, str]) -> str:
    """Returns the challenge of a wizard's query, empty where it sends none.

    Raises BadChallengeError: also where no method is named, which means `plain` (RFC 7636, section 4.3), as that proves
    nothing to who has read the query.
    """
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if challenge is None and method is None:
        return ""
    if challenge is None or method != METHOD or not _CHALLENGE.fullmatch(challenge):
        raise BadChallengeError
    return challenge


def fits(challenge: str, verifier: str | None) -> bool:
    """Whether a verifier is the one of the challenge. Where there was none, none may be sent: somebody has taken the
    challenge away, or brings the code of somebody else (RFC 9700, section 4.8.2)."""
    if not challenge or verifier is None:
        return not challenge and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return compare_digest(digest, challenge)
