"""Imports that are done with something missing are told from those that are simply done, also those that stand."""

from django.db import migrations, models


def tell_incomplete(apps, schema_editor):
    """There is a row for each import, and few of them have something missing."""
    imports = apps.get_model("moves", "ArchiveImport").objects.using(schema_editor.connection.alias)
    for pk, proof in list(imports.filter(state="done", proof__missing__gt=0).values_list("pk", "proof")):
        imports.filter(pk=pk).update(state="incomplete", missing=proof["missing"])


class Migration(migrations.Migration):

    dependencies = [
        ('moves', '0003_what_a_cozy_takes'),
    ]

    operations = [
        migrations.AddField(
            model_name='archiveimport',
            name='missing',
            field=models.BigIntegerField(default=0, help_text='What should have come, and is not here.'),
        ),
        migrations.AddField(
            model_name='importpart',
            name='ordered_by',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='importpart',
            name='ordered_from',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='archiveimport',
            name='state',
            field=models.CharField(choices=[('importing', 'Importing'), ('done', 'Done'), ('incomplete', 'done, with some missing'), ('error', 'Error')], default='importing', max_length=16),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('requested', 'Requested'), ('started', 'Started'), ('snapshot taken', 'Snapshot'), ('restarted', 'Restarted'), ('interrupted', 'Interrupted'), ('cancelled', 'Cancelled'), ('done', 'Done'), ('done, with some missing', 'Incomplete'), ('failed', 'Failed'), ('mailed', 'Mailed'), ('entry missing', 'Missing'), ('link revoked', 'Revoked'), ('expired', 'Expired')], max_length=24),
        ),
        migrations.RunPython(tell_incomplete, migrations.RunPython.noop, elidable=True),
    ]
