"""Mails: only to an address that was proven, so many an hour, and with nothing in them that an outsider laid out."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from celery import current_app
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import letters
from accounts.mail import Mail, NoHost, Ours, Posted, one_line, post
from accounts.mailboxes import mailbox_of
from accounts.mails import send_password_changed
from accounts.models import Letter, User
from accounts.tasks import forget_unproven
from tests.support.exporter import Person, run
from tests.support.factors import prove
from tests.support.signing_up import CODE, mailed_code, sign_up, unproven
from tests.support.worker import PASSWORD, browser, hidden_fields, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NEW = {"username": "grace", "email": "grace@example.org", "password": "a nice long one"}
KIND = Mail("A subject", "mail/export_failed.txt")
OTHER = "an entirely different one"


@pytest.fixture(autouse=True)
def working_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The worker's tasks run in the request, which never ends for the database."""
    monkeypatch.setattr("accounts.letters.on_commit", lambda tell: tell())
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


def link(mail: EmailMessage) -> str:
    return re.findall(r"http://127\.0\.0\.1:8000(/\S+)", str(mail.body))[-1]


def send(user: User, error: str = "It failed.") -> Posted:
    return post(user, KIND, {"user": user, "server": Ours("http://127.0.0.1:8000"), "error": error})


def asked_for_code(client: Client, **fields: str) -> Any:
    """One of the forms of the page is sent."""
    token = hidden_fields(client.get("/settings/address"))["csrfmiddlewaretoken"]
    return client.post("/settings/address", {"csrfmiddlewaretoken": token, **fields})


# Only to a proven address


def test_an_address_is_proven_before_anything_else_is_sent_to_it(mailoutbox: list[EmailMessage]) -> None:
    client = browser()
    page = submit(client, "/auth/sign-up", NEW)["Location"]
    grace = User.objects.get()
    assert [mail.subject for mail in mailoutbox] == ["Your code for Wharf"]
    assert "grace" not in mailoutbox[0].body  # the name may be a stranger's text
    assert send(grace) is Posted.UNPROVEN
    assert client.get("/settings/account").status_code == 302
    assert "That is not the code" in submit(client, page, {"code": "BBBB-BBBB"}).content.decode()
    assert not User.objects.get().email_proven
    assert submit(client, page, {"code": mailed_code()})["Location"] == "/"
    assert "From now on we write there" in client.get("/").content.decode()
    assert send(User.objects.get()) is Posted.SENT


def test_a_code_is_sent_three_times_an_hour_at_most(mailoutbox: list[EmailMessage]) -> None:
    ada = unproven(person())
    client = browser(ada)
    answers = [asked_for_code(client, email=ada.email, action_send="yes").status_code for _ in range(5)]
    assert answers == [302] * 3 + [429] * 2
    assert len(mailoutbox) == 3


SPELLINGS = ("Ada", '"ada"', '"\\a\\da"', "ada+1", "a.d.a", "ADA+2", '"a.da"')


def test_a_mailbox_has_one_limit_however_its_address_is_spelled(mailoutbox: list[EmailMessage]) -> None:
    answers = []
    for number, spelled in enumerate(SPELLINGS):
        said = {"username": f"evil{number}", "email": f"{spelled}@Example.org"}
        answers.append(submit(browser(), "/auth/sign-up", NEW | said).status_code)
    assert answers == [302] * 3 + [429] * 4
    assert len(mailoutbox) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@example.org", "ada@ｅｘａｍｐｌｅ.org"),
        ("ada@example.org", "ada@EXAMPLE.org."),
    ],
)
def test_hosts_are_the_same_as_the_dns_has_them(one: str, other: str) -> None:
    assert mailbox_of(one) == mailbox_of(other)
    assert mailbox_of(one) != mailbox_of("grace@example.org")


def test_nobody_has_strangers_written_to_by_way_of_their_own_address(mailoutbox: list[EmailMessage]) -> None:
    client = browser(person())
    prove(client)
    answers = [asked_for_code(client, email=f"s{number}@example.com", action_add="yes") for number in range(12)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429] * 2
    assert len(mailoutbox) == 10


UNWRITABLE = "ada@x\u05e9y.org"  # which runs in both directions, and is no name in the DNS


