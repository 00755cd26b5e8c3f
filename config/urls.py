"""Every address of the server."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts import pages
from config import health
from importers.content import downloads
from importers.pages import home

urlpatterns = [
    path("status", health.status),
    path("status/ready", health.ready),
    path("", home.home, name="home"),
    path("import/", include("importers.urls")),
    path("content/<str:sha256>", downloads.content, name="content"),
    path("", include("moves.urls")),
    path("", include("accounts.urls")),
    path("admin/login/", pages.log_in_for_admin),
    path("admin/password_change/", RedirectView.as_view(pattern_name="change-password")),
    path("admin/", admin.site.urls),
]
