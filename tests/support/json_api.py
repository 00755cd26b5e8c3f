"""Errors of what speaks JSON:API here."""

import httpx

JSON_API = "application/vnd.api+json"


def assert_refused(answer: httpx.Response, status: int, pointer: str = "") -> None:
    """One error in the form of JSON:API, with a title and a sentence; `pointer`: what it points to."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == JSON_API
    [error] = answer.json()["errors"]
    assert error["status"] == str(status)
    assert error["title"]
    assert error["detail"]
    if pointer:
        assert error["source"] == {"pointer": pointer}
