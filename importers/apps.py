from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


def known_words() -> None:
    """Loads what verticals say of the documents and items that they can't read."""
    from importers import registry

    for name in ("documents", "to_documents", "from_documents", "items"):
        registry.modules(name)


class ImportersConfig(AppConfig):
    name = "importers"
    verbose_name = _("What came in")

    def ready(self) -> None:
        """Says to the floor below when something last came from a service, what goes with an account, and what is
        purged; lets the database count, and mark what is searched, after each migration."""
        from accounts import connections, texts
        from accounts.deletion import pages as deletion
        from importers import above
        from importers.bin.asked import address_of_client
        from importers.bin.emptying import BinKeeper
        from importers.counting import installing
        from importers.pages.counts import in_words
        from importers.search import installing as searching
        from importers.transfers.transfer import last_items

        texts.loaders.append(known_words)
        connections.last_items.append(last_items)
        deletion.belongings.append(in_words)
        connections.throwing_away.append(address_of_client)
        above.keepers.append(BinKeeper())
        pre_migrate.connect(installing.before_migrations, sender=self)
        post_migrate.connect(installing.after_migrations, sender=self)
        pre_migrate.connect(searching.before_migrations, sender=self)
        post_migrate.connect(searching.after_migrations, sender=self)
