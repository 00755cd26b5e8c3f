"""What the operator sees of exports and moves."""

from moves.admin import exports, moves

__all__ = ["exports", "moves"]
