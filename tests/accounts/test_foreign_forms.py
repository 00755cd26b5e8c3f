"""What people are told whose form is not taken for theirs."""

import pytest
from django.test import Client

from accounts.models import User
from tests.support.worker import person

pytestmark = pytest.mark.django_db

PAGE = "/settings/account"


def send(token: bool = True, cookie: bool = True, secure: bool = True, **headers: str) -> str:
    """Returns the page that answers a form."""
    User.objects.filter(username="ada").delete()
    somebody = Client(enforce_csrf_checks=True)
    somebody.force_login(person())
    page = somebody.get(PAGE, secure=secure)
    form = {"csrfmiddlewaretoken": page.context["csrf_token"]} if token else {}
    if not cookie:
        del somebody.cookies["csrftoken"]
    answer = somebody.post(PAGE, form, secure=secure, headers=headers)
    assert answer.status_code == 403
    return answer.content.decode()


def test_who_says_neither_origin_nor_referer_is_told_that_and_of_no_cookie() -> None:
    page = send()
    assert "neither <code>Origin</code> nor <code>Referer</code>" in page
    assert "cookie" not in page
    assert "too long" not in page


def test_who_comes_from_another_site_is_told_that() -> None:
    assert "another address" in send(Origin="https://elsewhere.example")


def test_who_sends_no_cookie_is_told_that() -> None:
    assert "sent no cookie" in send(cookie=False, Origin="https://testserver")


def test_whose_form_has_no_token_is_told_to_load_it_again() -> None:
    assert "open for too long" in send(token=False, Origin="https://testserver")
