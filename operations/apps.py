"""The operator's site, and what is counted for it."""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.db.models.signals import post_migrate


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        """Says what models are called, and yes and no; after each migration, whoever has a role may see what is new."""
        from accounts.roles import make_groups
        from operations.icons import put_into_words
        from operations.names import make_known

        make_known()
        put_into_words()
        post_migrate.connect(make_groups, sender=apps.get_app_config("config"))  # the last one of all


class StaffConfig(SimpleAdminConfig):
    """Django's admin, with a site of our own. Its pages are loaded when they are served (`StaffSite.urls`), when they
    are checked, or when what they have said is read."""

    default_site = "operations.site.StaffSite"

    def ready(self) -> None:
        """Lets pages be checked, and what they have said be known."""
        from accounts import texts

        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)
        texts.loaders.append(admin.autodiscover)


def check_pages(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Returns what Django finds wrong with any page of the admin, and what we do."""
    admin.autodiscover()
    from accounts.admin.actions import actions_name_their_permission

    return [*check_admin_app(app_configs), *actions_name_their_permission()]
