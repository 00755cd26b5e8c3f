"""A process that dies at a moment of its work, as far as the rows of its database can tell."""


class Killed(BaseException):
    """Passes whatever handles errors, as a kill does."""