def test_an_address_that_no_mail_can_be_written_to_is_none(mailoutbox: list[EmailMessage]) -> None:
    answer = submit(browser(), "/auth/sign-up", NEW | {"email": UNWRITABLE})
    assert "Enter a valid email address." in answer.content.decode()
    client = browser(person())
    prove(client)
    token = hidden_fields(client.get("/settings/address"))["csrfmiddlewaretoken"]
    wished = {"csrfmiddlewaretoken": token, "email": UNWRITABLE, "action_add": "yes"}
    assert "Enter a valid email address." in client.post("/settings/address", wished).content.decode()
    assert User.objects.count() == 1
    assert not mailoutbox


def test_a_mail_that_never_can_be_sent_is_given_up_and_stands_in_nobodys_way(
    mailoutbox: list[EmailMessage],
) -> None:
    grace, ada = person("grace"), person()
    EmailAddress.objects.filter(user=grace).update(email=UNWRITABLE)
    User.objects.filter(pk=grace.pk).update(email=UNWRITABLE)
    send_password_changed.send(grace.pk)
    for _ in range(letters.MOST_TRIES - 1):
        assert Letter.objects.exists()
        Letter.objects.update(due_at=timezone.now())
        letters.revive()
    assert not Letter.objects.exists()
    send_password_changed.send(ada.pk)
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]


def test_who_has_an_account_learns_that_somebody_signs_up_with_its_address_and_nobody_else_does(
    mailoutbox: list[EmailMessage],
) -> None:
    person()
    client, other = browser(), browser()
    taken = submit(client, "/auth/sign-up", NEW | {"username": "hopper", "email": "Ada@Example.org"})
    free = submit(other, "/auth/sign-up", NEW)
    assert taken["Location"] == free["Location"] == "/auth/code"
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [
        ("You have an account already", ["ada@example.org"]),
        ("Your code for Wharf", ["grace@example.org"]),
    ]
    pages = [one.get("/auth/code").content.decode() for one in (client, other)]
    shown = [re.sub(r'value="[^"]*"', "", page).replace("ada@", "grace@") for page in pages]
    assert shown[0] == shown[1]
    for one, name in ((client, "hopper"), (other, "grace")):  # nothing is told by what follows either
        assert "That is not the code" in submit(one, "/auth/code", {"code": "BBBB-BBBB"}).content.decode()
        again = submit(browser(), "/auth/sign-up", NEW | {"username": name, "email": "new@example.org"})
        assert "already an account with that name" in again.content.decode()
        User.objects.get(username=name).save()  # as an operator does who gives it a quota
        login = {"username": name, "password": NEW["password"]}
        assert submit(browser(), "/auth/login", login)["Location"] == "/auth/code"
    assert [mail.subject for mail in mailoutbox[2:]] == ["You have an account already", "Your code for Wharf"]


def test_who_proves_an_address_has_it_whoever_began_an_account_with_it_before() -> None:
    submit(browser(), "/auth/sign-up", NEW)
    client = browser(person())
    prove(client)
    page = submit(client, "/settings/address", {"email": NEW["email"], "action_add": ""})["Location"]
    assert f'<a href="{page}">Type it</a>' in client.get("/settings/address").content.decode()
    assert submit(client, page, {"code": mailed_code()})["Location"] == "/settings/account"
    assert [(one.username, one.email) for one in User.objects.all()] == [("ada", NEW["email"])]


