"""The mails about an account."""

import logging

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.letters import letter
from accounts.mail import Mail, Ours, post
from accounts.models import User

log = logging.getLogger("wharf.accounts")

RESET = "account_reset_password"  # the page that asks for a link

PASSWORD_RESET = Mail(_("A new password for Wharf"), "mail/password_reset.txt", urgent=True, proves=True)
PASSWORD_CHANGED = Mail(_("Your password was changed"), "mail/password_changed.txt", urgent=True)
ADDRESS_CHANGED = Mail(_("Your e-mail address was changed"), "mail/address_changed.txt", urgent=True)
PROVE_ADDRESS = Mail(_("Your code for Wharf"), "mail/prove_address.txt", urgent=True, proves=True)
ACCOUNT_EXISTS = Mail(_("You have an account already"), "mail/account_exists.txt", urgent=True, proves=True)
FACTOR_CHANGED = Mail(_("The second step of your log-in was changed"), "mail/factor_changed.txt", urgent=True)


@letter
def send_password_reset(email: str) -> None:
    """Sends a link that sets a new password, if the address is an account's.

    The link has this server's own address in it, never one that a request claimed. Where the address is not proven yet,
    whoever opens the link and sets a password proves it.
    """
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None:
        return
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    path = reverse("account_reset_password_from_key", kwargs=key)
    words = {
        "user": user,
        "link": Ours(settings.WHARF_BASE_URL + path),
        "server": Ours(settings.WHARF_BASE_URL),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    log.info("A password reset for account %s: %s", user.pk, post(user, PASSWORD_RESET, words).value)


@letter
def send_code(pk: int, email: str, code: str, signs_up: bool) -> None:
    """Sends the code that proves an address, which is not the account's yet where that stood before."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        return
    words = {"code": Ours(code), "server": Ours(settings.WHARF_BASE_URL), "signs_up": signs_up}
    log.info("A code for an address of account %s: %s", pk, post(user, PROVE_ADDRESS, words, to=email).value)


@letter
def send_account_exists(email: str) -> None:
    """Tells whoever has an account that somebody wants to make another one with its address, which may be whoever did
    not finish to sign up with it."""
    if user := User.objects.filter(email=email.lower(), is_active=True).first():
        link, server = Ours(settings.WHARF_BASE_URL + reverse(RESET)), Ours(settings.WHARF_BASE_URL)
        post(user, ACCOUNT_EXISTS, {"link": link, "server": server})


@letter
def send_factor_changed(pk: int, what: str, address: str) -> None:
    """Tells a person that the second step of their log-in was changed, and from where."""
    if user := User.objects.filter(pk=pk).first():
        words = {
            "user": user,
            "what": what,
            "address": Ours(address),
            "link": Ours(settings.WHARF_BASE_URL + reverse("mfa_index")),
            "server": Ours(settings.WHARF_BASE_URL),
        }
        post(user, FACTOR_CHANGED, words)


@letter
def send_password_changed(pk: int) -> None:
    """Tells a person that the password has changed."""
    if user := User.objects.filter(pk=pk).first():
        words = {
            "user": user,
            "link": Ours(settings.WHARF_BASE_URL + reverse(RESET)),
            "server": Ours(settings.WHARF_BASE_URL),
        }
        post(user, PASSWORD_CHANGED, words)


@letter
def send_address_changed(pk: int, former: str) -> None:
    """Tells a person at the former address, which was proven, that there is another one."""
    if user := User.objects.filter(pk=pk).first():
        name, _, host = user.email.partition("@")
        words = {"user": user, "address": f"{name[:1]}… at {host}", "server": Ours(settings.WHARF_BASE_URL)}
        post(user, ADDRESS_CHANGED, words, to=former)
