"""Why an item was refused is told to everybody who may see that it was, also to auditors, who read no item: so it says
nothing that stands in one."""

import json

import pytest

from importers.models import Rejection
from tests.support.exporter import BOUNDARY, Exporter

SECRET = "sesame"
ITEM = json.dumps({"@type": "Photo", "name": SECRET, "description": SECRET})
PART = f"--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n"
BODIES: dict[str, str | bytes] = {
    "a file is missing": ITEM,
    "no object": json.dumps([SECRET]),
    "no type": json.dumps({SECRET: SECRET}),
    "a type that is no name": json.dumps({"@type": {SECRET: SECRET}, SECRET: 1}),
    "an empty envelope": json.dumps({"@type": "GenericPayload", "payload": SECRET}),
    "no JSON": f'{{"@type": "Photo", "name": {SECRET}}}',
    "cut short": ITEM[:-5],
    "twice": ITEM + ITEM,
    "an escape that is none": f'{{"@type": "Photo", "name": "\\{SECRET}"}}',
    "a control character": f'{{"@type": "Photo", "name": "{SECRET}\x01{SECRET}"}}',
    "a number that is none": f'{{"@type": "Photo", "name": "{SECRET}", "size": NaN}}',
    "too deep": f'{{"@type": "Photo", "{SECRET}": ' + "[" * 100_000,
    "no UTF-8": b'{"@type": "Photo", "name": "sesame\xff"}',
}
RELATED: dict[str, str | bytes] = {
    "no boundary": ITEM,
    "another boundary": f"--{SECRET}\r\n\r\n{ITEM}",
    "a header that is none": f"--{BOUNDARY}\r\n{SECRET} {SECRET}\r\n\r\n{ITEM}",
    "an encoding that the file has not": f"{PART}{ITEM}\r\n--{BOUNDARY}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    f"{SECRET}!\r\n--{BOUNDARY}--\r\n",
    "no end": f"{PART}{ITEM}\r\n--{BOUNDARY}\r\n\r\n{SECRET}",
}


@pytest.mark.parametrize(
    "kind", ["application/json", f"multipart/related; boundary={BOUNDARY}"], ids=["json", "related"]
)
def test_a_reason_says_nothing_of_what_stands_in_the_item(exporter: Exporter, kind: str) -> None:
    bodies = BODIES if kind == "application/json" else RELATED
    for name, body in bodies.items():
        content = body if isinstance(body, bytes) else body.encode()
        answer = exporter.send("media", content, **{"Content-Type": kind})
        said = answer.json()
        assert answer.status_code >= 400, (name, said)
        assert SECRET not in json.dumps(said), name
    reasons = list(Rejection.objects.values_list("reason", flat=True))
    assert len(reasons) > len(bodies) / 2
    assert not [reason for reason in reasons if SECRET in reason]
