"""A body that the server has read to its end before a view has it.

It imports nothing of this project: the server has it before Django is set up.
"""

import io


class WholeBody(io.BytesIO):
    """A body whose last byte is there. `size` in bytes."""

    @property
    def size(self) -> int:
        return self.getbuffer().nbytes
