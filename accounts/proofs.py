"""What proves an address: a token in a link, which only whoever reads the mail there has.

Until then no other mail goes to it: whoever signed up may have named somebody else's. Accounts that an operator made
count as proven. One flag says so, `User.email_proven`, beside the address that it is about.
"""

from datetime import timedelta
from hashlib import sha256

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from accounts.models import User

PROOF_LASTS = timedelta(days=3)

_signer = TimestampSigner(salt="accounts.proofs", sep="~")


def path(user: User) -> str:
    """The path of the link that proves a person's address as it is now."""
    return reverse("prove-address", args=[_signer.sign(f"{user.pk}.{_digest(user.email)}")])


def meant(token: str) -> User | None:
    """The person whose address a token proves, if that is still the address."""
    try:
        pk, _, digest = _signer.unsign(token, max_age=PROOF_LASTS).partition(".")
    except BadSignature:
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    return user if user is not None and _digest(user.email) == digest else None


def _digest(email: str) -> str:
    return sha256(email.lower().encode()).hexdigest()[:32]
