"""`python -m tests.support.bare_drawing MEMORY SECONDS`: the program that draws, without what has GPL parts."""

import sys

for missing in ("pillow_heif", "av"):
    sys.modules[missing] = None  # type: ignore[assignment]  # which makes their import fail

from importers.drawing.__main__ import main  # noqa: E402

if __name__ == "__main__":
    main()
