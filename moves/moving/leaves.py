"""The leaves that a person has given to wizards, and those that work on."""

from django.db.models import Q

from accounts.models import User
from moves.models import Move, MoveCode
from moves.models.move import State


def end_unused(person: User) -> set[str]:
    """Ends the codes that no move was begun with. Returns the SHA-256 of tokens of moves that run, which the person has
    confirmed, and can stop on their page."""
    MoveCode.objects.filter(owner=person).delete()
    running = Move.objects.filter(~Q(state=State.REQUESTED), owner=person, ended_at=None).exclude(token_checksum="")
    return set(running.values_list("token_checksum", flat=True))
