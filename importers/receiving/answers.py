"""Refusals and faults as answers, in the form of RFC 6749, section 5.2."""

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from importers.errors import Refusal, as_refusal, log, server_error
from importers.stopping import ServerStops


def exception_handler(error: Exception, context: dict[str, object]) -> Response | None:
    """Returns what an exception of a view below /import is answered, whatever it is."""
    set_rollback()
    if (known := as_refusal(error)) is not None:
        refusal = known
        if known is not error and known.code == "destination_full":
            log.critical("The disk is full: no item is taken until there is room. Add some.", exc_info=error)
        elif known.status == 503 and not isinstance(error, ServerStops):  # what clients can cause is a line
            log.error("%s" if known is error else "%s (%s)", *((known,) if known is error else (known, error)))
    elif isinstance(error, exceptions.APIException):
        refusal = Refusal(error.status_code, str(error.get_codes()), str(error.detail))
    else:
        log.error("an item could not be taken", exc_info=error)
        refusal = server_error()
    return Response(
        {"error": refusal.code, "error_description": refusal.description},
        status=refusal.status,
        headers=dict(refusal.headers),
    )
