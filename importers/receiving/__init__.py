"""`POST /import/<vertical>`: from the request to the record."""
