"""The triggers, as each database has them.

SQLite's run for each row that changes, PostgreSQL's once for each statement: a thousand changes of one row in one
transaction would make as many versions of it there. Their names end with a digest of what they say, so that those of
another version of Wharf are known as such.
"""

import hashlib
from dataclasses import dataclass

from importers.counting.counted import CountedModel, counted_models
from importers.models.record import ToDoMark
from importers.models.record_count import RecordCount

PREFIX = "counts_"
COUNTS = RecordCount._meta.db_table
SIZE, MARK, TAKEN = "SIZE", "MARK", "TAKEN"  # the events of what is no count
NUMBERS = ("records", "bytes", "in_bin", "bin_bytes")
NEVER = {"sqlite": "'1970-01-01 00:00:00'", "postgresql": "TIMESTAMPTZ '1970-01-01 00:00:00+00'"}


@dataclass(frozen=True)
class CountTrigger:
    """One trigger. `of`: the columns whose changes it is about, where it changes the row itself on PostgreSQL.
    `statements`: what makes it."""

    counted: CountedModel
    event: str
    body: str
    of: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        digest = hashlib.sha256(self.body.encode()).hexdigest()[:8]
        return f"{PREFIX}{self.counted.kind}_{self.event.lower()}_{digest}"

    def statements(self, vendor: str) -> list[str]:
        """Returns the SQL that makes it."""
        if self.of and vendor == "postgresql":
            return [
                f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {self.body} END $$",
                f"CREATE TRIGGER {self.name} BEFORE INSERT OR UPDATE OF {', '.join(self.of)} ON {self.counted.table} "
                f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
            ]
        if vendor == "sqlite":
            return [f"CREATE TRIGGER {self.name} {self.body}"]
        tables = " ".join(f"{side} TABLE AS {side.lower()}_rows" for side in _sides(self.event))
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {self.body}; RETURN NULL; END $$",
            f"CREATE TRIGGER {self.name} AFTER {self.event} ON {self.counted.table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {self.name}()",
        ]


def triggers(vendor: str) -> list[CountTrigger]:
    """Returns all that there must be."""
    body = _sqlite if vendor == "sqlite" else _postgresql
    events = ("INSERT", "UPDATE", "DELETE")
    counts = [CountTrigger(counted, event, body(counted, event)) for counted in counted_models() for event in events]
    sizes = [trigger for counted in counted_models() if counted.keeps_size for trigger in _sizes(counted, vendor)]
    marks = [trigger for counted in counted_models() if counted.to_do for trigger in _marks(counted, vendor)]
    taken = [trigger for counted in counted_models() if counted.keeps_taken for trigger in _taken(counted, vendor)]
    return counts + sizes + marks + taken


def taken_anew(counted: CountedModel) -> str:
    """Returns a statement that puts when files were taken where that is known and not there."""
    taken = counted.taken(counted.table)
    return f"UPDATE {counted.table} SET taken_at = {taken} WHERE taken_at IS NULL AND {taken} IS NOT NULL"  # noqa: S608


def sizes_anew(counted: CountedModel, where: str = "") -> str:
    """Returns a statement that puts the sizes of files where they are wrong. `where` begins with AND."""
    size = counted.size(counted.table)
    return f"UPDATE {counted.table} SET size = {size} WHERE size <> {size} {where}"  # noqa: S608 (names of our own)


def marks_anew(counted: CountedModel, mark: ToDoMark) -> str:
    """Returns a statement that marks the rows of which something is to be made, and that have no mark."""
    return f"UPDATE {counted.table} SET {mark.column} = FALSE WHERE {mark.of} <> '' AND {mark.column} IS NULL"  # noqa: S608


def counting(counted: CountedModel, vendor: str, where: str = "") -> str:
    """Returns a query that counts the rows that stand, by person: their key, the kind, and the numbers in the order of
    `NUMBERS`. `where` begins with AND, and calls a row `r`."""
    numbers = ", ".join(_sums(counted, "r", vendor))
    here = counted.is_here("r", NEVER[vendor])
    rows = f"FROM {counted.table} r WHERE {here} {where} GROUP BY r.owner_id"
    return f"SELECT r.owner_id, '{counted.kind}', {numbers} {rows}"


