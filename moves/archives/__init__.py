"""Archives whose every byte is known before it is read."""