def test_where_mails_are_files_the_page_says_where(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.EMAIL_CONFIG = {"EMAIL_FILE_PATH": str(tmp_path)}
    client = browser()
    page = submit(client, "/auth/sign-up", NEW)["Location"]
    assert str(tmp_path) in client.get(page).content.decode()
    (mail,) = tmp_path.iterdir()
    assert submit(client, page, {"code": CODE.findall(mail.read_text())[-1]})["Location"] == "/"


def test_who_mistyped_their_address_begins_again_under_the_same_name() -> None:
    client = browser()
    submit(client, "/auth/sign-up?next=/settings/services", NEW | {"email": "grce@example.org"})
    page = client.get("/auth/code")
    client.post("/auth/sign-up/again?next=/settings/services", hidden_fields(page))
    assert not User.objects.exists()
    assert sign_up(client, NEW).status_code == 302
    assert User.objects.get().email == "grace@example.org"


def test_an_account_that_was_begun_and_never_proven_is_removed_after_days() -> None:
    submit(browser(), "/auth/sign-up", NEW)
    used, made = person(), person("made")
    submit(browser(), "/auth/login", {"username": "ada", "password": PASSWORD})
    unproven(used)
    forget_unproven()
    assert User.objects.count() == 3
    User.objects.update(date_joined=timezone.now() - timedelta(days=4))
    forget_unproven()
    assert set(User.objects.all()) == {used, made}


def test_an_account_that_has_been_in_use_is_shut_by_no_address() -> None:
    unproven(person(last_login=timezone.now()))
    client = browser()
    assert submit(client, "/auth/login", {"username": "ada", "password": PASSWORD})["Location"] == "/"
    assert "Nobody has shown yet that" in client.get("/").content.decode()


def test_who_never_proved_their_address_proves_it_by_the_link_for_a_password(mailoutbox: list[EmailMessage]) -> None:
    unproven(person())
    submit(browser(), "/auth/reset", {"email": "ada@example.org"})
    assert "ada" not in mailoutbox[0].body.partition("http")[0]
    client = browser()
    form = client.get(link(mailoutbox[0]))["Location"]
    submit(client, form, {"new_password1": OTHER, "new_password2": OTHER})
    assert User.objects.get().email_proven


def test_accounts_that_an_operator_makes_count_as_proven() -> None:
    run("create_account", "ada", "--email", "ada@example.org")
    assert User.objects.get().email_proven


def test_a_move_is_not_asked_for_where_nobody_reads_the_mail(server: str, ada: Person) -> None:
    import httpx

    from tests.support.moving import MoveWizard

    unproven(ada.row)
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
        ("peer.example:8443 answered: io.cozy.files/a", "peer.example:8443 answered: io.cozy.files/a"),
        ("log in at peer.example/pay", "log in at peer[.]example/pay"),
        ("at https://peer.example:8443/pay?x", "at https: peer[.]example:8443/pay?x"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_what_an_outsider_wrote_is_one_line_without_links(written: str, shown: str) -> None:
    assert one_line(written, {"peer.example:8443", NoHost("io.cozy.files")}) == shown


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


def test_another_address_counts_once_it_is_proven_and_the_one_before_is_told(mailoutbox: list[EmailMessage]) -> None:
    ada = person()
    client = browser(ada)
    wished = {"email": "New@Example.org", "action_add": "yes"}
    again = submit(client, "/settings/address", wished)["Location"]
    assert again == "/auth/again?next=%2Fsettings%2Faddress"
    page = submit(client, again, {"password": PASSWORD})["Location"]  # and what was asked for is done
    assert page == "/auth/code"
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [("Your code for Wharf", ["new@example.org"])]
    assert (User.objects.get().email, User.objects.get().email_proven) == ("ada@example.org", True)
    assert submit(client, page, {"code": mailed_code()})["Location"] == "/settings/account"
    assert [(one.email, one.primary, one.verified) for one in EmailAddress.objects.all()] == [
        ("new@example.org", True, True)
    ]
    assert User.objects.get().email == "new@example.org"
    assert [(mail.subject, mail.to) for mail in mailoutbox[1:]] == [
        ("Your e-mail address was changed", ["ada@example.org"])
    ]
    assert "new@example.org" not in mailoutbox[1].body


def test_the_address_of_somebody_else_is_nobodys_to_take(mailoutbox: list[EmailMessage]) -> None:
    client = browser(person())
    person("grace")
    submit(client, "/auth/again", {"password": PASSWORD})
    page = submit(client, "/settings/address", {"email": "grace@example.org", "action_add": "yes"})["Location"]
    assert "belongs to another account" in submit(client, page, {"code": mailed_code()}).content.decode()
    assert User.objects.get(username="ada").email == "ada@example.org"


def test_an_address_that_an_operator_sets_is_proven_by_its_person_and_the_one_before_is_told(
    mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: object
) -> None:
    ada = person(last_login=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        ada.email = "new@example.org"
        ada.save()
        ada.first_name = "Ada"
        ada.save()
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [
        ("Your e-mail address was changed", ["ada@example.org"])
    ]
    assert not User.objects.get().email_proven
    client = browser(ada)
    page = asked_for_code(client, email=ada.email, action_send="yes")["Location"]
    submit(client, page, {"code": mailed_code()})
    assert User.objects.get().email_proven
