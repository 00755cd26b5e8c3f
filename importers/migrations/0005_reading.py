from django.db import migrations, models

import importers.models.record

KINDS = (
    "album",
    "calendar",
    "calendarevent",
    "file",
    "folder",
    "photo",
    "socialactivity",
    "task",
    "tasklist",
    "unknownitem",
    "video",
)


def add_reading(kind):
    """Adds the column without a value for the rows that stand, which is quick however many there are: a default would
    copy the table on SQLite, and what checks a column reads it."""
    here = models.SmallIntegerField(editable=False, null=True)
    field = models.SmallIntegerField(
        default=importers.models.record.todays_reading, editable=False, null=True
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.AddField(model_name=kind, name="reading", field=here)],
        state_operations=[migrations.AddField(model_name=kind, name="reading", field=field)],
    )


def call_for_rereading(apps, schema_editor):
    """Lets the worker read again what stands."""
    Rereading = apps.get_model("importers", "Rereading")
    using = Rereading.objects.using(schema_editor.connection.alias)
    for kind in KINDS:
        if apps.get_model("importers", kind).objects.using(schema_editor.connection.alias).exists():
            using.create(kind=kind)


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0004_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rereading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32, unique=True)),
                ("position", models.BigIntegerField(default=0)),
                ("read", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("through_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        *map(add_reading, KINDS),
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