def _sizes(counted: CountedModel, vendor: str) -> list[CountTrigger]:
    """What lists are sorted by stands in the row itself."""
    if vendor == "postgresql":
        return [CountTrigger(counted, SIZE, f"NEW.size := {counted.size('NEW')}; RETURN NEW;", ("content_id",))]
    mine = f"UPDATE {counted.table} SET size = {counted.size('NEW')} WHERE id = NEW.id"  # noqa: S608
    return [
        CountTrigger(counted, f"{SIZE}_{event.split()[0]}", f"AFTER {event} ON {counted.table} BEGIN {mine}; END")
        for event in ("INSERT", "UPDATE OF content_id")
    ]


def _taken(counted: CountedModel, vendor: str) -> list[CountTrigger]:
    """The same of when a file was taken; most files have not been looked at when their row comes."""
    taken = counted.taken("NEW")
    if vendor == "postgresql":
        return [CountTrigger(counted, TAKEN, f"NEW.taken_at := {taken}; RETURN NEW;", ("content_id",))]
    mine = f"UPDATE {counted.table} SET taken_at = {taken} WHERE id = NEW.id"  # noqa: S608
    return [
        CountTrigger(
            counted,
            f"{TAKEN}_{event.split()[0]}",
            f"AFTER {event} ON {counted.table} WHEN {taken} IS NOT NEW.taken_at BEGIN {mine}; END",
        )
        for event in ("INSERT", "UPDATE OF content_id")
    ]


def _marks(counted: CountedModel, vendor: str) -> list[CountTrigger]:
    """What has to be made of a row is marked when it comes, and when that changes which it is made of; also where
    nothing is to be made any more, since then what was made goes."""
    mark = counted.to_do
    if mark is None:
        return []
    comes = f"NEW.{mark.of} <> ''"
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in mark.changes)
    changes = f"({comes} OR OLD.{mark.column} IS NOT NULL) AND ({changed})"
    if vendor == "postgresql":
        marks = f"THEN NEW.{mark.column} := FALSE; END IF;"
        body = f"IF TG_OP = 'INSERT' THEN IF {comes} {marks} ELSE IF {changes} {marks} END IF; RETURN NEW;"
        return [CountTrigger(counted, MARK, body, mark.changes)]
    marks = f"BEGIN UPDATE {counted.table} SET {mark.column} = FALSE WHERE id = NEW.id; END"  # noqa: S608
    events = (("INSERT", comes), (f"UPDATE OF {', '.join(mark.changes)}", changes))
    return [
        CountTrigger(
            counted, f"{MARK}_{event.split()[0]}", f"AFTER {event} ON {counted.table} WHEN {condition} {marks}"
        )
        for event, condition in events
    ]


def _sums(counted: CountedModel, row: str, vendor: str, sign: str = "1") -> list[str]:
    one = f"CASE WHEN {counted.in_bin(row)} THEN {{}} ELSE {{}} END"
    size = counted.size(row)
    summed = [
        one.format("0", sign),
        one.format("0", f"{sign} * {size}"),
        one.format(sign, "0"),
        one.format(f"{sign} * {size}", "0"),
    ]
    whole = "{}" if vendor == "sqlite" else "CAST({} AS bigint)"  # a sum of these is of another type there
    return [whole.format(f"COALESCE(SUM({number}), 0)") for number in summed]


def _sides(event: str) -> tuple[str, ...]:
    return {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]


