"""Backups of an installation, and what comes back of them."""
