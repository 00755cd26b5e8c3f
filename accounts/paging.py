"""Pages over tables of millions of rows."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts at most 10,000 rows: exact for a search, and quick over everything.

    Beyond that the list says how many it shows, and a search or a filter leads further.
    """

    @cached_property
    def count(self) -> int:
        """Number of rows, or 10,000 when there are more."""
        if isinstance(self.object_list, list | tuple):
            return min(len(self.object_list), MOST_COUNTED)
        counted: int = self.object_list.values("pk")[:MOST_COUNTED].count()  # type: ignore[attr-defined]
        return counted
