"""The pages of exports."""

from django.http import HttpRequest, HttpResponse


def exports(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def revoke(request: HttpRequest, doc_id: str) -> HttpResponse:
    return HttpResponse("")


def export(request: HttpRequest, opaque: str) -> HttpResponse:
    return HttpResponse("")


def progress(request: HttpRequest, opaque: str) -> HttpResponse:
    return HttpResponse("")
