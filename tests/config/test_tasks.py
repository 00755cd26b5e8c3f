"""What is routed, scheduled or told of is a task that there is."""

from django.conf import settings

from config.celery import app
from moves.background import BackgroundTask


def names() -> set[str]:
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_every_task_of_moves_has_its_name_in_one_place() -> None:
    assert {name for name in names() if name.startswith("moves.")} == {task.value for task in BackgroundTask}


def test_what_is_routed_or_scheduled_is_there() -> None:
    routed = {name for name in settings.CELERY_TASK_ROUTES if "*" not in name}
    assert routed | set(settings.WHARF_PERIODIC) <= names()
