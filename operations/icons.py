"""Yes and no in the operator's lists and pages. Django draws them, and has them read out as `True` and `False`,
whatever anybody's language is."""

from django.contrib.admin.templatetags import admin_list
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext


def icon(value: bool | None) -> SafeString:
    """Returns the symbol of yes, of no, or of what nobody knows, with a word of the reader's language."""
    words: dict[bool | None, tuple[str, str]] = {True: ("yes", gettext("yes")), False: ("no", gettext("no"))}
    drawn, word = words.get(value, ("unknown", gettext("not known")))
    return format_html('<img src="{}" alt="{}">', static(f"admin/img/icon-{drawn}.svg"), word)


def put_into_words() -> None:
    """Lets Django use it wherever it has drawn its own: all of its pages ask this one function."""
    admin_list._boolean_icon = icon  # type: ignore[attr-defined]  # the stubs leave out what is its own
