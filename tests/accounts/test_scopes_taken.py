"""The scopes of verticals that a server does not take are valid, and nobody is told of them."""

from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client

from accounts.scopes import scopes
from importers.registry import SPECIFIED
from tests.support.exporter import run
from tests.support.worker import Worker, browser, person

pytestmark = pytest.mark.django_db

TAKEN = {"blobs": "files and folders", "social-posts": "posts"}
ADD = {path: f"add {words} to your account" for path, words in TAKEN.items()}
OTHERS = [f"import:{path}" for path in SPECIFIED if path not in TAKEN]


@pytest.fixture(autouse=True)
def takes_two_verticals(settings: Any) -> None:
    settings.WHARF_VERTICALS = TAKEN
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"SCOPES": scopes(ADD, SPECIFIED, ["files", "posts"])}


def test_metadata_names_the_scopes_of_what_is_taken() -> None:
    metadata = Client().get("/.well-known/oauth-authorization-server").json()
    assert [scope for scope in metadata["scopes_supported"] if scope.startswith("import")] == [
        "import",
        "import:blobs",
        "import:social-posts",
    ]


def test_consent_names_what_is_taken() -> None:
    page = browser(person()).get(Worker().request(scope=" ".join(["import:blobs", *OTHERS]))).content.decode()
    assert "add files and folders to your account" in page
    assert page.count("to your account</li>") == 1
    assert "calendars" not in page
    assert "nothing yet" not in page
    alone = browser(person("grace")).get(Worker("Later").request(scope="import:mail")).content.decode()
    assert "nothing yet: this server does not take the kind of data that it asks for" in alone


@pytest.mark.parametrize("path", SPECIFIED)
def test_the_scope_of_every_vertical_of_the_specification_is_valid(path: str) -> None:
    assert Worker(f"Cloud {path}").connect(person())["scope"] == "import"
    made = run("create_exporter", "Cloud", "--redirect-uri", "https://cloud.example/callback", "--vertical", path)
    assert made["scopes"] == [f"import:{path}"]
    assert run("create_token", "ada", "--scope", f"import:{path}")["scope"] == f"import:{path}"


@pytest.mark.parametrize(
    "command",
    [
        ("create_exporter", "Cloud", "--redirect-uri", "https://cloud.example/callback", "--vertical", "nonsense"),
        ("create_token", "ada", "--scope", "nonsense"),
    ],
)
def test_commands_name_what_is_taken(command: tuple[str, ...]) -> None:
    person()
    with pytest.raises(CommandError, match=r"There are: .*blobs, .*social-posts") as error:
        run(*command)
    assert "calendar" not in str(error.value)


def test_an_exporter_of_everything_is_configured_for_what_is_taken() -> None:
    made = run("create_exporter", "Cloud", "--redirect-uri", "https://cloud.example/callback")
    assert made["verticals"] == list(TAKEN)
    assert "CALENDAR" not in made["service_config"]
