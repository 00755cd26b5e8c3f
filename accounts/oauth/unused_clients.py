"""Clients that registered themselves (see `registration`) and that nobody has used."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import Application


def remove() -> int:
    """Deletes clients that registered themselves a day ago and hold no token of anybody. Returns their number."""
    held = AccessToken.objects.filter(application=OuterRef("pk"), user__isnull=False, expires__gt=timezone.now())
    kept: timedelta = settings.WHARF_REGISTRATION_KEPT
    unused = Application.objects.filter(
        ~Exists(held),
        registration_source=Application.RegistrationSource.DCR,
        created__lt=timezone.now() - kept,
    )
    _, by_model = unused.delete()
    return by_model.get(Application._meta.label, 0)
