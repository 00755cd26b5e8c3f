"""`manage.py create_exporter NAME --redirect-uri URI`: a service that may ask people to bring their data here."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from oauth2_provider.generators import generate_client_secret

from accounts.models import Application
from accounts.oauth.issue import COMMAND_LINE
from accounts.scopes import IMPORT, descriptions, import_scope
from accounts.web_address import USUAL_PORTS


class Command(BaseCommand):
    """Registers an exporter and prints, once, everything that the operator of its worker needs."""

    help = "Register an exporter: its client id and secret, and the configuration of its worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = (
            "Example: manage.py create_exporter 'Example Cloud' --redirect-uri https://exporter.example/callback"
        )
        parser.add_argument("name", metavar="NAME", help="what people read on the consent page")
        parser.add_argument("--redirect-uri", action="append", required=True, metavar="URI", dest="redirect_uris")
        parser.add_argument(
            "--vertical",
            action="append",
            metavar="V",
            dest="verticals",
            help=f"restrict it to this kind of data; default: {', '.join(settings.WHARF_VERTICALS)}",
        )
        parser.add_argument(
            "--public", action="store_true", help="a client that can't keep a secret, with PKCE instead"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, name: str, redirect_uris: list[str], verticals: list[str] | None, **options: Any) -> None:
        """Raises CommandError for a vertical that doesn't exist, an address or name that can't be, or a name in use."""
        known = [
            scope.removeprefix(import_scope(""))
            for scope in settings.OAUTH2_PROVIDER["SCOPES"]
            if scope.startswith(import_scope(""))
        ]
        if unknown := [vertical for vertical in verticals or () if vertical not in known]:
            raise CommandError(
                f"No such vertical: {', '.join(unknown)}. There are: {', '.join(settings.WHARF_VERTICALS)}."
            )
        name = name.strip()
        if not name:
            raise CommandError("An exporter needs a name: people read it on the consent page.")
        if name == COMMAND_LINE or Application.objects.filter(name=name).exists():
            raise CommandError(f"An exporter named {name!r} already exists.")
        if spaced := [uri for uri in redirect_uris if not uri or uri.split() != [uri]]:
            raise CommandError(f"Not one address: {spaced[0]!r}. Repeat --redirect-uri for several.")
        chosen = list(dict.fromkeys(verticals or settings.WHARF_VERTICALS))
        secret = "" if options["public"] else generate_client_secret()
        exporter = Application(
            name=name,
            redirect_uris=" ".join(redirect_uris),
            allowed_scopes=" ".join(map(import_scope, chosen)) if verticals else "",
            client_type=Application.CLIENT_PUBLIC if options["public"] else Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            client_secret=secret,
        )
        try:
            exporter.full_clean(exclude=["client_secret"])
        except ValidationError as invalid:
            raise CommandError(" ".join(invalid.messages)) from invalid
        exporter.save()
        registered = describe(exporter, secret, chosen)
        self.stdout.write(json.dumps(registered) if options["json"] else _in_words(registered))


def describe(exporter: Application, secret: str, verticals: list[str]) -> dict[str, Any]:
    """What the operator of the worker needs, as one object; the secret is in it, so print it and forget it."""
    base = settings.WHARF_BASE_URL
    identifier = service_id(base)
    registered = {
        "client_id": exporter.client_id,
        "client_secret": secret,
        "name": exporter.name,
        "redirect_uris": exporter.redirect_uris.split(),
        "verticals": verticals,
        "scopes": exporter.allowed_scopes.split() or [IMPORT],
        "allows": descriptions(exporter.allowed_scopes.split() or [IMPORT], settings.OAUTH2_PROVIDER["SCOPES"]),
        "service_id": identifier,
        "service_config": service_config(identifier, base + "/import/", verticals),
        "service_config_file": f"config/{identifier.lower()}.yaml",
        "environment": {f"{identifier}_KEY": exporter.client_id, f"{identifier}_SECRET": secret},
        "import_service": identifier,
        "authorization_url": base + reverse("oauth2_provider:authorize"),
        "token_url": base + reverse("oauth2_provider:token"),
        "refresh_url": base + reverse("oauth2_provider:refresh"),
    }
    if not secret:
        del registered["client_secret"], registered["environment"][f"{identifier}_SECRET"]
    return registered


def service_id(base_url: str) -> str:
    """Returns what a worker calls this server: its host (and port, if that is not the usual one) as a part of the names
    of environment variables, such as `WHARF_EXAMPLE_ORG`.

    A host of one word gets WHARF_ before it, as does one that begins with a digit: a worker has credentials of its own
    under names such as GOOGLE.
    """
    parts = urlsplit(base_url)
    host = (parts.hostname or "").encode("idna").decode()
    port = "" if parts.port in (None, USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    words = re.findall(r"[A-Z0-9]+", f"{host}{port}".upper())
    if "." not in host or words[0][0].isdigit():
        words.insert(0, "WHARF")
    return "_".join(words)


def service_config(identifier: str, endpoint: str, verticals: list[str]) -> str:
    """A worker's configuration in YAML; it is parsed strictly, so it has these keys and no others."""
    listed = "".join(f"    - vertical: {vertical.upper()}\n" for vertical in verticals)
    return f'serviceConfig:\n  serviceId: "{identifier}"\n  endpoint: "{endpoint}"\n  verticals:\n{listed}'


def _in_words(registered: dict[str, Any]) -> str:
    shown = [f"client id      {registered['client_id']}"]
    if secret := registered.get("client_secret"):
        shown.append(f"client secret  {secret}   (shown only now)")
    return "\n".join(
        [
            f"Registered {registered['name']}.",
            "",
            *shown,
            "",
            "For the operator of its worker. It knows this server, which the data goes to, as"
            f" {registered['service_id']}.",
            "",
            f"1. The service configuration, as the file {registered['service_config_file']} on the worker's class path",
            "",
            registered["service_config"],
            "2. The credentials, as environment variables",
            "",
            *(f"{name}={value}" for name, value in registered["environment"].items()),
            "",
            "3. For the auth extension",
            "",
            f"authorization URL  {registered['authorization_url']}",
            f"token URL          {registered['token_url']}",
            f"refresh URL        {registered['refresh_url']}",
            f"scopes             {' '.join(registered['scopes'])}",
            *(f"                   (to {words})" for words in registered["allows"]),
            "",
            "4. For each job that brings data here",
            "",
            f"import service     {registered['import_service']}",
        ]
    )
