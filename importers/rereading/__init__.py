"""Records that stand are read again, as items are read today."""
