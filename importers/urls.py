"""What is below /import."""

from django.urls import path

from importers.views import ImportView

urlpatterns = [path("<path:vertical>", ImportView.as_view(), name="import")]
