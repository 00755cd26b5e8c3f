"""That the server stops. It imports nothing of this project: the server has it before Django is set up."""


class ServerStops(Exception):
    """A body was still coming when the server had to stop."""
