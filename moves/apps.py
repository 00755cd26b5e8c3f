from django.apps import AppConfig


class MovesConfig(AppConfig):
    name = "moves"
    verbose_name = "What goes out"

    def ready(self) -> None:
        """Says which stored bytes exports need, before anything is collected."""
        from importers import collection
        from moves.exports.keeping import ExportKeeper

        collection.KEEPERS.append(ExportKeeper())
