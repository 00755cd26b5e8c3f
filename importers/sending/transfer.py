"""A whole job: item after item, past those that are refused, until the end or until nothing gets through any more."""

from collections.abc import Iterator

from importers.sending.connection import JobConnection
from importers.sending.errors import ItemFailed, ItemRefused, SendingInterrupted, Stopped, Unanswered, Unreachable
from importers.sending.items import OutgoingItem
from importers.sending.progress import SendingProgress
from importers.sending.report import Report

UNANSWERED_IN_A_ROW = 3  # items, each with all its tries: then the server is gone, and the rest would only wait in vain


class ItemEndedJob(Stopped):
    """An item was refused, and the job was to end then, as a worker's does by default."""

    def __init__(self, item: OutgoingItem, failure: ItemFailed) -> None:
        super().__init__(
            f"Ended at {item.label}: {failure}. Without --stop-on-error it is skipped, and the rest is sent."
        )


class OutgoingTransfer:
    """Sends items and keeps the report, which stays true when the job stops."""

    def __init__(self, connection: JobConnection, progress: SendingProgress, *, stop_on_error: bool = False) -> None:
        self.connection = connection
        self.progress = progress
        self.stop_on_error = stop_on_error
        self.report = Report()
        self._closed: dict[str, ItemRefused] = {}  # verticals that refuse whatever comes, by what they said
        self._unanswered = 0

    def run(self, items: Iterator[OutgoingItem]) -> Report:
        """Sends them all. Raises a `Stopped` if it cannot; `report` then says what was sent and what was not."""
        for item in items:
            try:
                self._send(item)
            except (Stopped, KeyboardInterrupt) as end:
                self._count_rest(item, items)
                if isinstance(end, Stopped):
                    raise
                raise SendingInterrupted from end
        return self.report

    def _send(self, item: OutgoingItem) -> None:
        if closed := self._closed.get(item.vertical):
            self.report.refused(item, str(closed))
            self.progress.done()
            return
        try:
            outcome = self.connection.send(item, self.progress)
        except ItemFailed as failure:
            self._skip(item, failure)
        else:
            self._unanswered = 0
            self.report.arrived(item, outcome, self.progress.done())

    def _skip(self, item: OutgoingItem, failure: ItemFailed) -> None:
        """Raises what ends the job, if this failure does."""
        self._unanswered = self._unanswered + 1 if isinstance(failure, Unanswered) else 0
        if self._unanswered == UNANSWERED_IN_A_ROW:
            raise Unreachable(str(failure)) from failure
        if self.stop_on_error:
            raise ItemEndedJob(item, failure) from failure
        if isinstance(failure, ItemRefused) and failure.concerns_whole_vertical:
            self._closed[item.vertical] = failure
        self.report.refused(item, str(failure))
        self.progress.done()
        self.progress.say(f"{item.label}: skipped: {failure}")

    def _count_rest(self, item: OutgoingItem, items: Iterator[OutgoingItem]) -> None:
        self.report.not_sent(item)
        for later in items:
            self.report.not_sent(later)
