"""The languages that people read: on pages, in mails and in archives. Programs are answered in English."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.models import User


def language_of(user: User | None) -> str:
    """Returns the language of somebody who is not looking just now, for mails and archives: the one that they have
    chosen, or that their browser had when they signed up; else the one of this server."""
    language = user.language if user is not None else ""
    return language if language in dict(settings.LANGUAGES) else settings.WHARF_LANGUAGE


def language_asked(request: HttpRequest) -> str:
    """Returns the language that a browser asks for (RFC 9110, section 12.5.4), of those that there are; else the one
    of this server."""
    return language_accepted(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))


def language_accepted(header: str) -> str:
    """Returns the same of an `Accept-Language` alone."""
    for accepted, weight in parse_accept_lang_header(header):
        if accepted == "*":
            break
        if not weight:
            continue  # it is refused
        language = accepted.split("-")[0]
        if language in dict(settings.LANGUAGES):
            return language
    return settings.WHARF_LANGUAGE


@contextmanager
def in_language_of(user: User | None) -> Iterator[None]:
    """Within it, texts are in the language of somebody who is not looking just now."""
    with translation.override(language_of(user)):
        yield
