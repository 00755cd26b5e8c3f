"""What a server answers, as far as an exporter looks at it."""

import json
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

LONGEST_ANSWER = 64 * 1024  # bytes that are read of one; a page that says more has nothing for us


@dataclass(frozen=True)
class ItemResponse:
    """A status, and the fields of the JSON object in the body, if there is one."""

    status: int
    location: str = ""
    fields: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, response: httpx.Response) -> Self:
        """The answer in a response that is still open. Raises `httpx.RequestError` if it breaks off."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LONGEST_ANSWER:
                break
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested beyond reason
            fields = None
        location = response.headers.get("Location", "")
        return cls(response.status_code, location, fields if isinstance(fields, dict) else {})

    def text(self, name: str) -> str:
        """A field of the body that is a string; empty if it is not there or something else."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    @property
    def error(self) -> str:
        """The `error` code (RFC 6749, section 5.2)."""
        return self.text("error")

    @property
    def description(self) -> str:
        """The `error_description`: the server's sentence for the person."""
        return self.text("error_description")

    @property
    def is_success(self) -> bool:
        """2xx: the item was taken."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """3xx."""
        return 300 <= self.status < 400
