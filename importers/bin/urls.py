"""What is below /bin/."""

from django.urls import path

from importers.bin import acting, pages

urlpatterns = [
    path("", pages.overview, name="bin"),
    path("throw", acting.throw, name="bin-throw"),
    path("restore", acting.restore, name="bin-restore"),
    path("delete", acting.delete, name="bin-delete"),
    path("jobs/<int:number>/", acting.progress, name="bin-job"),
    path("<str:vertical>/<str:kind>/", pages.things, name="bin-things"),
]
