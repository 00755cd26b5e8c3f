"""Searching tables of millions of rows: exact things through an index, words among the newest rows only."""

from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import User
from importers.digests import digest
from importers.models import Record

NEWEST_SEARCHED = 10_000  # rows among which words are looked for
MOST_FOUND = 500


def person_named(text: str) -> User | None:
    """The person of exactly this name or e-mail address, in any case."""
    column = "email" if "@" in text else "username"
    return User.objects.alias(lowered=Lower(column)).filter(lowered=text.lower()).first()


def people_named(text: str) -> list[int]:
    """The keys of the person of exactly this name or address, or else of those in whose name or address it is, the
    first 500 of them."""
    if (person := person_named(text)) is not None:
        return [person.pk]
    like = User.objects.filter(Q(username__icontains=text) | Q(email__icontains=text))
    return list(like.values_list("pk", flat=True)[:MOST_FOUND])


def person_at_start(text: str) -> tuple[User | None, str]:
    """The person whom the first word names, if it names one, and the rest of the text."""
    first, _, rest = text.strip().partition(" ")
    person = person_named(first) if first else None
    return (person, rest.strip()) if person else (None, text.strip())


def records(rows: QuerySet[Any], text: str, columns: tuple[str, ...]) -> QuerySet[Any]:
    """Records that a search means: `NAME`, `NAME words`, or `words`.

    With a person, the rest is a document id or an identifier of the exporter's, exactly, or else words. Words are
    looked for in `columns` of the newest 10,000 rows of the list.
    """
    person, rest = person_at_start(text)
    if person is not None:
        rows = of_person(rows, person)
        exact = _exact(rows.model, person, rest) if rest else []
        if exact:
            return rows.filter(pk__in=exact)
    return with_words(rows, rest, columns)


def of_person(rows: QuerySet[Any], person: User) -> QuerySet[Any]:
    """A person's records, in the order of the index that finds them: ids begin with the time they were made."""
    return rows.filter(owner=person).order_by("-doc_id", "-pk")


def with_words(rows: QuerySet[Any], text: str, columns: tuple[str, ...]) -> QuerySet[Any]:
    """Those of the newest 10,000 rows that have all words, each in any of the columns."""
    words = text.split()
    if not words or not columns:
        return rows if not words else rows.none()
    newest = rows.model._default_manager.filter(pk__in=rows.values("pk")[:NEWEST_SEARCHED])
    conditions = (reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns)) for word in words)
    # Asked for by itself and in no order: otherwise the database may walk the whole table in order and look for them.
    found = list(newest.filter(reduce(and_, conditions)).values_list("pk", flat=True)[:MOST_FOUND])
    return rows.filter(pk__in=found)


def _exact(model: type[Record], person: User, text: str) -> list[int]:
    """Records with this document id, or whose identity is this identifier."""
    mine = model._default_manager.all()
    by_id = mine.filter(owner=person, doc_id=text).values_list("pk", flat=True)[:50]
    by_identifier = mine.filter(source__owner=person, identity=digest(text)).values_list("pk", flat=True)[:50]
    return [*by_id, *by_identifier]
