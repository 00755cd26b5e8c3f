"""What is below /move, and the pages of exports, on one screen."""

from django.urls import path

from moves.exports import api, downloads, pages

urlpatterns = [
    path("move/exports", api.exports, name="exports-api"),
    path("move/exports/data/<str:opaque>", downloads.data, name="export-data"),
    path("move/exports/<str:opaque>", api.export, name="export-document"),
    path("settings/exports", pages.exports, name="exports"),
    path("settings/exports/<str:doc_id>/revoke", pages.revoke, name="revoke-export"),
    path("exports/<str:opaque>", pages.export, name="export"),
    path("exports/<str:opaque>/progress", pages.progress, name="export-progress"),
]
