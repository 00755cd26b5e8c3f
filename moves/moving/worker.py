"""Doing what is due: one worker at a time works on a move, and a step that failed is tried again with longer and longer
pauses. A state whose patience has ended is left, even if its worker or the other server is gone."""

import logging
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.texts import kept_text
from importers.errors import SERVICE_ERRORS
from moves import jobs
from moves.background import BackgroundTask
from moves.models import ArchiveImport, Move, MoveStep
from moves.models.move import Outcome, State, Why
from moves.moving import fetched, lease, transitions
from moves.moving.outcomes import Done, GiveUp, TryAgain, Turn, Wait
from moves.moving.steps import Step, step_of
from moves.moving.transitions import StepEnd
from moves.peers.site import site_of
from moves.shares import may_call, part_of
from moves.told import tell_of_move
from moves.watch import Fence, watched

log = logging.getLogger("wharf.moves")

TOO_SLOW = kept_text("The other server took too long for as much as it fetched.")
FIRST_PAUSE = 5.0  # seconds until a step that failed is tried again; each time twice as long...
LONGEST_PAUSE = 600.0  # ...but no longer than this
MOST_STEPS = 20  # in one go, so that a fault can't hold a worker for ever
MAY_HAVE_MOVED = kept_text(
    "But it has fetched everything, so your account may have moved: look at %(peer)s before you use this one again."
)
DIED = kept_text("Whoever worked on it died.")
DISK_FAILED = kept_text("The disk or the storage of this server failed.")
DATABASE_FAILED = kept_text("The database or the storage of this server failed.")
MISTAKE = kept_text("This server made a mistake (%(fault)s). Its operator can find it.")
ASKED_AGAIN = timedelta(minutes=1)  # when nobody has begun a long step, which waits for other long work
SOON = 30.0  # seconds in which a worker may look again without being told by the periodic task


def advance(pk: int, *, at_once: bool = False, long_too: bool = True) -> None:
    """Does everything that is due for a move now, and has a worker look again if something is due soon.

    `long_too`: steps that are long as well, which are otherwise left to a worker that others don't wait for.
    `at_once`: the first step is not waited for. Who finds nothing to do has nobody look again: whoever did the last
    step has, and if each message were followed by another one, a move that waits would be looked at ever more often.
    """
    for number in range(MOST_STEPS):
        if _leave_what_took_too_long(pk):
            continue
        claimed = _claim(pk, at_once=at_once and number == 0, long_too=long_too)
        if claimed is None:
            if number == 0:
                return
            break
        _take(*claimed)
    due = Move.objects.filter(pk=pk, ended_at=None).values_list("next_at", flat=True).first()
    if due is not None and (seconds := (due - timezone.now()).total_seconds()) < SOON:
        jobs.tell(BackgroundTask.STEP_MOVE, pk, after=max(0.5, seconds))


def revive() -> int:
    """Wakes a worker for every move of which a step is due and nobody is at it, or a state's patience over; of those to
    one other server, for as many as it may have workers, the longest due first. Returns their number."""
    now = timezone.now()
    running = Move.objects.filter(ended_at=None)
    due, of_site, most = set[int](), Counter[str](), part_of(settings.WHARF_CALL_WORKERS)
    for move in running.filter(next_at__lte=now).order_by("next_at").only("peer_url", "process", "heartbeat_at"):
        site = site_of(move.peer_url)
        if of_site[site] < most and jobs.is_free(move):
            of_site[site] += 1
            due.add(move.pk)
    due.update(running.filter(lease_until__lte=now).values_list("pk", flat=True))
    for pk in due:
        transitions.wake(pk)
    return len(due)


def retry(move: Move) -> None:
    """Makes what is tried again later be tried now."""
    Move.objects.filter(pk=move.pk, ended_at=None, next_at__isnull=False).update(next_at=timezone.now(), tries=0)
    transitions.wake(move.pk)


def _leave_what_took_too_long(pk: int) -> bool:
    """Leaves a state whose patience is over. A step that is under way is fenced off."""
    if not Move.objects.filter(pk=pk, ended_at=None, lease_until__lte=timezone.now()).exists():
        return False  # as nearly always, and a lock of the account and all that belongs to the move cost more
    with transaction.atomic():
        move = _row(pk)
        step = step_of(move) if move else None
        if move is None or step is None or move.lease_until > timezone.now():
            return False
        silent = move.state in Move.UNDER_LEASE
        slow = silent and lease.ends_at(move) <= timezone.now()
        failed = TOO_SLOW if slow else _last_failure(move) or step.silence
        # Why it was stopped does not say what is known of the other server's account
        said = [move.error, failed] if move.state in Move.ASKING_HOW_IT_ENDED else [move.error or failed]
        error = " ".join(filter(None, said))
        if silent and fetched.has_everything(move):
            error = f"{error} {MAY_HAVE_MOVED % {'peer': move.peer}}"
        why = move.why or (Why.LAPSED if silent else Why.FAILURE)
        transitions.go(move, step.given_up(move), StepEnd(Outcome.GAVE_UP, error=error, why=why))
    return True


def _last_failure(move: Move) -> str:
    """What the step failed by when it was last tried, or the import that it waits for: it says more than that it took
    too long."""
    failed = move.steps.filter(state=move.state, outcome=Outcome.AGAIN).last()
    if failed is not None:
        return failed.detail
    came = move.current_import
    return came.waiting_for if came is not None and came.state == ArchiveImport.State.IMPORTING else ""


