"""What the operator sees of exports."""

from moves.admin import exports

__all__ = ["exports"]
