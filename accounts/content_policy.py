"""Where the forms of a page may lead, beyond this server."""

from typing import TypeVar

from django.http.response import HttpResponseBase

from accounts.web_address import WebAddress

Response = TypeVar("Response", bound=HttpResponseBase)


def allow_form_action(response: Response, url: str) -> Response:
    """Returns the response, whose form may lead to the origin of `url`, or be answered with a redirect to there.

    A browser checks both against `form-action` (Content Security Policy Level 3, section 6.4.1). An address that can't
    be read allows nothing more.
    """
    if address := WebAddress.parse(url):
        # What django-csp's decorators set, which take only what is known before the request.
        response._csp_update = {"form-action": [address.policy_source]}  # type: ignore[attr-defined]
    return response
