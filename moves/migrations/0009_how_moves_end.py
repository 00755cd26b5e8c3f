"""How a move ends at its source: what is not known of it is written down, and asked for."""

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def doubt_those_that_stand(apps, schema_editor):
    """Their calls were made before anybody wrote down that they were."""
    moves = apps.get_model("moves", "Move").objects.using(schema_editor.connection.alias)
    moves.filter(state="finalizing", ended_at=None).update(doubted_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ('moves', '0008_one_leave_for_one_thing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='move',
            name='one_move_at_a_time',
        ),
        migrations.AddField(
            model_name='move',
            name='doubted_at',
            field=models.DateTimeField(blank=True, help_text='Since when the source may have closed.', null=True),
        ),
        migrations.AlterField(
            model_name='move',
            name='state',
            field=models.CharField(choices=[('requested', 'waits for the confirmation by mail'), ('announcing', 'tells the other server'), ('exporting', 'makes the archive'), ('handing over', 'hands the archive over'), ('waiting', 'the other server takes everything in'), ('catching up', 'the other server takes in what changed since'), ('announced', 'waits for the archive'), ('importing', 'takes everything in'), ('asking', 'asks for what changed since'), ('fetching', 'waits for what changed since'), ('importing the rest', 'takes in what changed since'), ('proving', 'proves that it has what it left out'), ('finalizing', 'says that everything arrived'), ('retracting', 'was stopped after everything had arrived: asks whether the other server has closed'), ('calling off', 'tells the other server that it is off'), ('moved', 'moved'), ('arrived', 'arrived'), ('copied', 'arrived, and stays open at the other server as well'), ('unclear', 'arrived; whether it is closed at the other server, nobody knows'), ('failed', 'called off'), ('expired', 'never confirmed')], max_length=24),
        ),
        migrations.AlterField(
            model_name='movestep',
            name='state',
            field=models.CharField(choices=[('requested', 'waits for the confirmation by mail'), ('announcing', 'tells the other server'), ('exporting', 'makes the archive'), ('handing over', 'hands the archive over'), ('waiting', 'the other server takes everything in'), ('catching up', 'the other server takes in what changed since'), ('announced', 'waits for the archive'), ('importing', 'takes everything in'), ('asking', 'asks for what changed since'), ('fetching', 'waits for what changed since'), ('importing the rest', 'takes in what changed since'), ('proving', 'proves that it has what it left out'), ('finalizing', 'says that everything arrived'), ('retracting', 'was stopped after everything had arrived: asks whether the other server has closed'), ('calling off', 'tells the other server that it is off'), ('moved', 'moved'), ('arrived', 'arrived'), ('copied', 'arrived, and stays open at the other server as well'), ('unclear', 'arrived; whether it is closed at the other server, nobody knows'), ('failed', 'called off'), ('expired', 'never confirmed')], max_length=24),
        ),
        migrations.AddConstraint(
            model_name='move',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None), models.Q(('state__in', ['requested', 'calling off', 'finalizing', 'retracting']), _negated=True)), fields=('owner', 'side'), name='one_move_at_a_time'),
        ),
        migrations.RunPython(doubt_those_that_stand, migrations.RunPython.noop),
    ]
