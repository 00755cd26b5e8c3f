"""Transfers: which run, which have fallen silent, which were stopped."""

from django.utils.translation import gettext as _

from importers.admin.states import TransferState, transfers_in
from importers.models import Transfer
from operations.overview.panel import Panel, figure, list_of

NEEDS = (TransferState.MISSING, TransferState.FULL)  # where somebody should look


def panel() -> Panel:
    """Returns their numbers."""
    figures = [
        figure(
            transfers_in(Transfer.objects.all(), state),
            str(state.label)[0].lower() + str(state.label)[1:],
            list_of(Transfer, state=state.value),
            needs=state in NEEDS,
        )
        for state in TransferState
    ]
    return Panel(_("Transfers"), figures)
