from typing import Any

from django.db import migrations, models

# Of the library that counted wrong passwords before; what it knew is an hour old at most.
FORMER_TABLES = ("axes_accessattemptexpiration", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog")


def forget_former_library(apps: Any, schema_editor: Any) -> None:
    for table in FORMER_TABLES:
        schema_editor.execute(f"DROP TABLE IF EXISTS {table}")
    apps.get_model("contenttypes", "ContentType").objects.filter(app_label="axes").delete()  # with its permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_ended_clients"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitWindow",
            fields=[
                ("subject", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("ends_at", models.BigIntegerField(db_index=True, help_text="In milliseconds since the epoch.")),
                ("taken", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunPython(forget_former_library, migrations.RunPython.noop),
    ]
