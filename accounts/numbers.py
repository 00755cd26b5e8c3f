"""Numbers, as people write them in the language that is active."""

from django.utils.formats import number_format


def thousands(number: int) -> str:
    """Returns "12,345"; in French its groups have a narrow space between them, as config/formats says."""
    return str(number_format(number, force_grouping=True))
