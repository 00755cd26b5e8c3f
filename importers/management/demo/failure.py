"""Why the demo could not go on."""


class DemoFailed(Exception):
    """A step that did not work. Its text says which and why."""
