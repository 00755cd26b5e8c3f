from django.db import migrations

# What is identified by all that it says, in which a name may be said twice; and contacts, of whose addresses more is read.
KINDS = (
    "calendarevent",
    "contact",
    "note",
    "offlinedata",
    "playlisttrack",
    "recording",
    "release",
    "task",
    "unknownitem",
)


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
        ("importers", "0034_what_former_jobs_of_bins_are_about"),
    ]

    operations = [
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
