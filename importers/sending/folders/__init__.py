"""What of a folder on disk is sent, and as which items."""
