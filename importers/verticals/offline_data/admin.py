"""Offline data."""

from django.contrib import admin

from importers.freeform.admin import FreeformAdmin, FreeformFileAdmin
from importers.verticals.offline_data.models import OfflineData, OfflineDataFile

admin.site.register(OfflineData, FreeformAdmin)
admin.site.register(OfflineDataFile, FreeformFileAdmin)
