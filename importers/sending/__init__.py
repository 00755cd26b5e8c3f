"""An exporter of our own: sends a folder, calendars and posts to any server that speaks the import protocol.

It knows that protocol and nothing else: no model, no database, no setting of the server that it happens to ship with.
"""
