"""The site in an archive: pages that any browser shows from a disk, written while the archive is made."""
