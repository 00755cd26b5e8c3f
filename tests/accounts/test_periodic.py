"""What is done again and again: by one at a time, whoever tells of it, and never forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import periodic, waking
from accounts.models import PeriodicTask

pytestmark = [pytest.mark.django_db, pytest.mark.services]
NAME, EVERY = "importers.tasks.purge", timedelta(minutes=10)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What workers were told to do."""
    tasks: list[str] = []
    monkeypatch.setattr(waking, "tell", lambda task, *_: tasks.append(task))
    periodic.note({NAME: EVERY})
    PeriodicTask.objects.update(due_at=timezone.now())
    return tasks


def test_of_two_beats_one_tells_and_again_when_nobody_has_begun(told: list[str]) -> None:
    periodic.tell()
    periodic.tell()
    assert told == [NAME]
    PeriodicTask.objects.update(told_at=timezone.now() - periodic.TOLD_AGAIN)
    periodic.tell()
    assert told == [NAME] * 2


def test_of_two_workers_one_does_it_and_nobody_before_it_is_due_again() -> None:
    with periodic.alone(NAME, EVERY, only_if_due=True) as first, periodic.alone(NAME, EVERY) as second:
        assert (first.mine, second.mine) == (True, False)
        assert periodic.due() == []
    with periodic.alone(NAME, EVERY, only_if_due=True) as again:
        assert not again.mine
    PeriodicTask.objects.update(due_at=timezone.now())
    with periodic.alone(NAME, EVERY, only_if_due=True) as again:
        assert again.mine


def test_what_its_worker_died_of_is_done_again_a_minute_later() -> None:
    PeriodicTask.objects.update(
        working_at=timezone.now() - periodic.SILENCE, begun_at=timezone.now(), due_at=timezone.now() + EVERY
    )
    assert periodic.due() == [NAME]
    with periodic.alone(NAME, EVERY, only_if_due=True) as turn:
        assert turn.mine


def test_what_failed_says_why_and_is_due_again_as_ever() -> None:
    with pytest.raises(OSError, match="gone"), periodic.alone(NAME, EVERY):
        raise OSError("the storage is gone")
    task = PeriodicTask.objects.get()
    assert task.failure == "OSError: the storage is gone"
    assert task.working_at is None
    assert task.due_at > timezone.now()


def test_what_an_item_has_left_is_done_though_its_time_has_not_come(told: list[str]) -> None:
    PeriodicTask.objects.update(due_at=timezone.now() + EVERY)
    periodic.wake(NAME)
    assert told == [NAME]
    assert periodic.due() == [NAME]


def test_what_an_item_has_left_before_any_worker_came_up_is_due_when_one_does(told: list[str]) -> None:
    PeriodicTask.objects.all().delete()
    periodic.wake(NAME)
    periodic.note({NAME: EVERY})
    assert told == [NAME]
    with periodic.alone(NAME, EVERY, only_if_due=True) as turn:
        assert turn.mine


def test_what_is_left_while_somebody_is_at_it_is_due_again_at_once() -> None:
    with periodic.alone(NAME, EVERY, only_if_due=True):
        periodic.wake(NAME)
        assert not periodic.is_due(NAME)
    assert periodic.is_due(NAME)
