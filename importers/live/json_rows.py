"""Rows inside a row: what several queries say, as JSON in the columns of one."""

import json
from datetime import UTC, datetime
from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class JsonRows(Subquery):
    """The rows of a query as a list of JSON objects; `said`: what each says, by names, as `JSONObject` takes it."""

    template = "(SELECT JSONB_AGG(said) FROM (%(subquery)s) AS those)"
    output_field = JSONField()

    def __init__(self, rows: QuerySet[Any], **said: Any) -> None:
        super().__init__(rows.values(said=JSONObject(**said)))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(SELECT JSON_GROUP_ARRAY(JSON(said)) FROM (%(subquery)s))"
        return self.as_sql(compiler, connection, template=template, **extra)


def read_rows(value: Any) -> list[dict[str, Any]]:
    """Returns what a `JsonRows` has found, for whoever asks to take apart. Where it stands inside another one, SQLite
    has it as text."""
    return [dict(one) for one in (json.loads(value) if isinstance(value, str) else value or ())]


def read_moment(text: str) -> datetime:
    """Returns a time inside a JSON object; SQLite leaves out that it is in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
