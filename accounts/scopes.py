"""What a service may be allowed to do: the scopes of RFC 6749, section 3.3, each with the words a person reads.

Read by the settings, so it imports nothing. A scope of a later floor joins the table there.
"""

IMPORT = "import"

VERTICALS = {
    "blobs": "files and folders",
    "calendar": "calendars and events",
    "contacts": "contacts",
    "mail": "e-mail messages and their folders",
    "media": "photos, videos and albums",
    "music": "music, playlists and what you listened to",
    "notes": "notes",
    "offline-data": "other data a service kept about you",
    "photos": "photos and albums",
    "playlists": "playlists",
    "social-posts": "posts",
    "tasks": "tasks and lists",
    "videos": "videos and albums",
}

IMPORT_SCOPES = {
    IMPORT: "add data of every kind to your account: files, photos, videos, posts, calendars, contacts, mail and more",
    **{f"{IMPORT}:{vertical}": f"add {what} to your account" for vertical, what in VERTICALS.items()},
}

# The names that Cozy's move protocol gives them. What a wizard holds for a move is the last two: with them it can ask
# for a move, which the person must confirm by mail, and can't read the account.
EXPORTS = "io.cozy.exports"
EXPORT_REQUESTS = "io.cozy.exports.requests"
IMPORTS = "io.cozy.imports"

# Every scope there is. Only those above are given to a client that has not been allowed more by an operator.
SCOPES = {
    **IMPORT_SCOPES,
    EXPORTS: "make an archive of everything in your account, and fetch it",
    EXPORT_REQUESTS: "ask for a move of your account to another server, which you confirm by mail",
    IMPORTS: "bring archives of another account into yours",
}


# What a wizard that registered itself may have, and nothing else.
MOVE_SCOPES = (EXPORT_REQUESTS, IMPORTS)


def import_scope(vertical: str) -> str:
    """The scope that allows one vertical, such as `import:social-posts`."""
    return f"{IMPORT}:{vertical}"


def descriptions(names: list[str], table: dict[str, str]) -> list[str]:
    """What the scopes allow, in words, in the order of the table; `import` stands for every `import:...` beside it."""
    return [
        words
        for name, words in table.items()
        if name in names and not (IMPORT in names and name.startswith(f"{IMPORT}:"))
    ]
