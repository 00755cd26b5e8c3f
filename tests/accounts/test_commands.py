"""`create_account`, `create_exporter` and `create_token`."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import Application, User
from accounts.sizes import human_size, parse_size
from tests.support.checkout import CHECKOUT
from tests.support.exporter import run
from tests.support.template_database import copy_sqlite
from tests.support.worker import Worker, browser, person, submit

pytestmark = pytest.mark.django_db

CALLBACK = ("--redirect-uri", "https://cloud.example/callback")


@pytest.mark.services
def test_create_account_makes_a_password_that_logs_in() -> None:
    made = run("create_account", "ada", "--email", "ada@example.org")
    assert made.keys() == {"id", "username", "email", "password"}
    answer = submit(browser(), "/auth/login", {"username": "ada", "password": made["password"]})
    assert answer.status_code == 302


def test_create_account_takes_a_password_a_quota_and_makes_operators() -> None:
    made = run(
        "create_account", "ada", "--email", "a@b.org", "--password", "a nice long one", "--quota", "5GB", "--staff"
    )
    assert made.keys() == {"id", "username", "email"}
    ada = User.objects.get(pk=made["id"])
    assert (ada.quota_bytes, ada.is_staff, ada.is_superuser) == (5_000_000_000, True, True)
    assert ada.check_password("a nice long one")


@pytest.mark.services
def test_a_new_account_has_the_servers_quota(settings: Settings) -> None:
    run("create_account", "ada", "--email", "ada@example.org")
    assert User.objects.get().quota_bytes is None
    settings.WHARF_DEFAULT_QUOTA = 1000
    run("create_account", "grace", "--email", "grace@example.org")
    assert User.objects.get(username="grace").quota_bytes == 1000


@pytest.mark.services
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ada", "--email", "new@example.org"), "already exists"),
        (("ADA", "--email", "new@example.org"), "already exists"),
        (("grace", "--email", "ADA@example.org"), "already exists"),
        (("a@b", "--email", "new@example.org"), "Use only letters"),
        (("grace", "--email", "nonsense"), "email"),
        (("grace", "--email", "g@example.org", "--quota", "5 parsecs"), "is not a size"),
        (("grace", "--email", "g@example.org", "--quota", "-1"), "is not a size"),
        (("grace", "--email", "g@example.org", "--quota", "99999999TB"), "more than can be stored"),
        (("grace", "--email", "g@example.org", "--password", "short"), "password"),
    ],
)
def test_create_account_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    person()
    with pytest.raises(CommandError, match=said):
        run("create_account", *arguments)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("written", "size"),
    [("0", 0), ("1024", 1024), ("5GB", 5 * 10**9), ("1.5 GiB", 1610612736), ("700 kB", 700_000), ("2tb", 2 * 10**12)],
)
def test_sizes_are_read_as_people_write_them(written: str, size: int) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1500, "1.5 kB"), (999_999, "1 MB"), (5 * 10**9, "5 GB")],
)
def test_sizes_are_written_as_people_read_them(size: int, written: str) -> None:
    assert human_size(size) == written


def test_create_exporter_prints_a_configuration_that_a_strict_parser_takes() -> None:
    made = run("create_exporter", "Photo Cloud", *CALLBACK, "--vertical", "social-posts", "--vertical", "blobs")
    assert yaml.safe_load(made["service_config"]) == {
        "serviceConfig": {
            "serviceId": "WHARF_127_0_0_1_8000",
            "endpoint": "http://127.0.0.1:8000/import/",
            "verticals": [{"vertical": "SOCIAL-POSTS"}, {"vertical": "BLOBS"}],
        }
    }
    assert made["service_config_file"] == "config/wharf_127_0_0_1_8000.yaml"
    assert made["import_service"] == "WHARF_127_0_0_1_8000"
    assert made["scopes"] == ["import:social-posts", "import:blobs"]
    assert made["allows"] == ["add files and folders to your account", "add posts to your account"]
    assert made["redirect_uris"] == ["https://cloud.example/callback"]
    assert made["verticals"] == ["social-posts", "blobs"]


def test_create_exporter_prints_credentials_and_addresses_apart() -> None:
    out = StringIO()
    call_command("create_exporter", "Photo Cloud", *CALLBACK, stdout=out)
    printed = out.getvalue()
    exporter = Application.objects.get()
    assert f"\nWHARF_127_0_0_1_8000_KEY={exporter.client_id}\n" in printed
    for said in ("config/wharf_127_0_0_1_8000.yaml on", "import service     WHARF_127_0_0_1_8000"):
        assert said in printed
    secret = printed.partition("\nWHARF_127_0_0_1_8000_SECRET=")[2].splitlines()[0]
    assert len(secret) == 128
    assert secret not in exporter.client_secret
    for address in ("/oauth/authorize/", "/oauth/token/", "/oauth/refresh"):
        assert f"http://127.0.0.1:8000{address}\n" in printed
    listed = yaml.safe_load(
        printed.partition("serviceConfig:")[1] + printed.partition("serviceConfig:")[2].split("\n2.")[0]
    )
    named = [row["vertical"] for row in listed["serviceConfig"]["verticals"]]
    assert named == [path.upper() for path in settings.WHARF_VERTICALS]


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        ("https://wharf.example.org", "WHARF_EXAMPLE_ORG"),
        ("https://my-data.example.org:443", "MY_DATA_EXAMPLE_ORG"),
        ("https://1and1.example:8443/wharf", "WHARF_1AND1_EXAMPLE_8443"),
        ("http://google", "WHARF_GOOGLE"),
        ("http://[::1]:8000", "WHARF_1_8000"),
        ("https://bücher.example", "XN_BCHER_KVA_EXAMPLE"),
    ],
)
def test_a_worker_knows_this_server_by_its_host_and_never_by_the_exporters_name(
    settings: Settings, address: str, identifier: str
) -> None:
    settings.WHARF_BASE_URL = address
    made = run("create_exporter", "Google", *CALLBACK)
    assert yaml.safe_load(made["service_config"])["serviceConfig"]["serviceId"] == identifier
    assert made["environment"] == {
        f"{identifier}_KEY": made["client_id"],
        f"{identifier}_SECRET": made["client_secret"],
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Cloud", *CALLBACK, "--vertical", "nonsense"), "No such vertical"),
        (("Known", *CALLBACK), "already exists"),
        (("Command line", *CALLBACK), "already exists"),
        (("", *CALLBACK), "needs a name"),
        (("  ", *CALLBACK), "needs a name"),
        ((" Known ", *CALLBACK), "already exists"),
        (("Cloud\nOne", *CALLBACK), "one line, without control characters"),
        (("Cloud\x1b[31m", *CALLBACK), "one line, without control characters"),
        (("Cloud\u2028One", *CALLBACK), "one line, without control characters"),
        (("Cloud\u202eenO", *CALLBACK), "one line, without control characters"),
        (("Cloud", "--redirect-uri", "ftp://cloud.example/"), "scheme"),
        (("Cloud", "--redirect-uri", "nonsense"), "redirect uri"),
        (("Cloud", "--redirect-uri", "https://a.example/ https://b.example/"), "Not one address"),
        (("Cloud", "--redirect-uri", "https://cloud.example/#part"), "redirect uri"),
    ],
)
def test_create_exporter_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    run("create_exporter", "Known", *CALLBACK)
    with pytest.raises(CommandError, match=said):
        run("create_exporter", *arguments)
    assert Application.objects.count() == 1


@pytest.mark.parametrize("address", ["http://cloud.example/callback", "http://127.0.0.1:9/callback"])
def test_create_exporter_in_production_takes_https_addresses_only(tmp_path: Path, address: str) -> None:
    environment = {"WHARF_BASE_URL": "https://wharf.example", "SECRET_KEY": "k" * 60, "WHARF_DATA_DIR": str(tmp_path)}
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/wharf.sqlite3", **environment}
    copy_sqlite(tmp_path / "wharf.sqlite3")

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    refused = manage("create_exporter", "Cloud", "--redirect-uri", address)
    assert refused.returncode == 1
    assert "scheme" in refused.stderr
    assert manage("create_exporter", "Cloud", *CALLBACK).returncode == 0


@pytest.mark.services
def test_create_token_makes_a_token_that_works() -> None:
    person()
    made = run("create_token", "ADA", "--scope", "import:social-posts import:social-posts")
    assert made.keys() == {"access_token", "token_type", "expires_in", "scope", "client_id"}
    assert (made["scope"], made["expires_in"]) == ("import:social-posts", 3600)
    assert Worker().item_status(made["access_token"])[0] == 400
    assert run("create_token", "ada")["scope"] == "import"


def test_create_token_for_an_exporter_can_be_refreshed() -> None:
    worker = Worker("Drive", "--vertical", "blobs")
    person()
    made = run("create_token", "ada", "--client", worker.id)
    assert made["scope"] == "import:blobs"
    assert worker.refresh(made["refresh_token"]).status == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody",), "no account named"),
        (("ada", "--scope", "nonsense"), "Not a scope"),
        (("ada", "--client", "nonsense"), "no client"),
    ],
)
def test_create_token_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    person()
    with pytest.raises(CommandError, match=said):
        run("create_token", *arguments)


def test_json_is_all_that_is_printed() -> None:
    person()
    out, err = StringIO(), StringIO()
    call_command("create_token", "ada", "--json", stdout=out, stderr=err)
    assert json.loads(out.getvalue())
    assert not err.getvalue()