def _row(pk: int) -> Move | None:
    related = Move.objects.lock(pk).select_related("owner", "first_export", "second_export", "current_import")
    return related.filter(ended_at=None).first()


def _claim(pk: int, *, at_once: bool, long_too: bool) -> tuple[Turn, Step, MoveStep] | None:
    """Begins an attempt of the step that is due, if one is, nobody works on it, and the other server does not have its
    share of the workers: then the periodic task has it looked at again. One that is too long for this worker is left to
    another one."""
    due = {} if at_once else {"next_at__lte": timezone.now()}
    if not Move.objects.filter(pk=pk, ended_at=None, **due).exists():
        return None
    with transaction.atomic():
        move = _row(pk)
        step = step_of(move) if move else None
        if move is None or step is None or step.run is None:
            return None
        is_due = move.next_at is not None and (at_once or move.next_at <= timezone.now())
        if not is_due or not jobs.is_free(move) or not may_call(move):
            return None
        if step.is_long and not long_too:
            Move.objects.filter(pk=pk).update(next_at=timezone.now() + ASKED_AGAIN)
            transaction.on_commit(lambda: jobs.tell(BackgroundTask.PROVE_MOVE, pk))
            return None
        jobs.take(move)
        move.epoch += 1
        return Turn(move), step, _attempt(move, step)


def _attempt(move: Move, step: Step) -> MoveStep:
    """The row of this attempt; a step that waits goes on in the row that it has."""
    tried = move.steps.filter(state=move.state, what=step.what)
    last = tried.last()
    if last is not None and last.outcome == Outcome.WAITING:
        return last
    if last is not None and last.outcome == Outcome.BEGUN:
        last.outcome, last.ended_at = Outcome.OVERTAKEN, timezone.now()
        last.detail = DIED
        last.save(update_fields=["outcome", "ended_at", "detail"])
    return MoveStep.objects.create(move=move, state=move.state, what=step.what, attempt=tried.count() + 1)


def _take(turn: Turn, step: Step, attempt: MoveStep) -> None:
    """Does one attempt and writes down what came of it. Whoever was overtaken changes nothing."""
    assert step.run is not None  # noqa: S101  (only such steps are claimed)
    try:
        with jobs.Heart(beat=lambda: turn.keep(), progress=object) as heart, watched(Fence(heart.still_mine)):
            outcome = step.run(turn)
        _note(turn, step, attempt, outcome)
    except jobs.Fenced:
        log.info("a step of move %s was overtaken", turn.move.doc_id)
    except GiveUp as failed:
        _give_up(turn, step, failed)
    except TryAgain as failed:
        _try_again(turn, attempt, str(failed))
    except SERVICE_ERRORS as cause:
        log.error("a step of move %s failed", turn.move.doc_id, exc_info=cause)
        _try_again(turn, attempt, DISK_FAILED if isinstance(cause, OSError) else DATABASE_FAILED)
    except Exception as fault:  # whatever it is, the move must come to an end
        log.error("a step of move %s failed by a fault of this program", turn.move.doc_id, exc_info=fault)
        _try_again(turn, attempt, MISTAKE % {"fault": type(fault).__name__})


def _note(turn: Turn, step: Step, attempt: MoveStep, outcome: Done | Wait) -> None:
    with transaction.atomic():
        move = turn.lock()
        if isinstance(outcome, Wait):
            # What it waits for may have come while it looked.
            pause = outcome.seconds if move.woken_at == turn.woken_at else 0.0
            due = None if pause is None else timezone.now() + timedelta(seconds=pause)
            MoveStep.objects.filter(pk=attempt.pk).update(outcome=Outcome.WAITING, detail=outcome.detail, next_at=due)
            Move.objects.filter(pk=move.pk).update(next_at=due, heartbeat_at=None, tries=0)
        else:
            transitions.go(move, outcome.to or step.done, StepEnd(detail=outcome.detail), **outcome.columns)


def _give_up(turn: Turn, step: Step, failed: GiveUp) -> None:
    why = str(failed)
    try:
        with transaction.atomic():
            move = turn.lock()
            error = why if move.state != State.CALLING_OFF else move.error
            ended = StepEnd(Outcome.GAVE_UP, why, error=error, why=move.why or Why.FAILURE)
            transitions.go(move, failed.to or step.given_up(move), ended)
    except jobs.Fenced:
        log.info("a step of move %s was overtaken", turn.move.doc_id)


def _try_again(turn: Turn, attempt: MoveStep, why: str) -> None:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(turn.move.tries, 10))
    due = timezone.now() + timedelta(seconds=pause)
    try:
        with transaction.atomic():
            move = turn.lock()
            MoveStep.objects.filter(pk=attempt.pk).update(
                outcome=Outcome.AGAIN, detail=why[: transitions.LONGEST_ERROR], ended_at=timezone.now(), next_at=due
            )
            Move.objects.filter(pk=move.pk).update(next_at=due, heartbeat_at=None, tries=F("tries") + 1)
            tell_of_move(move, attempt.what, Outcome.AGAIN, why)
    except jobs.Fenced:
        log.info("a step of move %s was overtaken", turn.move.doc_id)
