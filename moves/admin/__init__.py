"""What the operator sees of exports, imports and moves."""

from moves.admin import exports, imports, moves

__all__ = ["exports", "imports", "moves"]
