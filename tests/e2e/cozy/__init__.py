"""A fake Cozy server: what a real one sends and expects when an account moves, on a real socket.

It is written from the protocol's pages alone, and shares no code with the product: what both of them get wrong in the
same way must have been understood in the same way twice.
"""
