"""The help of each command of this project says how it is called."""

import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

COMMANDS = sorted(
    (name, app)
    for name, app in get_commands().items()
    if Path(settings.BASE_DIR, *app.split("."), "management", "commands", f"{name}.py").exists()
)


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize(("name", "app"), COMMANDS)
def test_the_help_of_a_command_has_an_example_that_it_takes(name: str, app: str) -> None:
    parser = load_command_class(app, name).create_parser("manage.py", name)
    call = f"manage.py {name}"
    lines = [line.partition(call)[2] for line in (parser.epilog or "").splitlines() if call in line]
    for words in lines:
        parser.parse_args(shlex.split(words))
    assert lines or call in (parser.description or "")
