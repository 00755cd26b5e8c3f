"""Bearer tokens (RFC 6750): the good token of a request, in one query, or why there is none or it is not enough."""

from functools import cache
from hashlib import sha256
from typing import Any, NoReturn

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from oauth2_provider.models import AccessToken
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from accounts.models import Application, User

# What every item asks of a token, its person and its client, in the order in which their models have it. The statement
# is written once per process: writing it anew took ten times as long as the database takes to answer it.
TOKEN_COLUMNS = ("id", "user_id", "token_checksum", "application_id", "expires", "scope", "resource")
USER_COLUMNS = ("id", "is_active", "username", "quota_bytes", "used_bytes", "blocked", "blocked_note")
CLIENT_COLUMNS = ("id", "client_id", "name")
_USER = len(TOKEN_COLUMNS)  # where its columns begin in a row
_CLIENT = _USER + len(USER_COLUMNS)
LONGEST_BEARER = 512  # characters; tokens of this server have 30
CHALLENGE = 'Bearer realm="wharf"'


class TokenRefused(AuthenticationFailed):
    """401 `invalid_token`: `detail` says why, `www_authenticate` is the header that goes with it (section 3)."""

    code = "invalid_token"
    default_code = "invalid_token"

    def __init__(self, description: str) -> None:
        super().__init__(description, code=self.code)
        self.www_authenticate = f'{CHALLENGE}, error="{self.code}", error_description="{description}"'


class InsufficientScope(PermissionDenied):
    """403 `insufficient_scope`: `detail` says what to do, `www_authenticate` names the scope (section 3.1)."""

    code = "insufficient_scope"
    default_code = "insufficient_scope"

    def __init__(self, scope: str, description: str) -> None:
        super().__init__(description, code=self.code)
        self.www_authenticate = f'{CHALLENGE}, error="{self.code}", scope="{scope}"'


def token_of(request: HttpRequest) -> AccessToken:
    """Returns the access token of a request, as `good_token` does."""
    return good_token(request.META.get("HTTP_AUTHORIZATION", ""), request.path)


def good_token(authorization: str, path: str) -> AccessToken:
    """Returns the access token in a request's `Authorization`, with its user and its application already joined.

    Raises `TokenRefused`, with the description "The access token expired" when it did, as the import specification has
    it: the worker then refreshes.
    """
    token = _find(_presented(authorization))
    if token is None or token.user_id is None or token.application_id is None:
        _refuse("The access token is unknown or has been revoked.")
    if not token.user.is_active:
        _refuse("The account of this access token is not active.")
    if token.is_expired():
        _refuse("The access token expired")
    if token.resource and not token.allows_audience(settings.WHARF_BASE_URL + path):
        _refuse("The access token was given for another server.")  # RFC 8707, section 2
    return token


def _presented(header: str) -> str:
    """The token in an `Authorization` header (section 2.1); the scheme's case doesn't matter."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        _refuse("No access token was sent. Send it in the header: Authorization: Bearer TOKEN.")
    token = token.strip()
    if len(token) > LONGEST_BEARER or not token.isascii() or not token.isprintable():
        _refuse("The access token is malformed.")
    return token


def _find(token: str) -> AccessToken | None:
    """The token's row by its hash, which is all that is stored of it."""
    statement, converters = _query(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, [sha256(token.encode("ascii")).hexdigest()])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for position, (convert, column) in converters.items():
        for converter in convert:
            values[position] = converter(values[position], column, connection)
    found = AccessToken.from_db(connection.alias, TOKEN_COLUMNS, values[:_USER])
    if found.user_id is not None:
        found.user = User.from_db(connection.alias, USER_COLUMNS, values[_USER:_CLIENT])
    if found.application_id is not None:
        found.application = Application.from_db(connection.alias, CLIENT_COLUMNS, values[_CLIENT:])
    return found


@cache
def _query(vendor: str) -> tuple[str, dict[int, Any]]:
    """The statement, and what makes values of Python of the columns that a database gives as something else."""
    columns = [
        *TOKEN_COLUMNS,
        *(f"user__{name}" for name in USER_COLUMNS),
        *(f"application__{name}" for name in CLIENT_COLUMNS),
    ]
    tokens = AccessToken.objects.filter(token_checksum="").values_list(*columns)
    compiler = tokens.query.get_compiler(connection=connection)
    statement, _ = compiler.as_sql()
    return statement, compiler.get_converters([column for column, _, _ in compiler.select])


def _refuse(description: str) -> NoReturn:
    raise TokenRefused(description)
