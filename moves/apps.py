from collections.abc import Callable
from typing import Any

from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


def later(path: str) -> Callable[..., Any]:
    """Returns a function that loads the one of this path when it is called. What all of moving needs, clients of HTTP
    among it, takes a tenth of the time in which a command starts that has nothing to do with it."""

    def call(*given: Any, **named: Any) -> Any:
        return import_string(path)(*given, **named)

    return call


def known_words() -> None:
    """Loads what moves say of what has happened to them."""
    from moves.moving import account_deletions, farewells, hooks, pages  # noqa: F401


class MovesConfig(AppConfig):
    name = "moves"
    verbose_name = _("What goes out")

    def ready(self) -> None:
        """Says to the floor below what is kept here, before anything is collected, and what its front page shows; and
        lets moves hear of exports and imports, above which they stand."""
        from django.contrib.auth import get_user_model
        from django.db.models.signals import pre_delete

        from accounts import connections, texts
        from accounts.deletion import asking
        from accounts.deletion import job as deletion
        from accounts.deletion import pages as deletion_pages
        from accounts.entry.purposes import purposes
        from accounts.oauth import in_clear
        from importers import above
        from moves import needs, told  # noqa: F401  (its receivers need the models)
        from moves.exports import fetches, job
        from moves.exports.keeping import ExportKeeper
        from moves.imports import rests
        from moves.imports.placing.documents_today import DOCUMENTS_TODAY
        from moves.imports.placing.known_now import KnownNow
        from moves.imports.placing.whole_documents import bytes_kept
        from moves.imports.running import ending
        from moves.moving import lease, leaves

        above.keepers.append(ExportKeeper())
        above.kept_bytes.append(bytes_kept)
        above.later_readers.append(KnownNow())
        above.reread_steps.append(DOCUMENTS_TODAY)
        above.bin_rests.append(rests.bin_rests_until)
        above.home_boxes.append(later("moves.moving.pages.gone"))
        above.needs.append(needs.needs)
        purposes["/move/go"] = _("Log in to the account that is to move: so you confirm it, and the move begins.")
        texts.loaders.append(known_words)
        connections.kept_tokens.append(leaves.end_unused)
        in_clear.ending_codes.append(later("moves.moving.tokens.end_code"))
        deletion_pages.belongings.append(needs.archives)
        fetches.asked_for.connect(lease.renew, dispatch_uid="moves.moving.lease.renew")
        for signal, path in (
            (asking.asked, "moves.moving.account_deletions.stop"),
            (deletion.begun, "moves.moving.account_deletions.end"),
            (job.export_ended, "moves.moving.hooks.export_ended"),
            (ending.import_ended, "moves.moving.hooks.import_ended"),
        ):
            signal.connect(later(path), dispatch_uid=path, weak=False)
        owe = "moves.moving.farewells.owe"
        pre_delete.connect(later(owe), sender=get_user_model(), dispatch_uid=owe, weak=False)
