"""What the operator sees of what came in: one file per noun, each of which registers its own.

Those of the verticals are in their folders.
"""

from importers import registry
from importers.admin import bins, content, rejections, revisions, sources, transfers

__all__ = ["bins", "content", "rejections", "revisions", "sources", "transfers"]

registry.modules("admin")
