"""Where the schemas are."""

from django.conf import settings

SCHEMAS = "schemas/"  # below /import


def index_address() -> str:
    """Returns the address of the index of all schemas."""
    return f"{settings.WHARF_BASE_URL}/import/{SCHEMAS}"


def address_of(path: str) -> str:
    """Returns the address of the schema of what is taken at a path below /import."""
    return f"{index_address()}{path}.json"
