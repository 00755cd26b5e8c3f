"""What somebody logs in for, by the page that comes next: whoever follows a link of a mail is not told it otherwise."""

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from accounts.texts import Text

# By the path of what comes next; floors above say theirs
purposes: dict[str, Text] = {
    "/oauth/authorize": _(
        "A service wants to add to your account here. Log in first; then you are asked whether it may."
    ),
}


def purpose_of(address: str | None) -> Text:
    """Returns the sentence for the page that comes next; empty where there is none."""
    return purposes.get(urlsplit(address or "").path.rstrip("/"), "")
