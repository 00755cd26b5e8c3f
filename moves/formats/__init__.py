"""Standard formats, taken out one by one: by a command, and by people from a page."""
