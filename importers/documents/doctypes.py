"""Names of doctypes, and ids that every account has, which more than one side knows."""

FILES = "io.cozy.files"
VERSIONS = "io.cozy.files.versions"
ROOT = "io.cozy.files.root-dir"
TRASH = "io.cozy.files.trash-dir"
TRASH_PATH = "/.cozy_trash"
BIN_NAME = (
    "Trash from "  # begins the name of the folder that the bin leaves as, where a server takes nothing in its own
)
UNKNOWN_ITEMS = "org.wharf.items"
DERIVED_DIRECTORY = "path"  # `metadata.wharf.kind` of a directory that no record stands behind
