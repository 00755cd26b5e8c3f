"""What is below /import."""

from django.urls import path

from importers.receiving.views import ImportView, TakenView
from importers.schemas import views as schemas
from importers.schemas.addresses import SCHEMAS

urlpatterns = [
    path("", TakenView.as_view(), name="import-taken"),
    path(SCHEMAS, schemas.schema, name="import-schemas"),
    path(f"{SCHEMAS}<str:vertical>.json", schemas.schema, name="import-schema"),
    path("<path:vertical>", ImportView.as_view(), name="import"),
]
