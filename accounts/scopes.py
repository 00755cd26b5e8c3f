"""What a service may be allowed to do: the scopes of RFC 6749, section 3.3, each with the words a person reads.

Read by the settings, so it imports nothing. Which kinds of data there are the settings say: this floor knows none.
"""

from collections.abc import Iterable, Mapping

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


def scopes(taken: Mapping[str, str], specified: Iterable[str], everything: str) -> dict[str, str]:
    """Returns every scope there is, with its words.

    `taken`: the verticals that this server takes, with what each adds to an account; `everything`: all of these in
    words.
    `specified`: those that the specification names. One that is not taken has a scope, which clients and tokens have,
    and no words: it allows nothing.
    """
    words = {vertical: f"add {taken[vertical]} to your account" if vertical in taken else "" for vertical in specified}
    return {
        IMPORT: f"add data of every kind to your account: {everything}, and what this server learns to take later",
        **{import_scope(vertical): words[vertical] for vertical in sorted({*words, *taken})},
        EXPORTS: "make an archive of everything in your account, and fetch it",
        EXPORT_REQUESTS: "ask for a move of your account to another server, which you confirm by mail",
        IMPORTS: "bring archives of another account into yours",
    }


def import_scopes(table: Iterable[str]) -> list[str]:
    """Returns those of the scopes that let data in; only they are given to a client that no operator has allowed
    more."""
    return [name for name in table if name == IMPORT or name.startswith(f"{IMPORT}:")]


def descriptions(names: list[str], table: Mapping[str, str]) -> list[str]:
    """Returns what the scopes allow, in words, in the order of the table; `import` stands for every `import:...`
    beside it."""
    return [
        words
        for name, words in table.items()
        if name in names and words and not (IMPORT in names and name.startswith(f"{IMPORT}:"))
    ]
