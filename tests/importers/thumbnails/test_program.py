"""What decodes strangers' pictures has GPL parts, and crashes: one program loads it, and the server is not it."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.support.checkout import CHECKOUT

WITH_GPL_PARTS = {"pillow_heif", "av"}
DECODERS = {"PIL", *WITH_GPL_PARTS}
PROGRAM = CHECKOUT / "importers" / "drawing"
SERVER = ("accounts", "importers", "moves", "config")


def named_by(file: Path) -> set[str]:
    """The packages that a file imports, or names as `import_module` would be given them."""
    found: set[str] = set()
    text = file.read_text()
    if not any(name in text for name in ("PIL", "heif", '"av', "'av", " av")):
        return found  # most of them, which need not be read any closer
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names):
                found |= {one.name.partition(".")[0] for one in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.partition(".")[0])
            case ast.Constant(str(said)):
                found.add(said.partition(".")[0])
    return found


def naming(packages: set[str], *folders: str) -> set[Path]:
    """The files of some folders that name some of these, but for those of the program itself."""
    files = {file for folder in folders for file in (CHECKOUT / folder).rglob("*.py") if PROGRAM not in file.parents}
    return {file for file in files if named_by(file) & packages}


def test_only_the_program_that_draws_imports_them() -> None:
    assert naming(DECODERS, *SERVER) == set()
    assert naming(WITH_GPL_PARTS, "bench", "demo") == set()
    assert set().union(*map(named_by, PROGRAM.glob("*.py"))) >= DECODERS, "or this test sees nothing"


def test_neither_the_server_nor_a_worker_has_them_loaded() -> None:
    everything = (
        "import sys, config.asgi, config.celery; config.celery.app.loader.import_default_modules();"
        " from importers.thumbnails import job; import importers.management.commands.thumbnails;"
        f" print(sorted(set(sys.modules) & {DECODERS!r}), 'importers.drawing.pictures' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", everything], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.strip() == "[] False"


def test_the_notice_names_what_has_gpl_parts() -> None:
    notice = (CHECKOUT / "NOTICE").read_text()
    assert all(name in notice for name in ("pillow-heif", "PyAV", "x265", "x264", "GPL", "importers/drawing"))
