"""What a log-in goes through besides the password."""

from typing import Any

from allauth.account.internal.userkit import did_user_login
from allauth.account.stages import EmailVerificationStage


class ProofOfAddress(EmailVerificationStage):
    """Whoever signs up proves their address by a code before anything else. An account that has been in use is shut by
    no address: mails don't go there, and its pages ask for the proof."""

    def handle(self) -> tuple[Any, bool]:
        """Returns the way to the page for the code, or None, and whether the log-in goes on afterwards."""
        if did_user_login(self.login.user):
            return None, True
        return super().handle()
