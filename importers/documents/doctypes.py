"""Names of doctypes, and ids that every account has, which more than one side knows."""

FILES = "io.cozy.files"
VERSIONS = "io.cozy.files.versions"
ROOT = "io.cozy.files.root-dir"
TRASH = "io.cozy.files.trash-dir"
TRASH_PATH = "/.cozy_trash"
UNKNOWN_ITEMS = "org.wharf.items"
DERIVED_DIRECTORY = "path"  # `metadata.wharf.kind` of a directory that no record stands behind
