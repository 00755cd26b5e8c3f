"""MAIL: messages, and the folders and labels that they are in."""
