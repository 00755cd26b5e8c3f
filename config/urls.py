"""Every address of the server."""

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("status", health.status),
    path("status/ready", health.ready),
    path("import/", include("importers.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
