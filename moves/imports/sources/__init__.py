"""Where archives come from, and how their bytes are got."""
