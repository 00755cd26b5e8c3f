from django.db import migrations, models

# Whose times are read otherwise than before.
KINDS = ("calendarevent", "task")


def call_for_rereading(apps, schema_editor):
    """Lets the worker read again what stands."""
    using = schema_editor.connection.alias
    Rereading = apps.get_model("importers", "Rereading")
    for kind in KINDS:
        if apps.get_model("importers", kind).objects.using(using).exists():
            anew = {"position": 0, "read": 0, "changed": 0, "through_at": None}
            Rereading.objects.using(using).update_or_create(kind=kind, defaults=anew)


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0010_known_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="done_all_day",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="done_zone",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
