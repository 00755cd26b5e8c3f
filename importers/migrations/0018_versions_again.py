from django.db import migrations


def call_for_rereading(apps, schema_editor):
    """Lets the worker read again what files were before."""
    using = schema_editor.connection.alias
    if apps.get_model("importers", "FileVersion").objects.using(using).exists():
        anew = {"position": 0, "read": 0, "changed": 0, "through_at": None}
        marks = apps.get_model("importers", "Rereading").objects.using(using)
        marks.update_or_create(kind="fileversion", defaults=anew)


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0017_refused_before"),
    ]

    operations = [
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
