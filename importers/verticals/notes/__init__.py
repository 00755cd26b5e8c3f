"""NOTES: whatever people have written down."""
