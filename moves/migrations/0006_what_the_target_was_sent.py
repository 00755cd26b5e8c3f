"""What the target of a move was sent is noted range by range, from now on: exports that stand were fetched before."""

import django.db.models.deletion
from django.db import migrations, models


def tell_those_that_stand(apps, schema_editor):
    """Only those that a target may have begun to fetch: one row for each move that is not long over."""
    exports = apps.get_model("moves", "Export").objects.using(schema_editor.connection.alias)
    exports.filter(origin="move", state="done", removed_at=None).update(notes_ranges=False)


class Migration(migrations.Migration):

    dependencies = [
        ('moves', '0005_farewells_and_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='export',
            name='notes_ranges',
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.AddField(
            model_name='move',
            name='nonce',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='move',
            name='proven_count',
            field=models.BigIntegerField(default=0, help_text='Files that were left out, proven by a keyed hash.'),
        ),
        migrations.AddField(
            model_name='move',
            name='proven_size',
            field=models.BigIntegerField(default=0, help_text='Their bytes.'),
        ),
        migrations.AlterField(
            model_name='move',
            name='state',
            field=models.CharField(choices=[('requested', 'waits for the confirmation by mail'), ('announcing', 'tells the other server'), ('exporting', 'makes the archive'), ('handing over', 'hands the archive over'), ('waiting', 'the other server takes everything in'), ('catching up', 'the other server takes in what changed since'), ('announced', 'waits for the archive'), ('importing', 'takes everything in'), ('asking', 'asks for what changed since'), ('fetching', 'waits for what changed since'), ('importing the rest', 'takes in what changed since'), ('proving', 'proves that it has what it left out'), ('finalizing', 'says that everything arrived'), ('calling off', 'tells the other server that it is off'), ('moved', 'moved'), ('arrived', 'arrived'), ('copied', 'arrived, and stays open at the other server as well'), ('failed', 'called off'), ('expired', 'never confirmed')], max_length=24),
        ),
        migrations.AlterField(
            model_name='movestep',
            name='state',
            field=models.CharField(choices=[('requested', 'waits for the confirmation by mail'), ('announcing', 'tells the other server'), ('exporting', 'makes the archive'), ('handing over', 'hands the archive over'), ('waiting', 'the other server takes everything in'), ('catching up', 'the other server takes in what changed since'), ('announced', 'waits for the archive'), ('importing', 'takes everything in'), ('asking', 'asks for what changed since'), ('fetching', 'waits for what changed since'), ('importing the rest', 'takes in what changed since'), ('proving', 'proves that it has what it left out'), ('finalizing', 'says that everything arrived'), ('calling off', 'tells the other server that it is off'), ('moved', 'moved'), ('arrived', 'arrived'), ('copied', 'arrived, and stays open at the other server as well'), ('failed', 'called off'), ('expired', 'never confirmed')], max_length=24),
        ),
        migrations.CreateModel(
            name='LeftOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('export', models.CharField(max_length=32)),
                ('part', models.PositiveIntegerField()),
                ('at', models.BigIntegerField()),
                ('size', models.BigIntegerField()),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('hmac', models.CharField(blank=True, max_length=64)),
                ('move', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='left_out', to='moves.move')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('move', 'export', 'part', 'at'), name='left_out_once')],
            },
        ),
        migrations.CreateModel(
            name='SentRange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('suffix', models.CharField(help_text='Of the format: zip or tar.', max_length=4)),
                ('start', models.BigIntegerField()),
                ('stop', models.BigIntegerField()),
                ('part', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sent_ranges', to='moves.part')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('part', 'suffix', 'start'), name='one_range_from_a_place')],
            },
        ),
        migrations.RunPython(tell_those_that_stand, migrations.RunPython.noop, elidable=True),
    ]
