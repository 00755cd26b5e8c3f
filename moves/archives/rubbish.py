"""What operating systems and programs leave in folders, and so in archives, without anybody having put it there."""

# Names of files, in small letters: Finder, Windows Explorer, KDE, cameras.
FILES_OF_SYSTEMS = frozenset(
    (".ds_store", ".localized", "icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory", ".fuse_hidden")
)
# Names of folders: macOS's Archive Utility, volumes of macOS and Windows, Synology.
FOLDERS_OF_SYSTEMS = frozenset(
    (
        "__macosx",
        ".appledouble",
        ".fseventsd",
        ".spotlight-v100",
        ".temporaryitems",
        ".trashes",
        "$recycle.bin",
        "system volume information",
        "@eadir",
    )
)
APPLE_DOUBLE = "._"  # what macOS keeps of a file beside it, where a file system can't (RFC 1740)


def is_rubbish(name: str) -> bool:
    """Whether an entry, by its path in an archive, is nothing that a person has put there."""
    *folders, own = name.rstrip("/").split("/")
    return (
        own.startswith(APPLE_DOUBLE)
        or own.lower() in FILES_OF_SYSTEMS
        or own.lower() in FOLDERS_OF_SYSTEMS
        or any(folder.lower() in FOLDERS_OF_SYSTEMS for folder in folders)
    )
