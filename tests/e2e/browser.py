"""A real browser: the Chromium of this machine, without a window."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

FLAGS = [
    "--no-sandbox",  # in a container, root has no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Where the browser is; `WHARF_TEST_CHROMIUM` names one that must be there."""
    if named := os.environ.get("WHARF_TEST_CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def page(width: int = 1200, height: int = 900) -> Iterator[Page]:
    """An empty page of a browser of its own, with an error of any script as a failure."""
    executable = chromium()
    assert executable
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            opened = browser.new_context(viewport={"width": width, "height": height}).new_page()
            opened.set_default_timeout(30_000)
            yield opened
        finally:
            browser.close()
