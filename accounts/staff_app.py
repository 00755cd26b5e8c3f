"""Django's admin, with a site of our own."""

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    default_site = "accounts.staff_site.StaffSite"
