"""Each address, in small letters, becomes a row of django-allauth's `EmailAddress`, which says whether it is proven."""

from django.db import migrations
from django.db.models.functions import Lower

AT_ONCE = 1_000


def keep(apps, schema_editor):
    user_model, address_model = apps.get_model("accounts", "User"), apps.get_model("account", "EmailAddress")
    database = schema_editor.connection.alias
    people = user_model.objects.using(database)
    people.exclude(email=Lower("email")).update(email=Lower("email"))
    last = 0
    while some := list(
        people.filter(pk__gt=last).order_by("pk").values_list("pk", "email", "email_proven")[:AT_ONCE]
    ):
        address_model.objects.using(database).bulk_create(
            [
                address_model(user_id=pk, email=email, primary=True, verified=is_proven)
                for pk, email, is_proven in some
                if email
            ],
            ignore_conflicts=True,
        )
        last = some[-1][0]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_which_mails"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
