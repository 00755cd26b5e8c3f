"""Accounts that data is on its way to, as rows say it."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from moves.imports.progress import cookie
from moves.models import ArchiveImport, Move

MB = 1_000_000


def arriving(owner: User, **columns: Any) -> ArchiveImport:
    """An import that is under way: a quarter of it has been read."""
    now = timezone.now()
    told = {
        "server": "cloud.example",
        "started_at": now - timedelta(seconds=50),
        "heartbeat_at": now,
        "documents": 1234,
        "files_count": 1000,
        "files_size": 240 * MB,
        "bytes_read": 250 * MB,
        "bytes_expected": 1000 * MB,
        "doctypes": {"io.cozy.files": 1100, "io.cozy.photos.albums": 1, "org.example.poems": 133},
    }
    return ArchiveImport.objects.create(owner=owner, **(told | columns))


def announced(owner: User, **columns: Any) -> Move:
    """A move to here whose source has called."""
    told = {
        "side": Move.Side.TARGET,
        "state": Move.State.ANNOUNCED,
        "peer_url": "https://old.example/",
        "lease_until": timezone.now() + timedelta(hours=1),
    }
    return Move.objects.create(owner=owner, **(told | columns))


def with_cookie(user: User) -> Client:
    """A browser that is not logged in, and has typed the account's password for a wizard."""
    response = HttpResponse()
    cookie.grant(response, user)
    client = Client()
    client.cookies[cookie.ARRIVAL_COOKIE] = response.cookies[cookie.ARRIVAL_COOKIE].value
    return client
