"""Every address of the server."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.entry import views
from config import health, unavailable
from config.metrics import serving as serving_metrics
from importers.content import downloads
from importers.pages import home, search, transfer
from importers.thumbnails import serving
from operations import lists

urlpatterns = [
    path("status", health.status),
    path("status/ready", health.ready),
    path("metrics", serving_metrics.metrics),
    path("", home.home, name="home"),
    path("import/", include("importers.urls")),
    path("things/", include("importers.pages.urls")),
    path("bin/", include("importers.bin.urls")),
    path("search", search.search, name="search"),
    path("transfers/<int:number>/", transfer.transfer, name="transfer"),
    path("content/<str:sha256>", downloads.content, name="content"),
    path("thumbnails/<str:kind>/<str:doc_id>/<str:size>", serving.thumbnail, name="thumbnail"),
    path("", include("moves.urls")),
    path("", include("accounts.urls")),
    path("admin/login/", views.log_in_for_admin),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("lists/<str:app>/<str:model>.<str:form>", lists.download, name="list-file"),
    path("admin/", admin.site.urls),
]

handler400 = unavailable.handler400
handler500 = unavailable.handler500
