"""Answers that send a browser on to another server, after a form of this one, too."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.web_address import WebAddress


def lead_on(request: HttpRequest, redirect: HttpResponse) -> HttpResponse:
    """Returns the redirect; to whoever comes from a page of this server, a page that goes there by itself.

    A browser holds each redirect after a form against the `form-action` of the form's page (Content Security Policy
    Level 3, section 6.4.1). That of the log-in, of its second step or of the code that proves an address can't know
    where what comes next leads: the browser would stop there, with the form still on the screen.
    """
    address = WebAddress.parse(redirect["Location"])
    here = f"{request.scheme}://{request.get_host()}"
    if address is None or address.origin == here or not _may_follow_a_form(request, here):
        return redirect
    words = {"url": redirect["Location"], "host": address.host}
    page = render(request, "accounts/leading_on.html", words)
    for name in ("Cache-Control", "Referrer-Policy"):
        if name in redirect:
            page[name] = redirect[name]
    return page


def _may_follow_a_form(request: HttpRequest, here: str) -> bool:
    """Whether a GET comes from a page of this server. Browsers say so where there is TLS, and else by the address of
    that page."""
    if request.method != "GET":  # whoever answers a form allows what it leads to
        return False
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.headers.get("Referer", "").startswith(f"{here}/")
