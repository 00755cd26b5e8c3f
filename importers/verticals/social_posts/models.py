"""What people posted."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.models.record import Record, by_date


class SocialActivity(Record):
    """A post, a check-in, a comment...: `activity_type` in the exporter's words, such as NOTE.

    `actor_url`: the page of its author. `place` has the name of where it was, `coordinates` latitude and longitude in
    degrees ("38.7,-9.42", as RFC 5870 has them). `attachments` has one per line: what it is called and says, its type,
    its address.
    """

    identifier = models.TextField()
    activity_type = models.TextField(blank=True)
    actor_name = models.TextField(blank=True)
    actor_url = models.TextField(null=True, blank=True)
    title = models.TextField(blank=True)
    content = models.TextField(blank=True)
    url = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    attachments = models.TextField(null=True, blank=True)
    place = models.TextField(null=True, blank=True)
    coordinates = models.TextField(null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("post")
        indexes = [*Record.Meta.indexes, by_date("published_at")]
