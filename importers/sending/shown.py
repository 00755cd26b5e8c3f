"""Text from elsewhere (names, what a file holds, what a server says) on a terminal."""

LONGEST_SHOWN = 200  # characters of what a file or a server says


def shown(text: str) -> str:
    """One line: what a terminal would obey instead of print stands there as an escape, such as `\\x1b`."""
    return "".join(mark if mark.isprintable() else _escaped(mark) for mark in text)


def clipped(text: str) -> str:
    """The beginning of a text that may be long, as `shown`."""
    return shown(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "...")


def _escaped(mark: str) -> str:
    return mark.encode("unicode_escape").decode("ascii")
