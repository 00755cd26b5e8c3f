"""Whether an address is proven stands in its `EmailAddress` only."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_email_addresses")]

    operations = [migrations.RemoveField(model_name="user", name="email_proven")]
