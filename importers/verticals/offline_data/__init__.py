"""OFFLINE-DATA: whatever services have of a person that has no vertical of its own."""
