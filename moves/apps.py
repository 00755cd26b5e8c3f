from django.apps import AppConfig


class MovesConfig(AppConfig):
    name = "moves"
    verbose_name = "What goes out"

    def ready(self) -> None:
        """Says to the floor below what is kept here, before anything is collected, and what its front page shows; and
        lets moves hear of exports and imports, above which they stand."""
        from django.contrib.auth import get_user_model
        from django.db.models.signals import pre_delete

        from accounts import connections
        from importers import above
        from moves.exports import fetches, job
        from moves.exports.keeping import ExportKeeper
        from moves.imports.placing.documents_today import DOCUMENTS_TODAY
        from moves.imports.placing.known_now import KnownNow
        from moves.imports.placing.whole_documents import bytes_kept
        from moves.imports.running import ending
        from moves.moving import farewells, hooks, lease, leaves, pages

        above.keepers.append(ExportKeeper())
        above.kept_bytes.append(bytes_kept)
        above.later_readers.append(KnownNow())
        above.reread_steps.append(DOCUMENTS_TODAY)
        above.home_boxes.append(pages.gone)
        connections.kept_tokens.append(leaves.end_unused)
        fetches.asked_for.connect(lease.renew, dispatch_uid="moves.moving.lease.renew")
        job.export_ended.connect(hooks.export_ended, dispatch_uid="moves.moving.hooks.export_ended")
        ending.import_ended.connect(hooks.import_ended, dispatch_uid="moves.moving.hooks.import_ended")
        pre_delete.connect(farewells.owe, sender=get_user_model(), dispatch_uid="moves.moving.farewells.owe")
