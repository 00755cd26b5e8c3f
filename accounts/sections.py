"""Where a list stands in the operator's side bar: by task, not by table."""

from enum import StrEnum

from django.utils.translation import gettext, gettext_noop


class StaffSection(StrEnum):
    """Set as `section` of a ModelAdmin; without one, it stands among the internals. The order is that of the side
    bar."""

    PEOPLE = gettext_noop("People")
    CAME_IN = gettext_noop("What came in")
    EXPORTS = gettext_noop("Exports")
    IMPORTS = gettext_noop("Imports")
    MOVES = gettext_noop("Moves")
    EXPORTERS = gettext_noop("Exporters")
    SYSTEM = gettext_noop("System")
    INTERNALS = gettext_noop("Internals")

    @property
    def words(self) -> str:
        """What it is called on the page, in the language of whoever reads it."""
        return gettext(self.value)
