"""BLOBS: folders and files."""
