"""The job that takes archives in."""
