"""What the trail tells of."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AuditKind(TextChoices):
    """One kind of event: the name that its hash covers, which never changes, and a sentence for people."""

    # Accounts
    ACCOUNT_MADE = "account-made", _("An account was made.")
    LOGGED_IN = "logged-in", _("Somebody logged in.")
    LOGGED_OUT = "logged-out", _("Somebody logged out.")
    PASSWORD_WRONG = "password-wrong", _("A password was wrong.")
    CODE_WRONG = "code-wrong", _("A code was wrong.")
    FACTOR_ADDED = "factor-added", _("A second step was added to the log-in of an account.")
    FACTOR_REMOVED = "factor-removed", _("A second step was taken from the log-in of an account.")
    RECOVERY_CODES_MADE = "recovery-codes-made", _("New recovery codes were made for an account.")
    SESSION_ENDED = "session-ended", _("A person ended sessions of their own.")
    PASSWORD_CHANGED = "password-changed", _("A password was changed.")
    NAME_CHANGED = "name-changed", _("An account was given another name.")
    ADDRESS_CHANGED = "address-changed", _("The e-mail address of an account was changed.")
    ADDRESS_PROVEN = "address-proven", _("A person has proven that an e-mail address is theirs.")
    ACCOUNT_BLOCKED = "account-blocked", _("An account was blocked.")
    ACCOUNT_UNBLOCKED = "account-unblocked", _("An account was unblocked.")
    QUOTA_CHANGED = "quota-changed", _("The quota of an account was changed.")
    RIGHTS_CHANGED = "rights-changed", _("The rights of an account were changed.")
    GROUP_CHANGED = "group-changed", _("The rights of a group, and of all who are in it, were changed.")
    DELETION_ASKED = "deletion-asked", _("It was asked to delete an account later.")
    DELETION_STOPPED = "deletion-stopped", _("The deletion of an account was called off.")
    ACCOUNT_DELETED = "account-deleted", _("An account was deleted, with everything in it.")

    # Services
    EXPORTER_MADE = "exporter-made", _("An exporter was registered.")
    EXPORTER_CHANGED = "exporter-changed", _("The name of an exporter, its addresses or what it may do were changed.")
    EXPORTER_DELETED = "exporter-deleted", _("An exporter was deleted.")
    EXPORTER_SUSPENDED = "exporter-suspended", _("Nothing that an exporter sends is taken for a while.")
    EXPORTER_RESUMED = "exporter-resumed", _("What an exporter sends is taken again.")
    EXPORTER_REVOKED = "exporter-revoked", _("What an exporter might do for everybody was ended.")
    SECRET_CHANGED = "secret-changed", _("An exporter was given a new secret.")
    SECRET_ENDED = "secret-ended", _("The secret before the newest one of an exporter was ended.")
    CLIENT_REGISTERED = "client-registered", _("Clients that nobody here knows have registered themselves.")
    CONSENT_GIVEN = "consent-given", _("A person allowed a service to act for them.")
    CONSENT_REFUSED = "consent-refused", _("A person did not allow a service to act for them.")
    TOKEN_GIVEN = "token-given", _("A service was given a token.")
    TOKEN_REFRESHED = "token-refreshed", _("A service was given a fresh token.")
    CONNECTION_ENDED = "connection-ended", _("What a service might do for a person was ended.")

    # What comes in
    TRANSFER_BEGUN = "transfer-begun", _("An exporter has begun a transfer.")
    TRANSFER_OVER = "transfer-over", _("Nothing of a transfer has come for an hour: it counts as over.")
    ITEM_REFUSED = "item-refused", _("Items were refused.")
    THROWN_AWAY = "thrown-away", _("Records were thrown away.")
    RESTORED = "restored", _("Records were taken out of the bin.")
    BIN_EMPTIED = "bin-emptied", _("Records were deleted out of the bin for good.")

    # What goes out and across
    EXPORT_STEP = "export-step", _("An export has come a step further.")
    EXPORT_FETCHED = "export-fetched", _("A part of an export was fetched.")
    FORMAT_FETCHED = "format-fetched", _("One kind of data was fetched in a standard format.")
    IMPORT_STEP = "import-step", _("An import has come a step further.")
    MOVE_STEP = "move-step", _("A move has come a step further.")

    # The operator
    STAFF_ADDED = "staff-added", _("An operator has added something.")
    STAFF_CHANGED = "staff-changed", _("An operator has changed something.")
    STAFF_DELETED = "staff-deleted", _("An operator has deleted something.")
    STAFF_ACTED = "staff-acted", _("An operator has acted.")
    STAFF_FETCHED = "staff-fetched", _("An operator has fetched what somebody sent.")
    BACKUP_MADE = "backup-made", _("A backup was made.")
    BACKUP_RESTORED = "backup-restored", _("This installation was made anew from a backup.")


# What outsiders, exporters and people can repeat at will: one event for each subject, cause and minute, which says how
# often.
COUNTED = frozenset(
    {
        AuditKind.LOGGED_IN,
        AuditKind.LOGGED_OUT,
        AuditKind.PASSWORD_WRONG,
        AuditKind.CODE_WRONG,
        AuditKind.CLIENT_REGISTERED,
        AuditKind.CONSENT_REFUSED,
        AuditKind.TOKEN_REFRESHED,
        AuditKind.ITEM_REFUSED,
        AuditKind.THROWN_AWAY,
        AuditKind.RESTORED,
        AuditKind.EXPORT_FETCHED,
        AuditKind.FORMAT_FETCHED,
        AuditKind.STAFF_FETCHED,
    }
)

# Which details may be the name of something that somebody has here: a file, a folder, an album.
NAMING: dict[str, str] = {
    AuditKind.THROWN_AWAY: "what",
    AuditKind.RESTORED: "what",
    AuditKind.BIN_EMPTIED: "what",
    AuditKind.FORMAT_FETCHED: "name",
}


def sentence_of(kind: str) -> str:
    """Returns what a kind of event means. One that this version does not know is called by its name."""
    return str(AuditKind(kind).label) if kind in AuditKind.values else kind
