"""An archive's entries, read one after the other."""
