"""What a service may be allowed to do: the scopes of RFC 6749, section 3.3, each with the words a person reads.

Read by the settings, so it imports only what puts words into a language. Which kinds of data there are the settings
say: this floor knows none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.texts import Text

IMPORT = "import"

# The names that Cozy's move protocol gives them. A wizard holds one of the last two for each side of a move: the first
# for leaving, with which it can ask for a move that the person must confirm by mail, the second for arriving. Neither
# does the other's work, and none can read the account.
EXPORTS = "io.cozy.exports"
EXPORT_REQUESTS = "io.cozy.exports.requests"
IMPORTS = "io.cozy.imports"


def import_scope(vertical: str) -> str:
    """Returns the scope that allows one vertical, such as `import:social-posts`."""
    return f"{IMPORT}:{vertical}"


def scopes(taken: "Mapping[str, Text]", specified: Iterable[str], kinds: "Sequence[Text]") -> "dict[str, Text]":
    """Returns every scope there is, with its words.

    `taken`: the verticals that this server takes, with what each may do, in words; `kinds`: what all of them together
    add to an account.
    `specified`: those that the specification names. One that is not taken has a scope, which clients and tokens have,
    and no words: it allows nothing.
    """
    words = {vertical: taken.get(vertical, "") for vertical in specified}
    everything = _("add data of every kind to your account: {kinds}, and what this server learns to take later")
    return {
        IMPORT: format_lazy(everything, kinds=_listed(kinds)),
        **{import_scope(vertical): words[vertical] for vertical in sorted({*words, *taken})},
        EXPORTS: _("make an archive of everything in your account, and fetch it"),
        EXPORT_REQUESTS: _("ask for a move of your account to another server, which you confirm by mail"),
        IMPORTS: _("bring archives of another account into yours"),
    }


def _join(kinds: "Sequence[Text]") -> str:
    return gettext("; ").join(str(kind) for kind in kinds)


_listed = lazy(_join, str)


def granting(table: "Mapping[str, Text]") -> list[str]:
    """Returns those that allow something: not those of verticals that are not taken."""
    return [name for name, words in table.items() if words]


def import_scopes(table: Iterable[str]) -> list[str]:
    """Returns those of the scopes that let data in; only they are given to a client that no operator has allowed
    more."""
    return [name for name in table if name == IMPORT or name.startswith(f"{IMPORT}:")]


def descriptions(names: list[str], table: "Mapping[str, Text]") -> list[str]:
    """Returns what the scopes allow, in words, in the order of the table; `import` stands for every `import:...`
    beside it."""
    return [
        str(words)
        for name, words in table.items()
        if name in names and words and not (IMPORT in names and name.startswith(f"{IMPORT}:"))
    ]
