"""Views whose answers are exactly what a protocol says, whoever asks and however."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class OneForm(BaseContentNegotiation):
    """There is one form of answers: neither `Accept` nor `?format=` chooses another one, or is refused."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Returns the first, and so the only one."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Returns the same of the renderers, and its media type."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class ProtocolView(APIView):
    """Takes the methods in `http_method_names` and no `OPTIONS` beside them, adds no header of its own, and refuses
    another method before it asks who calls."""

    content_negotiation_class = OneForm

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Returns the headers of every answer: none, where REST framework would add `Allow` and `Vary`."""
        return {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Asks whether the method is taken, then who calls, and whether they may; raises what each says."""
        if str(request.method).lower() not in self.http_method_names:
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)
