"""With what something was fetched, as people call it."""

from django.utils.translation import gettext

LONGEST_NAME = 60  # characters of what a program says of itself


def called(agent: str) -> str:
    """Returns "Firefox on Windows" of a User-Agent (RFC 9110, section 10.1.5); of a program that is no browser, what
    it calls itself."""
    from ua_parser import parse  # its patterns take a third of a second and some memory, for this page alone

    found = parse(agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    if browser:
        return browser
    name = agent.partition("/")[0].partition(" ")[0][:LONGEST_NAME]
    return name or gettext("a program that doesn’t say its name")
