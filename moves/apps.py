from django.apps import AppConfig


class MovesConfig(AppConfig):
    name = "moves"
    verbose_name = "What goes out"

    def ready(self) -> None:
        """Says which stored bytes exports need, before anything is collected, and lets moves hear of the rest."""
        from importers.maintenance import collection, verification
        from moves.exports.keeping import ExportKeeper
        from moves.imports.placing.whole_documents import bytes_kept

        collection.KEEPERS.append(ExportKeeper())
        verification.HELD_ABOVE.append(bytes_kept)
        _connect_moves()


def _connect_moves() -> None:
    """Moves stand above exports and imports, and hear from them by these lists."""
    from moves.exports import fetches
    from moves.exports import job as exporting
    from moves.imports import api as imports_api
    from moves.imports.running import ending as importing
    from moves.moving import hooks, lease, target_api

    fetches.WATCHERS.append(lease.renew)
    exporting.ENDED.append(hooks.export_ended)
    importing.ENDED.append(hooks.import_ended)
    imports_api.TAKERS.append(target_api.take)
    imports_api.KNOWERS.append(target_api.over)
