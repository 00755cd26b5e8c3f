"""Files that every site has, as they are."""

from pathlib import Path

STYLE = Path(__file__).parent / "site.css"
SEARCH = Path(__file__).parent / "search.js"
