"""`manage.py create_token NAME --scope "..."`: an access token for an account, without a browser."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models.functions import Lower

from accounts.models import Application, User
from accounts.oauth.issue import COMMAND_LINE, issue, own_client
from accounts.oauth.scopes import ClientScopes
from accounts.scopes import IMPORT, granting


class Command(BaseCommand):
    """Prints a token of one hour; with --client also the refresh token that the exporter would have been given."""

    help = "Make an access token for an account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py create_token ada --scope import"
        parser.add_argument("name", metavar="NAME", help="the account")
        parser.add_argument("--scope", default="", help='space separated, such as "import:blobs import:media"')
        parser.add_argument("--client", metavar="CLIENT_ID", help="an exporter, to be given a refresh token as well")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, name: str, scope: str, client: str | None, **options: Any) -> None:
        """Raises CommandError when there is no such account or client, or when the client may not have the scope."""
        user = User.objects.alias(lowered=Lower("username")).filter(lowered=name.lower()).first()
        if user is None:
            raise CommandError(f"There is no account named {name!r}. Make one with create_account.")
        application = self._client(client)
        issued = issue(user, application, self._scope(scope, application, client), refreshable=client is not None)
        token = {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
            "scope": issued.scope,
            "client_id": application.client_id,
        }
        if issued.refresh_token:
            token["refresh_token"] = issued.refresh_token
        if options["json"]:
            self.stdout.write(json.dumps(token))
            return
        self.stdout.write(issued.access_token)
        if issued.refresh_token:
            self.stdout.write(f"Refresh token: {issued.refresh_token}")
        self.stderr.write(f"For {user.username}, scope {issued.scope}, good for {issued.expires_in // 60} minutes.")

    def _client(self, client_id: str | None) -> Application:
        if client_id is None:
            return own_client(COMMAND_LINE)
        try:
            return Application.objects.get(client_id=client_id)
        except Application.DoesNotExist as unknown:
            raise CommandError(f"There is no client {client_id!r}. Register one with create_exporter.") from unknown

    def _scope(self, scope: str, application: Application, client_id: str | None) -> str:
        """The scope asked for, or the client's own; an operator's token by hand may have any scope there is."""
        table = ClientScopes()
        wanted = list(dict.fromkeys(scope.split()))
        if client_id is None:
            allowed, wanted = list(table.get_all_scopes()), wanted or [IMPORT]
        else:
            allowed, wanted = table.get_available_scopes(application), wanted or table.get_default_scopes(application)
        if refused := [name for name in wanted if name not in allowed]:
            there_are = ", ".join(name for name in granting(table.get_all_scopes()) if name in allowed)
            raise CommandError(f"Not a scope that can be given: {', '.join(refused)}. There are: {there_are}.")
        return " ".join(wanted)
