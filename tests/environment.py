"""The suite's environment, set before the settings are read (pytest loads this first: see pyproject.toml).

It has a data folder of its own, so that no test touches what a person keeps in `var/`.
"""

import atexit
import os
import tempfile
from pathlib import Path

_folder = tempfile.TemporaryDirectory(prefix="wharf-tests-")
atexit.register(_folder.cleanup)
(Path(_folder.name) / "static").mkdir()
os.environ["WHARF_DATA_DIR"] = _folder.name
os.environ["WHARF_BASE_URL"] = "http://127.0.0.1:8000"
os.environ["LOG_LEVEL"] = "CRITICAL"
os.environ["WHARF_UPLOADS_AT_ONCE"] = "40"  # fewer than tests let stall
for name in ("EMAIL_URL", "SECRET_KEY", "ALLOWED_HOSTS", "HOST", "PORT"):
    os.environ.pop(name, None)
