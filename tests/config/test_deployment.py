"""Dockerfile, compose.yaml and systemd's units: the same steps as they would take, as far as that goes without them."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from supervisor import read_procfile
from tests.support.checkout import CHECKOUT
from tests.support.waiting import eventually

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
PROCESSES = list(read_procfile(CHECKOUT / "Procfile.large"))
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def steps(instruction: str) -> list[str]:
    """Returns what follows each such instruction of the Dockerfile, on one line."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(f"{instruction} ") for line in joined.splitlines() if line.startswith(f"{instruction} ")]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies, and what its build then runs, but the installation of requirements."""
    folder = tmp_path_factory.mktemp("image")
    taken = {line[1:].rstrip("/") for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    for copied in (step for step in steps("COPY") if not step.startswith("--from")):
        *sources, to = copied.split()
        for source in sources:
            assert source.rstrip("/") in taken, f".dockerignore leaves {source} out"
            if (CHECKOUT / source).is_dir():
                shutil.copytree(CHECKOUT / source, folder / to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(CHECKOUT / source, folder / source)
    (folder / ".venv").symlink_to(sys.prefix)
    (build,) = (step for step in steps("RUN") if "collectstatic" in step)
    build = build.replace("/tmp/build", "/opt/wharf/built").replace("/opt/wharf", str(folder))  # noqa: S108
    done = subprocess.run(["/bin/sh", "-ec", build], cwd=folder, env=surroundings(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def surroundings(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nowhere", **more}


@contextmanager
def process(image: Path, data: Path, name: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """One process of the image, as its entry point begins it, and the port that it may listen at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = surroundings(
        WHARF_DATA_DIR=str(data), WHARF_STATIC_DIR=str(image / "collected"), HOST="127.0.0.1", PORT=str(port)
    )
    (entry,) = steps("ENTRYPOINT")
    command = [json.loads(entry)[0].replace("/opt/wharf", str(image)), name]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running, port
        finally:
            running.terminate()


def test_the_image_serves_and_its_health_check_sees_that(image: Path, tmp_path: Path) -> None:
    health = json.loads(DOCKERFILE.partition("HEALTHCHECK")[2].partition("CMD ")[2].splitlines()[0])
    with process(image, tmp_path, "web") as (_, port):
        asked = [one.replace("8000", str(port)) for one in health]
        eventually(lambda: subprocess.run(asked, cwd=image, stderr=subprocess.DEVNULL).returncode == 0)
        names = json.loads((image / "collected/staticfiles.json").read_text())["paths"]
        assert httpx.get(f"http://127.0.0.1:{port}/static/{names['wharf.css']}").status_code == 200
    assert subprocess.run(asked, cwd=image, stderr=subprocess.DEVNULL).returncode != 0  # nobody is there any more


def test_the_image_runs_commands_and_says_which_processes_it_has(image: Path, tmp_path: Path) -> None:
    (entry,) = steps("ENTRYPOINT")
    command = json.loads(entry)[0].replace("/opt/wharf", str(image))
    environment = surroundings(WHARF_DATA_DIR=str(tmp_path))
    done = subprocess.run([command, "manage.py", "migrate", "--plan"], env=environment, capture_output=True, text=True)
    assert "importers.0001" in done.stdout, done.stderr
    wrong = subprocess.run([command, "nothing"], env=environment, capture_output=True, text=True)
    assert wrong.returncode == 64
    assert all(name in wrong.stderr for name in PROCESSES)


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed (requirements-dev.txt)")
def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    done = subprocess.run([str(HADOLINT), str(CHECKOUT / "Dockerfile")], capture_output=True, text=True)
    assert done.stdout == ""
    assert done.returncode == 0


def test_nothing_in_the_image_runs_as_root_or_needs_to_write_but_into_its_volume() -> None:
    assert steps("USER")[-1] == "10001:10001"
    assert steps("VOLUME") == ["/data"]


# compose.yaml


def compose() -> dict[str, Any]:
    known: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
    return known


def test_compose_is_what_its_specification_says() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_compose_runs_every_process() -> None:
    services = compose()["services"]
    for name in PROCESSES:
        assert services[name]["command"] == [name]
        assert services[name]["read_only"] is True
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_compose_sets_only_what_somebody_reads_and_asks_only_for_what_its_example_has() -> None:
    read = " ".join(path.read_text() for path in (CHECKOUT / "config/settings").glob("*.py"))
    text = (CHECKOUT / "compose.yaml").read_text()
    for name in compose()["services"]["web"]["environment"]:
        assert f'"{name}"' in read or name.startswith(("AWS_", "PGPASSWORD")), name
    asked = set(re.findall(r"\$\{(\w+)", text)) - {"WHARF_VERSION"}
    example = (CHECKOUT / "deploy/docker/env.example").read_text()
    offered = set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+):\?", text)) <= offered <= asked


def test_composes_nginx_is_the_one_that_is_tested(tmp_path: Path) -> None:
    """What its command makes of the file still has a name, and an upstream in the network of the others."""
    (command,) = (one for one in compose()["services"]["nginx"]["command"] if "sed" in one)
    made = tmp_path / "default.conf"
    script = (
        command.partition("&&")[0]
        .replace("$$", "$")
        .replace("/etc/wharf/nginx.conf", str(CHECKOUT / "deploy/nginx.conf"))
    )
    script = script.replace("/etc/nginx/conf.d/default.conf", str(made))
    subprocess.run(["/bin/sh", "-ec", script], env=surroundings(WHARF_HOST="my.example"), check=True)
    address = compose()["services"]["web"]["networks"]["default"]["ipv4_address"]
    assert f"server {address}:8000 " in made.read_text()
    assert "server_name my.example;" in made.read_text()


# systemd


def test_systemd_runs_every_process() -> None:
    target = (CHECKOUT / "deploy/systemd/wharf.target").read_text()
    assert ["web", *re.findall(r"wharf@(\w+)\.service", target)] == PROCESSES
    assert re.findall(r"wharf-web@(\d+)\.service", target) == ["8000", "8001"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for unit in (CHECKOUT / "deploy/systemd").iterdir():
        known = unit.read_text().replace("/opt/wharf/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(known.replace("/opt/wharf", str(CHECKOUT)))
    for name in ("wharf@beat.service", "wharf-web@8000.service"):
        shutil.copy(tmp_path / f"{name.partition('@')[0]}@.service", tmp_path / name)
    units = ["wharf@beat.service", "wharf-web@8000.service", "wharf.target", "wharf-backup.timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit) for unit in units)], capture_output=True, text=True
    )
    about_ours = [line for line in done.stderr.splitlines() if "wharf" in line]
    assert about_ours == []


def test_documents_name_only_files_that_are_there() -> None:
    named = set(re.findall(r"\]\(\.\./(deploy/[\w./-]+)\)", (CHECKOUT / "docs/operators.md").read_text()))
    assert named
    assert [name for name in named if not (CHECKOUT / name).exists()] == []
