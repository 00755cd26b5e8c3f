"""TASKS: lists of things to do."""
