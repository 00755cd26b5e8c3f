"""A page asks another server for what a link leads to, and looks again: no thread of a request waits for the answer."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.texts import in_english
from importers.errors import MISTAKE
from moves.errors import JsonApiRefusal
from moves.imports.requests import begin, precheck
from moves.models import ImportQuestion
from moves.peers import asking
from moves.peers.site import site_of

log = logging.getLogger("wharf.imports")

SHOWN_FOR = timedelta(minutes=10)  # that a refusal stands on the page


def ask(request: HttpRequest, person: User, link: str) -> ImportQuestion | None:
    """Asks, in the place of what was asked before. Returns the question, which may be open; None where the import has
    begun. Raises `NoPlace`."""
    values = {"key": ImportQuestion._meta.get_field("key").get_default(), "link": link, "asked_at": timezone.now()}
    question, _ = ImportQuestion.objects.update_or_create(
        owner=person, defaults={**values, "taken_at": None, "status": 0, "refused": ""}
    )
    _offer(request, question)
    return ImportQuestion.objects.filter(owner=person).first()


def look(request: HttpRequest, person: User) -> ImportQuestion | None:
    """The question of an account, if there is one. Where nobody is at it, it is asked once more."""
    question = ImportQuestion.objects.filter(owner=person).first()
    if question is None:
        return None
    if not question.is_open:
        return question if question.asked_at > timezone.now() - SHOWN_FOR else None
    if question.taken_at is None or question.taken_at < ImportQuestion.abandoned_before():
        _offer(request, question)
        question = ImportQuestion.objects.filter(owner=person).first()
    return question


def withdraw(person: User) -> None:
    """Nobody wants to know any more: no import begins, whatever the answer is."""
    ImportQuestion.objects.filter(owner=person).delete()


def _offer(request: HttpRequest, question: ImportQuestion) -> None:
    owner = question.owner_id
    asking.ask(request, site_of(question.link), lambda: _answer(owner), key=f"import into {owner}")


@in_english()
def _answer(owner: int) -> None:
    """Asks, and begins the import or says why not. What was asked meanwhile, or withdrawn, is left alone."""
    free = Q(taken_at=None) | Q(taken_at__lt=ImportQuestion.abandoned_before())
    found = ImportQuestion.objects.select_related("owner").filter(free, owner=owner, status=0)
    if (question := found.first()) is None:
        return
    mine = ImportQuestion.objects.filter(key=question.key, status=0)
    if not mine.filter(free).update(taken_at=timezone.now()):
        return
    try:
        precheck(question.owner, question.link)
        with transaction.atomic():
            if mine.select_for_update(of=("self",)).exists():
                begin(question.owner, link=question.link, origin="page")
                mine.delete()
    except JsonApiRefusal as refused:
        mine.update(status=refused.status, refused=refused.detail)
    except Exception:
        mine.update(status=500, refused=MISTAKE)
        raise
