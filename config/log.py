"""What must not stand in a log line."""

import logging


class WithoutAddress(logging.Filter):
    """Takes the address out of what Django logs of a failed request: its path or query may carry a secret.

    The request log has the route, under the same request id.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.request"):
            record.msg, record.args = "a request failed", ()
        if hasattr(record, "request"):
            del record.request
        return True
