"""A whole installation: all that the Procfile names, on a data folder of its own, which others may call."""

import re
import shutil
import sqlite3
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from bench.account import CHECKOUT, Account, environment_for
from bench.connection import AnswerError
from bench.process import LOOPBACK, PATIENCE, Background, Process, free_port
from supervisor import read_procfile

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Installation:
    """Used as `with Installation(folder, template) as installation`; its folder goes at the end."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.data = folder
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._template = template
        self._running = ExitStack()

    def __enter__(self) -> Self:
        shutil.copytree(self._template, self.data)
        self._running.callback(shutil.rmtree, self.data)
        environment = environment_for(self.data, self.port)
        environment |= {"WHARF_BASE_URL": self.url, "WHARF_TRUSTED_NETWORKS": "127.0.0.0/8"}
        commands = read_procfile(CHECKOUT / "Procfile")
        with ExitStack() as starting:
            starting.push(self._running)
            for name, command in commands.items():
                log = self.data.with_name(f"{self.data.name}-{name}.log")
                kind = Process if name == "web" else Background
                run = kind(["sh", "-c", f"exec {command}"], self.port, CHECKOUT, log, environment)
                self._running.enter_context(run)
            starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._running.close()

    def browser(self, account: Account) -> httpx.Client:
        """A browser in which the account's person is logged in."""
        browser = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        fields = {"username": account.name, "password": account.password}
        allowed(browser, "/auth/login", fields)
        return browser

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What its database says now."""
        with closing(
            sqlite3.connect(f"file:{self.data}/wharf.sqlite3?mode=ro", uri=True, timeout=PATIENCE)
        ) as database:
            return database.execute(statement).fetchall()

    def mails(self) -> str:
        """The texts of all mails that it has sent."""
        return "\n".join(path.read_text() for path in (self.data / "mail").glob("*"))


def allowed(browser: httpx.Client, path: str, fields: dict[str, str], **query: str) -> str:
    """Answers the form of a page. Returns where that leads. Raises `AnswerError` where it leads nowhere."""
    page = browser.get(path, params=query)
    token = TOKEN.search(page.text)
    if token is None:
        raise AnswerError(f"{path} has no form: {page.status_code} {page.text[:300]}")
    answer = browser.post(path, params=query, data={"csrfmiddlewaretoken": token[1], **fields})
    if answer.status_code != 302:
        raise AnswerError(f"{path} was answered {answer.status_code}: {answer.text[:300]}")
    return answer.headers["Location"]


def moment(text: str) -> float:
    """Seconds since the epoch of a time as SQLite has it, which is in UTC."""
    return datetime.fromisoformat(f"{text}+00:00").timestamp()