def _sqlite(counted: CountedModel, event: str) -> str:
    here = {side: counted.is_here(side, NEVER["sqlite"]) for side in ("OLD", "NEW")}
    steps = []
    if event != "INSERT":
        steps.append(_sqlite_step(counted, "OLD", "-", here["OLD"]))
    if event != "DELETE":
        steps.append(
            f"INSERT INTO {COUNTS} (owner_id, kind, records, bytes, in_bin, bin_bytes) "  # noqa: S608 (our names)
            f"SELECT NEW.owner_id, '{counted.kind}', 0, 0, 0, 0 WHERE {here['NEW']} AND NOT EXISTS "
            f"(SELECT 1 FROM {COUNTS} WHERE owner_id = NEW.owner_id AND kind = '{counted.kind}')"
        )
        steps.append(_sqlite_step(counted, "NEW", "+", here["NEW"]))
    when = here[_sides(event)[0]]
    of = ""
    if event == "UPDATE":
        of = f" OF {', '.join(counted.columns)}"
        differ = [f"({here['OLD']}) <> ({here['NEW']})", "OLD.owner_id <> NEW.owner_id"]
        if counted.has_bin:
            differ.append(f"({counted.in_bin('OLD')}) <> ({counted.in_bin('NEW')})")
        if counted.has_bytes:
            differ.append("OLD.content_id IS NOT NEW.content_id")
        when = " OR ".join(differ)
    return f"AFTER {event}{of} ON {counted.table} WHEN {when} BEGIN {'; '.join(steps)}; END"


def _sqlite_step(counted: CountedModel, row: str, sign: str, here: str) -> str:
    in_bin, size = counted.in_bin(row), counted.size(row)
    changes = [
        f"records = records {sign} NOT ({in_bin})",
        f"in_bin = in_bin {sign} ({in_bin})",
    ]
    if counted.has_bytes:
        changes.append(f"bytes = bytes {sign} CASE WHEN {in_bin} THEN 0 ELSE {size} END")
        changes.append(f"bin_bytes = bin_bytes {sign} CASE WHEN {in_bin} THEN {size} ELSE 0 END")
    mine = f"owner_id = {row}.owner_id AND kind = '{counted.kind}'"
    return f"UPDATE {COUNTS} SET {', '.join(changes)} WHERE {mine} AND ({here})"  # noqa: S608 (names of our own)


def _postgresql(counted: CountedModel, event: str) -> str:
    columns = ", ".join(counted.columns)
    sides = {"NEW": f"SELECT 1 AS sign, {columns} FROM new_rows", "OLD": f"SELECT -1, {columns} FROM old_rows"}  # noqa: S608
    if event == "DELETE":  # the first of a union names its columns
        sides["OLD"] = f"SELECT -1 AS sign, {columns} FROM old_rows"  # noqa: S608
    rows = " UNION ALL ".join(sides[side] for side in reversed(_sides(event)))
    numbers = _sums(counted, "r", "postgresql", "r.sign")
    here = counted.is_here("r", NEVER["postgresql"])
    changed = " OR ".join(f"c.{name} <> 0" for name in NUMBERS)
    named = ", ".join(f"{number} AS {name}" for number, name in zip(numbers, NUMBERS, strict=True))
    grouped = f"SELECT r.owner_id, {named} FROM ({rows}) r WHERE {here} GROUP BY r.owner_id"  # noqa: S608
    if event == "DELETE":  # a person who goes with everything takes the counts along, and none comes after them
        less = ", ".join(f"{name} = {COUNTS}.{name} + c.{name}" for name in NUMBERS)
        mine = f"{COUNTS}.owner_id = c.owner_id AND {COUNTS}.kind = '{counted.kind}'"
        return f"UPDATE {COUNTS} SET {less} FROM ({grouped}) c WHERE {mine}"  # noqa: S608
    more = ", ".join(f"{name} = {COUNTS}.{name} + excluded.{name}" for name in NUMBERS)
    names = ", ".join(NUMBERS)
    return (
        f"INSERT INTO {COUNTS} (owner_id, kind, {names}) "  # noqa: S608
        f"SELECT c.owner_id, '{counted.kind}', {', '.join(f'c.{name}' for name in NUMBERS)} FROM ({grouped}) c "
        f"WHERE {changed} ORDER BY c.owner_id ON CONFLICT (owner_id, kind) DO UPDATE SET {more}"
    )
