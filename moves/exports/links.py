"""The opaque identifier of an export: a capability that is signed, expires with the export, and can be revoked.

Whoever holds it may read the export's document and its data without a token. It names the export and the number of the
link; the row says when it expires and which number is good.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from moves.models import Export

_signer = signing.Signer(salt="moves.exports.links", sep=".")
LONGEST_LINK_NAME = 200
TO_PEER = "peer"  # what stands in the identifier that the target of a move is given


def opaque(export: Export, *, to_peer: bool = False) -> str:
    """The identifier that is good now. `to_peer`: the one for the target of a move. Nobody else gets that one, so that
    what is sent by it was sent to that target."""
    return _signer.sign(f"{export.doc_id}-{export.link}" + (f"-{TO_PEER}" if to_peer else ""))


def is_peers(identifier: str) -> bool:
    """Whether an identifier, of which `export_of` has found the export, is the one of a move's target."""
    return _signer.unsign(identifier).endswith(f"-{TO_PEER}")


def export_of(identifier: str) -> Export | None:
    """The export that an identifier gives access to. None if it is forged, revoked or expired, or the export is gone:
    nobody is told which."""
    if len(identifier) > LONGEST_LINK_NAME or not identifier.isascii():
        return None
    try:
        doc_id, number, *_ = _signer.unsign(identifier).split("-")
    except signing.BadSignature:
        return None
    export = Export.objects.select_related("owner").filter(doc_id=doc_id, link=int(number)).first()
    if export is None or export.has_expired or not export.owner.is_active:
        return None
    return export


def page_link(export: Export) -> str:
    """The plain link of the mail."""
    return settings.WHARF_BASE_URL + reverse("export", args=[opaque(export)])


def cozy_link(export: Export, *, to_peer: bool = False) -> str:
    """The link in a Cozy's form, which another server takes to import the export."""
    return f"{settings.WHARF_BASE_URL}/#/exports/{opaque(export, to_peer=to_peer)}"


def data_path(export: Export, cursor: str) -> str:
    """Where a part is fetched."""
    path = reverse("export-data", args=[opaque(export)])
    return f"{path}?cursor={cursor}" if cursor else path
