"""What is below /import."""

from django.urls import path

from importers.receiving.views import ImportView, TokenCheckView

urlpatterns = [
    path("", TokenCheckView.as_view(), name="import-token"),
    path("<path:vertical>", ImportView.as_view(), name="import"),
]
