"""Why the demo could not go on."""


class DemoFailed(Exception):  # noqa: N818 - an outcome; its text is shown as it is
    """A step that did not work. Its text says which and why."""
