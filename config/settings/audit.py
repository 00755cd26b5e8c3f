"""The audit trail: how long details are kept, by what checkpoints are signed, and where copies of them go."""

from config.settings.place import env

WHARF_AUDIT_KEEP_DAYS = env.int("WHARF_AUDIT_KEEP_DAYS", default=365)  # of details; hashes stay. 0: for ever
WHARF_AUDIT_KEY = env.str("WHARF_AUDIT_KEY", default="")  # 32 bytes in Base64; none: below the data folder
WHARF_AUDIT_FORMER_KEYS = env.list("WHARF_AUDIT_FORMER_KEYS", default=[])  # public ones, whose signatures still count
WHARF_AUDIT_PRINT = env.bool("WHARF_AUDIT_PRINT", default=False)  # checkpoints as lines of the worker's log
WHARF_AUDIT_MAIL = env.str("WHARF_AUDIT_MAIL", default="")  # an address that they are mailed to
WHARF_AUDIT_POST = env.str("WHARF_AUDIT_POST", default="")  # one that they are posted to
