from django.db import migrations


def call_for_rereading(apps, schema_editor):
    """Lets the worker read again what is kept whole."""
    using = schema_editor.connection.alias
    if apps.get_model("moves", "Document").objects.using(using).exists():
        anew = {"position": 0, "read": 0, "changed": 0, "through_at": None}
        marks = apps.get_model("importers", "Rereading").objects.using(using)
        marks.update_or_create(kind="document", defaults=anew)


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0005_reading"),
        ("moves", "0010_challenge_of_a_wizard"),
    ]

    operations = [
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
