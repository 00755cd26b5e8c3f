"""What the audit trail is told of consent and tokens: never a code or a token."""

from accounts.models import Application
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record


def tell_of_consent(kind: AuditKind, person: int, client: Application, scope: str) -> None:
    """Tells what a person, by their key, has allowed a client, or not."""
    client_id = client.client_id
    record(kind, subject=subjects.person(person), cause=client_id, client=client.name, client_id=client_id, scope=scope)


def tell_of_token(kind: AuditKind, person: int, client: Application, scope: str, *, by: str = "") -> None:
    """Tells that a client was given a token of a person; `by`: who asked for it, the client if nothing is said."""
    record(
        kind,
        subject=subjects.person(person),
        actor=by or subjects.exporter(client.pk),
        cause=client.client_id,
        client=client.name,
        client_id=client.client_id,
        scope=scope,
    )
