"""Mails: only to an address that was proven, so many an hour, and with nothing in them that an outsider laid out."""

import re
from collections.abc import Iterator

import pytest
from celery import current_app
from django.core.mail import EmailMessage

from accounts.mail import Mail, Ours, Posted, one_line, post
from accounts.models import User
from tests.support.exporter import Person, run
from tests.support.worker import PASSWORD, browser, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NEW = {"username": "grace", "email": "grace@example.org", "password": "a nice long one"}
KIND = Mail("A subject", "mail/export_failed.txt")
OTHER = "an entirely different one"


@pytest.fixture(autouse=True)
def working_at_once() -> Iterator[None]:
    """The worker's tasks run in the request."""
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


def link(mail: EmailMessage) -> str:
    return re.findall(r"http://127\.0\.0\.1:8000(/\S+)", str(mail.body))[-1]


def send(user: User, error: str = "It failed.") -> Posted:
    return post(user, KIND, {"user": user, "server": Ours("http://127.0.0.1:8000"), "export": {"error": error}})


# Only to a proven address


def test_an_address_is_proven_before_anything_else_is_sent_to_it(mailoutbox: list[EmailMessage]) -> None:
    client = browser()
    submit(client, "/auth/sign-up", NEW)
    grace = User.objects.get()
    assert [mail.subject for mail in mailoutbox] == ["Is this your address?"]
    assert "grace" not in mailoutbox[0].body  # the name may be a stranger's text
    assert send(grace) is Posted.UNPROVEN
    submit(browser(), "/auth/reset", {"email": "grace@example.org"})
    assert {mail.subject for mail in mailoutbox} == {"Is this your address?"}
    assert "Open the link in it" in client.get("/").content.decode()
    page = browser().get(link(mailoutbox[0]))  # a program that looks for viruses opens it
    assert not User.objects.get().email_proven
    assert "Is this your address?" in page.content.decode()
    answer = submit(client, link(mailoutbox[0]), {})
    assert answer["Location"] == "/"
    assert "Thank you: your address is proven" in client.get("/").content.decode()
    assert "Open the link in it" not in client.get("/").content.decode()
    assert send(User.objects.get()) is Posted.SENT


def test_a_mail_that_asks_for_a_proof_comes_three_times_an_hour_at_most(mailoutbox: list[EmailMessage]) -> None:
    client = browser()
    submit(client, "/auth/sign-up", NEW)
    for _ in range(5):
        token = str(client.get("/").context["csrf_token"])
        assert client.post("/settings/address/ask", {"csrfmiddlewaretoken": token})["Location"] == "/"
    assert len(mailoutbox) == 3
    assert "No other mail can be sent just now" in client.get("/").content.decode()


@pytest.mark.parametrize("token", ["nonsense", "1.aa~x~y"])
def test_a_link_that_nobody_sent_proves_nothing(token: str) -> None:
    person(email_proven=False)
    answer = browser().get(f"/auth/address/{token}")
    assert answer.status_code == 404
    assert not User.objects.get().email_proven


def test_the_link_of_another_address_proves_nothing(mailoutbox: list[EmailMessage]) -> None:
    submit(browser(), "/auth/sign-up", NEW)
    User.objects.update(email="somebody.else@example.org")
    assert browser().get(link(mailoutbox[0])).status_code == 404


def test_accounts_that_an_operator_makes_count_as_proven() -> None:
    run("create_account", "ada", "--email", "ada@example.org")
    assert User.objects.get().email_proven


def test_a_move_is_not_asked_for_where_nobody_reads_the_mail(server: str, ada: Person) -> None:
    import httpx

    from tests.support.moving import MoveWizard

    User.objects.update(email_proven=False)
    with httpx.Client(base_url=server) as http:
        wizard = MoveWizard(http)
        sent = {"target_url": "https://b.example/", "target_token": "x"}
        answer = wizard.request(code=wizard.source_code(ada), **sent)
    assert answer.status_code == 409
    assert "nobody has shown yet that the address of this account is yours" in answer.text


# So many


def test_no_more_than_so_many_an_hour_and_those_about_safety_still_come(mailoutbox: list[EmailMessage]) -> None:
    ada = person()
    assert [send(ada) for _ in range(17)] == [Posted.SENT] * 15 + [Posted.TOO_MANY] * 2
    assert len(mailoutbox) == 15
    submit(browser(), "/auth/reset", {"email": "ada@example.org"})
    assert mailoutbox[-1].subject == "A new password for Wharf"


