"""Stored bytes: how they come in, where they lie, whose they are, and how they are read again."""
