"""What operators and the periodic task do with what is stored: collection and verification."""