def test_a_mail_that_could_not_be_sent_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = person()

    def gone(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr("accounts.mail.send_mail", gone)
        for _ in range(20):
            with pytest.raises(OSError):
                send(ada)
    assert send(ada) is Posted.SENT


# What an outsider wrote


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("x\n\nDear customer,\r\nclick", "x Dear customer, click"),
        ("a\u2028b\u202ec\x00d", "a bc d"),
        ("see https://evil.example/pay?now", "see https: evil[.]example/pay?now"),
        ("HTTPS:////evil.example", "HTTPS: evil[.]example"),
        ("www.evil.example", "www[.]evil[.]example"),
        ("www.evil.com.", "www[.]evil[.]com."),
        ("Log in at bank.com. Now", "Log in at bank[.]com. Now"),
        ("evil.com, (evil.com) evil.com!", "evil[.]com, (evil[.]com) evil[.]com!"),
        ("“evil.com”", "“evil[.]com”"),
        ("...evil.com...", "...evil[.]com..."),
        ("evil.info evil.xyz", "evil[.]info evil[.]xyz"),
        ("https:\u200b//evil.example", "https: evil[.]example"),
        ("http:\\\\evil.example", "http: evil[.]example"),
        ("ev\u00adil.c\u200dom", "evil[.]com"),
        ("evil.\u3164com", "evil[.]com"),
        ("mailto:a@evil.example", "mailto: a at evil[.]example"),
        ("tel:123, javascript:alert(1)", "tel: 123, javascript: alert(1)"),
        ("ｗｗｗ．ｅｖｉｌ．ｃｏｍ", "www[.]evil[.]com"),
        ("ＨＴＴＰ：／／evil", "HTTP: evil"),
        ("a＠evil", "a at evil"),
        ("evil。example evil｡example evil\u2024example", "evil[.]example evil[.]example evil[.]example"),
        ("evil.рф, उदाहरण.परीक्षा, a.xn--p1ai", "evil[.]рф, उदाहरण[.]परीक्षा, a[.]xn--p1ai"),
        ("1.2.3.4/pay", "1[.]2[.]3[.]4/pay"),
        ("evil.zip/pay", "evil[.]zip/pay"),
        ("Look at photos.zip. It has 3.5 GB, e.g. 12:30", "Look at photos.zip. It has 3.5 GB, e.g. 12:30"),
        ("ｗｉｄｅ letters", "ｗｉｄｅ letters"),
        ("evil.com", "evil[.]com"),
        ("evil.zip/x", "evil[.]zip/x"),
        ("help@evil.example", "help at evil[.]example"),
        ("summer.jpg", "summer.jpg"),
        ("My.Folder/summer 1.5.pdf", "My[.]Folder/summer 1.5.pdf"),
        ("peer.example answered", "peer.example answered"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_what_an_outsider_wrote_is_one_line_without_links(written: str, shown: str) -> None:
    assert one_line(written, {"peer.example:8443"}) == shown


def test_a_template_is_given_nothing_else(mailoutbox: list[EmailMessage]) -> None:
    send(person(), "x\n\nDear customer,\npay at https://evil.example/x")
    assert "\nx Dear customer, pay at https: evil[.]example/x\n" in mailoutbox[0].body


# When password or address change


def test_a_mail_tells_of_a_new_password(
    mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: object
) -> None:
    ada = person()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        fields = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
        submit(browser(ada), "/settings/password", fields)
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [("Your password was changed", ["ada@example.org"])]


def test_a_mail_tells_of_another_address_at_the_one_before(
    mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: object
) -> None:
    ada = person()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        ada.email = "new@example.org"
        ada.save()
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [
        ("Your e-mail address was changed", ["ada@example.org"]),
        ("Is this your address?", ["new@example.org"]),
    ]
    assert "new@example.org" not in mailoutbox[0].body
    assert "this address was set for an account" in mailoutbox[1].body
    assert "signed up" not in mailoutbox[1].body
    assert not User.objects.get().email_proven
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        ada.first_name = "Ada"
        ada.save()
    assert len(mailoutbox) == 2
