"""One item of a request: its shape on the wire, and how its record is saved, once."""
