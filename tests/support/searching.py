"""Searching as somebody at a browser does it."""

import html
import re
from dataclasses import dataclass

from django.test import Client

from importers import tasks

GROUP = re.compile(r'(?s)<section class="card found" aria-labelledby="found-(\w+)">(.*?)</section>')
TITLE = re.compile(r'(?s)<a class="name" href="[^"]+">(.*?)</a>')
TEXT = re.compile(r'(?s)<p class="small name">(.*?)</p>')


def written(part: str) -> str:
    """What a part of a page says, without its markup but for what is marked as found, in brackets."""
    marked = part.replace("<mark>", "[").replace("</mark>", "]")
    return html.unescape(re.sub("<[^>]+>", "", marked)).strip()


@dataclass
class Searcher:
    """Somebody who is logged in and searches. The worker has been there before."""

    client: Client

    def page(self, q: str, **asked: str) -> str:
        tasks.index_search()
        answer = self.client.get("/search", {"q": q, **asked})
        assert answer.status_code == 200, (q, answer.status_code)
        text: str = answer.content.decode()
        assert "style=" not in text and "<script>" not in text
        return text

    def found(self, q: str, **asked: str) -> dict[str, list[str]]:
        """The titles that are found, by the name of their kind, with what matched in brackets."""
        return {kind: list(map(written, TITLE.findall(group))) for kind, group in GROUP.findall(self.page(q, **asked))}

    def texts(self, q: str, **asked: str) -> list[str]:
        """What else than titles matched."""
        return [written(one) for _, group in GROUP.findall(self.page(q, **asked)) for one in TEXT.findall(group)]
