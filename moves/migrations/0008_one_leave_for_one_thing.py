from typing import Any

from django.db import migrations, models

LEAVING, ARRIVING = "io.cozy.exports.requests", "io.cozy.imports"


def part_leaves(apps: Any, schema_editor: Any) -> None:
    """Leaves that stand keep the half that they were given for: a client that this server made for its own wizard is
    for leaving, one that registered itself for arriving. So moves that are under way go on."""
    own = {"application__redirect_uris__endswith": "/initialize", "application__name__startswith": "Wizard at "}
    tokens = apps.get_model("oauth2_provider", "AccessToken").objects.filter(scope=f"{LEAVING} {ARRIVING}")
    tokens.filter(pk__in=tokens.filter(**own).values_list("pk", flat=True)).update(scope=LEAVING)
    tokens.update(scope=ARRIVING)
    codes = apps.get_model("moves", "MoveCode").objects.filter(scope="")
    codes.filter(application=None).update(scope=LEAVING)
    codes.filter(pk__in=codes.filter(**own).values_list("pk", flat=True)).update(scope=LEAVING)
    codes.update(scope=ARRIVING)


class Migration(migrations.Migration):
    dependencies = [
        ("moves", "0007_site_of_imports"),
        ("accounts", "0002_later_access"),
    ]

    operations = [
        migrations.AddField(
            model_name="movecode",
            name="redirect_uri",
            field=models.CharField(blank=True, max_length=2000),
        ),
        migrations.AddField(
            model_name="movecode",
            name="scope",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.RunPython(part_leaves, migrations.RunPython.noop),
    ]
