"""What people posted."""

from django.db import models

from importers.models.record import Record


class SocialActivity(Record):
    """A post, a check-in, a comment...: `activity_type` in the exporter's words, such as NOTE."""

    identifier = models.TextField()
    activity_type = models.TextField(blank=True)
    actor_name = models.TextField(blank=True)
    title = models.TextField(blank=True)
    content = models.TextField(blank=True)
    url = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = "post"
