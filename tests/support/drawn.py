"""Photos that an exporter sends, and their thumbnails as a browser gets them."""

import io
from collections.abc import Mapping
from io import StringIO

from django.core.management import call_command
from django.test import Client
from PIL import Image

from importers.models import Content
from importers.verticals.media.models import Photo
from tests.support.exporter import Exporter, status
from tests.support.pictures import FIELDS

NEAR = 45  # of 255, that a colour may be off after two lossy encodings


def send(exporter: Exporter, files: Mapping[str, bytes]) -> None:
    """Sends each as a photo, of no type: what they are their bytes tell."""
    for name, content in files.items():
        assert status(exporter.send_file("media", {"@type": "Photo", "name": name}, content)) == "created"


def draw(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("thumbnails", *arguments, stdout=out)
    return out.getvalue()


def outcomes() -> dict[str, str]:
    """What came of each photo, by its name."""
    return dict(Photo.objects.values_list("name", "content__drawn"))


def photo(name: str) -> Photo:
    return Photo.objects.select_related("content__picture").get(name=name)


def shown(client: Client, of: Photo, size: str = "medium") -> Image.Image:
    """The thumbnail, as a browser gets it."""
    answer = client.get(f"/thumbnails/photo/{of.doc_id}/{size}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp"), of.name
    image = Image.open(io.BytesIO(answer.content), formats=["WEBP"])
    image.load()
    return image


def is_upright(image: Image.Image) -> bool:
    """Whether the four fields are where they should be, in their colours."""
    over_white = Image.new("RGBA", image.size, "white")
    over_white.alpha_composite(image.convert("RGBA"))
    for (x, y), colour in FIELDS.items():
        found = over_white.getpixel((int(x * image.width), int(y * image.height)))
        assert isinstance(found, tuple)
        if any(abs(a - b) > NEAR for a, b in zip(found, colour, strict=False)):
            return False
    return True


def content_of(name: str) -> Content:
    return photo(name).content
