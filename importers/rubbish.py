"""What operating systems and programs leave in folders, and so in archives, without anybody having put it there."""

import re

# Names of files, in small letters: Finder, Windows Explorer, KDE, cameras, programs of photos, what keeps in step.
FILES_OF_SYSTEMS = frozenset(
    (".ds_store", ".localized", "icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory", ".fuse_hidden")
    + ("ehthumbs_vista.db", ".apdisk", ".volumeicon.icns", "wpsettings.dat", "indexervolumeguid")
    + ("zbthumbnail.info", ".picasa.ini", "picasa.ini", ".dropbox", ".dropbox.attr")
)
# Names of folders: macOS's Archive Utility, volumes of macOS and Windows, Synology.
FOLDERS_OF_SYSTEMS = frozenset(
    (
        "__macosx",
        ".appledouble",
        ".documentrevisions-v100",
        ".fseventsd",
        ".spotlight-v100",
        ".temporaryitems",
        ".trashes",
        "$recycle.bin",
        "system volume information",
        "@eadir",
    )
)
# Bins, what programs of photos keep, and folders of Linux and Syncthing, which a person may have called so as well.
FOLDERS_OF_BOTH = frozenset(
    ("#recycle", ".recycle", "@recycle", "recycled", "recycler", ".trash")
    + (".thumb", ".thumbnails", ".stfolder", "lost+found")
)
# Bins of users by their numbers (freedesktop.org), what was deleted while it was open (NFS), and what office programs
# keep beside an open document; in small letters.
NAMED_BY_SYSTEMS = re.compile(r"\.trash-\d+|\.nfs[0-9a-f]+|~\$.+|\.~lock\..+#")
APPLE_DOUBLE = "._"  # what macOS keeps of a file beside it, where a file system can't (RFC 1740)


def is_rubbish(name: str) -> bool:
    """Whether a file, by its path in an archive or a folder, is hardly anything that a person has put there."""
    return is_surely_rubbish(name) or not FOLDERS_OF_BOTH.isdisjoint(name.rstrip("/").lower().split("/"))


def is_surely_rubbish(name: str) -> bool:
    """Whether nobody calls a file so, or a folder that it is in: then it may be passed over where it stands among files
    of a person."""
    names = name.rstrip("/").lower().split("/")
    return (
        names[-1].startswith(APPLE_DOUBLE)
        or names[-1] in FILES_OF_SYSTEMS
        or not FOLDERS_OF_SYSTEMS.isdisjoint(names)
        or any(map(NAMED_BY_SYSTEMS.fullmatch, names))
    )
