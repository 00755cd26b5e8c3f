"""Which documents are never imported, and why (see "Imports" of the move protocol)."""

from accounts.texts import kept_text

SERVERS_OWN = kept_text("They are about the other server, and mean nothing on this one.")
LOGINS = kept_text("They are leave that was given on the other server; it is given anew on this one.")
VAULT_NOTE = kept_text(
    "They are encrypted, and only you have the key: take that vault along by hand, as /move/vault explains."
)

NEVER_IMPORTED = {
    "io.cozy.exports": SERVERS_OWN,
    "io.cozy.jobs": SERVERS_OWN,
    "io.cozy.sessions": LOGINS,
}
FAMILIES = {"io.cozy.oauth.": LOGINS, "com.bitwarden.": VAULT_NOTE}  # by what their doctypes begin with
SETTINGS = "io.cozy.settings"
NEVER_SETTINGS = {"instance": SERVERS_OWN, "bitwarden": VAULT_NOTE, "vault": VAULT_NOTE}


def never_kind(doctype: str) -> str:
    """Returns what the doctype of such a document begins with: those of one family are told of together."""
    return next((family for family in FAMILIES if doctype.startswith(family)), doctype)


def why_never(doctype: str, doc_id: str) -> str:
    """Returns why a document is not imported, in a sentence about all of its doctype; empty where it is."""
    if doctype in NEVER_IMPORTED:
        return NEVER_IMPORTED[doctype]
    if (family := never_kind(doctype)) != doctype:
        return FAMILIES[family]
    if doctype == SETTINGS:
        return NEVER_SETTINGS.get(doc_id.rpartition(".")[2], "")
    return ""
