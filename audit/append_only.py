"""The database itself refuses to change what the trail says, whoever asks it to.

Triggers see to it, on both databases. They are made after every migration, since a table that Django remakes on SQLite
has lost its own, and nobody says so. Who owns the database can take them away: that is seen (`lacking`), and what is
done meanwhile is found by its hash (audit/verification.py).
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import database_triggers
from audit.models import AuditChain, AuditCheckpoint, AuditDetail, AuditEvent

PREFIX = "audit_"
EVENTS, CHAINS = AuditEvent._meta.db_table, AuditChain._meta.db_table
CHECKPOINTS, DETAILS = AuditCheckpoint._meta.db_table, AuditDetail._meta.db_table
GROWS = (
    "NEW.id <> OLD.id OR NEW.subject <> OLD.subject OR NEW.length < OLD.length OR NEW.proved < OLD.proved"
    " OR (NEW.length = OLD.length AND NEW.head <> OLD.head)"
)
# Of PostgreSQL's `tgtype`: for each row, before, and what is done.
EACH_ROW, BEFORE = 1, 2
DONE = {"DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
# SQLite's INSERT OR REPLACE deletes what stands in its way, and says so to no trigger.
IN_ITS_WAY = {
    EVENTS: "id = NEW.id OR (chain_id = NEW.chain_id AND number = NEW.number)",
    CHAINS: "id = NEW.id OR subject = NEW.subject",
    CHECKPOINTS: "id = NEW.id OR number = NEW.number",
    DETAILS: "id = NEW.id OR (event_id = NEW.event_id AND part = NEW.part)",
}


@dataclass(frozen=True)
class RefusingTrigger:
    """Refuses `action` (UPDATE, DELETE, TRUNCATE, INSERT) on a table, `when` a condition holds of a row."""

    table: str
    action: str
    when: str = ""

    @property
    def name(self) -> str:
        said = f"{self.table} {self.action} {self.when}"
        return f"{PREFIX}{self.action.lower()}_{hashlib.sha256(said.encode()).hexdigest()[:12]}"

    def statements(self, vendor: str) -> list[str]:
        """Returns the SQL that makes it."""
        if vendor == "sqlite":
            when = f"WHEN ({self.when})" if self.when else ""
            refuse = f"SELECT RAISE(ABORT, '{self._sentence}');"
            return [f"CREATE TRIGGER {self.name} BEFORE {self.action} ON {self.table} {when} BEGIN {refuse} END"]
        each = "STATEMENT" if self.action == "TRUNCATE" else "ROW"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $${self._body}$$",
            f"CREATE TRIGGER {self.name} BEFORE {self.action} ON {self.table} "
            f"FOR EACH {each} EXECUTE FUNCTION {self.name}()",
        ]

    def made_of(self, vendor: str) -> str:
        """Returns what the database says of it (audit/database_triggers.py) as long as nobody has put another one in
        its place."""
        if vendor == "sqlite":
            return self.statements(vendor)[0]
        kind = BEFORE | DONE[self.action] | (0 if self.action == "TRUNCATE" else EACH_ROW)
        return f"{kind} false {self.name} {self._body}"

    @property
    def _sentence(self) -> str:
        return f"{self.table}: the audit trail is only ever added to"

    @property
    def _body(self) -> str:
        """PostgreSQL keeps a trigger's own condition in words of its own, which can't be compared: it stands here."""
        refuse = f"RAISE EXCEPTION '{self._sentence}' USING ERRCODE = 'restrict_violation';"
        return f" BEGIN IF {self.when} THEN {refuse} END IF; RETURN NEW; END " if self.when else f" BEGIN {refuse} END "


def triggers(vendor: str) -> list[RefusingTrigger]:
    """Returns all that there must be: details may be deleted, chains grow, and nothing else happens to what stands."""
    found = [
        *(RefusingTrigger(table, "UPDATE") for table in (EVENTS, CHECKPOINTS, DETAILS)),
        RefusingTrigger(CHAINS, "UPDATE", GROWS),
        *(RefusingTrigger(table, "DELETE") for table in (EVENTS, CHECKPOINTS, CHAINS)),
    ]
    if vendor == "postgresql":
        return found + [RefusingTrigger(table, "TRUNCATE") for table in (EVENTS, CHECKPOINTS, CHAINS)]
    return found + [
        RefusingTrigger(table, "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {same})")  # noqa: S608 (our own names)
        for table, same in IN_ITS_WAY.items()
    ]


def after_migrations(sender: AppConfig, using: str, **more: Any) -> None:
    """Makes those that are not there."""
    install(connections[using])


def install(database: BaseDatabaseWrapper) -> list[str]:
    """Makes the triggers that are not there, are switched off, or do something else, and takes away those of another
    version. Returns the names of those that were made."""
    tables = set(database.introspection.table_names())
    wanted = {one.name: one for one in triggers(database.vendor) if one.table in tables}
    there, good = database_triggers.installed(database, PREFIX), _as_made(database)
    fresh = [one for name, one in wanted.items() if name not in good]
    with transaction.atomic(using=database.alias):
        for name in there.keys() - (wanted.keys() & good):
            database_triggers.drop(database, name, there[name])
        with database.cursor() as cursor:
            for one in fresh:
                for statement in one.statements(database.vendor):
                    cursor.execute(statement)
    return [one.name for one in fresh]


def lacking(database: BaseDatabaseWrapper) -> list[str]:
    """Returns, in words, what the database does not refuse although it should."""
    good = _as_made(database)
    return [f"{one.action} on {one.table}" for one in triggers(database.vendor) if one.name not in good]


def _as_made(database: BaseDatabaseWrapper) -> set[str]:
    """Returns the names of those that stand as they were made, and are not switched off."""
    made = database_triggers.made_of(database, PREFIX)
    as_made = {one.name for one in triggers(database.vendor) if made.get(one.name) == one.made_of(database.vendor)}
    return as_made - database_triggers.switched_off(database, PREFIX)
