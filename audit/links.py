"""Events become links of chains."""

import secrets
from datetime import datetime
from typing import Any

from audit.acting import Actor
from audit.hashes import detail_digest, event_hash, text_of
from audit.models import AuditChain, AuditDetail, AuditEvent


def append(kind: str, *, subject: str, by: Actor, what: dict[str, Any], at: datetime) -> AuditEvent:
    """Adds one event to the chain of `subject`, which is locked to the end of the transaction. Returns it."""
    chain = _locked(subject)
    details = [
        _detail(AuditDetail.Part.WHAT, subject, what, at),
        _detail(AuditDetail.Part.WHO, by.name, by.known, at),
    ]
    what_digest, who_digest = (detail_digest(bytes(detail.salt), detail.text) if detail else b"" for detail in details)
    number = chain.length + 1
    event = AuditEvent(
        chain=chain, number=number, at=at, kind=str(kind), actor=by.name, what=what_digest, who=who_digest
    )
    event.hash = event_hash(subject, number, at, event.kind, by.name, what_digest, who_digest, bytes(chain.head))
    event.save(force_insert=True)
    known = [detail for detail in details if detail]
    for detail in known:
        detail.event = event
    if known:
        AuditDetail.objects.bulk_create(known)
    AuditChain.objects.filter(pk=chain.pk).update(length=number, head=event.hash)
    return event


def _locked(subject: str) -> AuditChain:
    chains = AuditChain.objects.select_for_update()
    if (chain := chains.filter(subject=subject).first()) is not None:
        return chain
    AuditChain.objects.bulk_create([AuditChain(subject=subject)], ignore_conflicts=True)
    return chains.get(subject=subject)


def _detail(part: AuditDetail.Part, about: str, known: dict[str, Any], at: datetime) -> AuditDetail | None:
    if not known:
        return None
    return AuditDetail(part=part, about=about, at=at, salt=secrets.token_bytes(32), text=text_of(known))
