"""Somebody whom the wizard leads through both sides of a move."""

import json
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import httpx
from django.contrib.sessions.models import Session

from accounts import secrets as at_rest
from tests.support.wizard_peer import WizardPeer

OURS = {"status": "OK", "name": "Wharf"}


class _PageForms(HTMLParser):
    """Every form of a page: where it leads, and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form":
            self.found.append((str(named.get("action") or ""), {}))
        elif tag == "input" and named.get("name") and (named.get("type") != "radio" or "checked" in named):
            self.found[-1][1][str(named["name"])] = named.get("value") or ""


class WizardVisitor:
    """Somebody who reads the wizard's pages, types, presses buttons, and is sent to and fro."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server, follow_redirects=True, timeout=60)
        self.page = self.http.get("/move/start")

    @property
    def words(self) -> str:
        """The page as it is read."""
        text = re.sub(r"<[^>]+>", " ", self.page.text.partition("<main ")[2].partition(">")[2])
        return re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split())).replace("&#x27;", "'")

    @property
    def at(self) -> str:
        return self.page.url.path

    def forms(self) -> list[tuple[str, dict[str, str]]]:
        parser = _PageForms()
        parser.feed(self.page.text)
        return parser.found

    def submit(self, action: str, **fields: str) -> "WizardVisitor":
        """Presses the button of the first form that leads there."""
        known = next(known for where, known in self.forms() if (where.endswith(action) if action else not where))
        self.page = self.http.post(action or self.page.url, data=known | fields)
        return self

    def open(self, address: str) -> "WizardVisitor":
        self.page = self.http.get(address)
        return self

    def type(self, address: str) -> "WizardVisitor":
        """Types an address into the step that is shown."""
        known = next(known for _, known in self.forms() if "address" in known)
        self.page = self.http.post("/move/start", data=known | {"address": address})
        return self

    def go_there(self) -> "WizardVisitor":
        """Follows the link to the other server, where the person decides, and what comes back."""
        return self.open(self.link)

    @property
    def link(self) -> str:
        found = re.search(r'class="button" href="(http[^"]+)"', self.page.text)
        assert found, self.words
        return found[1].replace("&amp;", "&")

    def choose(self, address: str) -> "WizardVisitor":
        return self.type(address).go_there()

    @property
    def handed_over(self) -> tuple[str, dict[str, str]]:
        """Where the last page's form leads, and what it posts there."""
        return next(form for form in self.forms() if form[0].endswith("/move/request"))


def pass_time(hours: float) -> None:
    """What the browsers' journeys say about times, moved into the past."""
    for row in Session.objects.all():
        kept = json.loads(at_rest.decrypt(row.session_data))
        for one in (kept["source"], kept["target"], *kept["asks"]):
            for name in ("given_at", "at"):
                if one and name in one:
                    one[name] = (datetime.fromisoformat(one[name]) - timedelta(hours=hours)).isoformat()
        row.session_data = at_rest.encrypt(json.dumps(kept))
        row.expire_date -= timedelta(hours=hours)
        row.save()


def both(visitor: WizardVisitor, source: WizardPeer, target: WizardPeer) -> WizardVisitor:
    visitor.choose(source.url).choose(target.url)
    assert visitor.at == "/move/start/check", visitor.words
    return visitor
