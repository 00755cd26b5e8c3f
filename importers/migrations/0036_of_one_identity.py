from django.db import migrations, models

# What may be identified by all that it says, a name twice, and by one of its files; what has artists, a line for each; and
# times that may have a zone behind them.
KINDS = ("note", "offlinedata", "photo", "playlisttrack", "recording", "release", "video")


def call_for_rereading(apps, schema_editor):
    """Lets the worker read again what stands."""
    using = schema_editor.connection.alias
    marks = apps.get_model("importers", "Rereading").objects.using(using)
    for kind in KINDS:
        if apps.get_model("importers", kind).objects.using(using).exists():
            anew = {"position": 0, "read": 0, "changed": 0, "through_at": None}
            marks.update_or_create(kind=kind, defaults=anew)


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0035_said_twice_and_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="deletion",
            name="reading",
            field=models.SmallIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
