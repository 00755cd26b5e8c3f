"""What is below /import."""

from django.urls import path

from importers.views import ImportView, TokenView

urlpatterns = [
    path("", TokenView.as_view(), name="import-token"),
    path("<path:vertical>", ImportView.as_view(), name="import"),
]
