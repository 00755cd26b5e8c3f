"""A copy of an installation becomes another one: it touches no byte of the first, and speaks to nobody in its name."""

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import Letter, ProcessSign
from config.backups.dumps import NAMED_IN
from importers.models import InstallationId, PreparedKey, Upload
from importers.models.running_backup import RunningBackup
from moves.models import ArchiveImport, Farewell, ImportQuestion, Move, MoveCode

COPY = "This server is a copy of the one that this was begun at."
SPEAKING = (AccessToken, RefreshToken, Grant, MoveCode, Session, UserSession, Letter, Farewell, ImportQuestion)
SECRETS_OF_MOVES = ("peer_token", "peer_client_secret", "given_token", "unsent_secret", "link", "changes_link")
OF_PROCESSES = (Upload, PreparedKey, ProcessSign, RunningBackup)


def key_of(key: str, former: str, folder: str) -> str:
    """Returns where a file lies in the folder of another installation."""
    return f"{folder}/{key.removeprefix(former + '/')}"


@transaction.atomic
def become_new(former: str, folder: str) -> None:
    """Gives the installation in the database another id, and its files other keys. Ends what it would go on with in the
    other's name: tokens, sessions, mails, moves and imports."""
    for model in (*SPEAKING, *OF_PROCESSES):
        model._default_manager.all().delete()
    now = timezone.now()
    wiped = dict.fromkeys(SECRETS_OF_MOVES, "")
    Move.objects.filter(ended_at=None).update(state=Move.State.FAILED, ended_at=now, next_at=None, **wiped)
    running = ArchiveImport.objects.filter(state=ArchiveImport.State.IMPORTING)
    running.update(state=ArchiveImport.State.ERROR, error=COPY, finished_at=now, link="")
    InstallationId.objects.update(folder=folder)
    for label in NAMED_IN:
        rows = apps.get_model(label)._default_manager
        own = rows.filter(storage_key__startswith=f"{former}/")
        others = rows.exclude(storage_key__startswith=f"{former}/").exclude(storage_key__startswith=f"{folder}/")
        others.update(storage_key=Concat(Value(f"{folder}/"), F("storage_key")))
        own.update(storage_key=Concat(Value(f"{folder}/"), Substr("storage_key", len(former) + 2)))
