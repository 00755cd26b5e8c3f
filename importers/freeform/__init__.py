"""What verticals share whose paths take any JSON object, and any file with it, and keep both whole."""
