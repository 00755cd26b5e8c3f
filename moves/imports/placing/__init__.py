"""Documents of an archive become records."""
