from django.db import migrations


def call_for_rereading(apps, schema_editor):
    """Lets the worker look whether what was refused stands by now, where no more was noted of it than its JSON."""
    using = schema_editor.connection.alias
    former = apps.get_model("importers", "Rejection").objects.using(using)
    if former.filter(made_good_at=None, item_digest="").exists():
        anew = {"position": 0, "read": 0, "changed": 0, "through_at": None}
        marks = apps.get_model("importers", "Rereading").objects.using(using)
        marks.update_or_create(kind="rejection", defaults=anew)


class Migration(migrations.Migration):

    dependencies = [
        ("importers", "0016_music_and_playlists"),
    ]

    operations = [
        migrations.RunPython(call_for_rereading, migrations.RunPython.noop, elidable=True),
    ]
