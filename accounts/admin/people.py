"""People in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import ActingAdmin, Deed
from accounts.admin.people_deeds import DEEDS
from accounts.admin.rights import RIGHTS, ChoiceOfRights, may_change, may_give_rights
from accounts.admin.room import NearlyFullFilter
from accounts.models import User
from accounts.paging import CappedPaginator
from accounts.sections import StaffSection
from accounts.sizes import human_size, parse_size

format_html_lazy = lazy(format_html, str)


class SizeField(forms.CharField):
    """Bytes, written as people write sizes; empty: None."""

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        """Raises ValidationError for what is not a size."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return parse_size(text)
        except ValueError as not_a_size:
            raise forms.ValidationError(str(not_a_size)) from not_a_size

    def prepare_value(self, value: Any) -> Any:
        """Bytes as a size, when that says them exactly."""
        if not isinstance(value, int):
            return value
        written = human_size(value).replace(" bytes", " B").replace(" byte", " B")
        return written if parse_size(written) == value else f"{value} B"

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the number of bytes changed, however it is written."""
        return super().has_changed(self.prepare_value(initial), data)


class PersonForm(UserChangeForm):
    """A person, with the quota in units."""

    quota_bytes = SizeField(label=_("Quota"), required=False, help_text=_("Such as 5GB or 2GiB. Empty: no limit."))

    class Meta(UserChangeForm.Meta):
        help_texts: ClassVar = {
            "is_active": _("Who is not may not log in; everything of theirs stays."),
            "is_staff": _("May open these pages."),
            "is_superuser": _("May do everything, and give rights."),
            "groups": _("They may do what their groups may."),
            "user_permissions": _("What they may do beside that."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password" in self.fields:
            self.fields["password"].help_text = gettext("Nobody can see it.")


class NewPersonForm(AdminUserCreationForm):
    """A new person, who needs an e-mail address to set a forgotten password."""

    class Meta:
        model = User
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["usable_password"].help_text = gettext(
            "Without a password they can’t log in until one is set here."
        )


class PersonPasswordForm(AdminPasswordChangeForm):
    """A new password for a person, or none any more."""

    usable_password_help_text = format_html_lazy(
        '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
        _("Whether they can log in with a password."),
        _("The password that they have now is gone then, and they can’t log in until one is set here."),
    )


class PersonAdmin(ChoiceOfRights, ActingAdmin, UserAdmin):
    """Search by name and address; use and quota in units. Who is blocked, and why, is only shown: a deed changes it,
    which asks first, and so does a move, which no form is to end."""

    section = StaffSection.PEOPLE
    list_name = _("People")
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PersonPasswordForm
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER  # each would count everything
    show_full_result_count = False
    list_display = ("username", "email", "use", "quota", "stands", "joined")
    list_filter = ("blocked", "is_active", "is_staff", NearlyFullFilter)
    search_fields = ("username", "email")
    ordering = ("-pk",)
    readonly_fields = (
        "email_proven",
        "use",
        "services",
        "blocked",
        "blocked_note",
        "blocked_at",
        "moved_to",
        "moved_from",
        "delete_after",
        "deletion_at",
        "deletion_by",
        "date_joined",
        "last_login",
    )
    deeds: ClassVar[tuple[Deed, ...]] = DEEDS
    fieldsets = (
        (None, {"fields": ("username", "email", "email_proven", "password")}),
        (_("Room"), {"fields": ("use", "quota_bytes")}),
        (_("Blocked"), {"fields": ("blocked", "blocked_note", "blocked_at")}),
        (_("Moved"), {"fields": ("moved_to", "moved_from", "delete_after"), "classes": ("collapse",)}),
        (_("Deletion"), {"fields": ("deletion_at", "deletion_by"), "classes": ("collapse",)}),
        (_("Services"), {"fields": ("services",)}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)

    @admin.display(description=_("email proven"))
    def email_proven(self, person: User) -> str:
        """Whether the address is known to be theirs, in words."""
        return gettext("yes") if person.email_proven else gettext("no")

    @admin.display(description=_("in use"), ordering="used_bytes")
    def use(self, person: User) -> str:
        """What the person holds."""
        if person.used_percent is None:
            return human_size(person.used_bytes)
        said = {"size": human_size(person.used_bytes), "percent": person.used_percent}
        return gettext("%(size)s (%(percent)s%%)") % said

    @admin.display(description=_("quota"), ordering="quota_bytes")
    def quota(self, person: User) -> str:
        """What the person may hold."""
        return gettext("no limit") if person.quota_bytes is None else human_size(person.quota_bytes)

    @admin.display(description=_("blocked"), ordering="blocked")
    def stands(self, person: User) -> str:
        """What stands against it that something comes in."""
        return person.get_blocked_display() or ("–" if person.is_active else gettext("may not log in"))

    @admin.display(description=_("since"), ordering="date_joined")
    def joined(self, person: User) -> str:
        return date_format(timezone.localtime(person.date_joined), "DATE_FORMAT")

    @admin.display(description=_("connected services"))
    def services(self, person: User) -> str:
        """A link to the person's grants."""
        return format_html(
            '<a href="{}?user__id__exact={}">{}</a>',
            reverse("admin:oauth2_provider_refreshtoken_changelist"),
            person.pk,
            gettext("What services were granted"),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Returns those of the form; whoever changes nothing in it reads the quota in units."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (name, options | {"fields": tuple("quota" if one == "quota_bytes" else one for one in options["fields"])})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What nobody changes here, and what only superusers change."""
        return self.readonly_fields if may_give_rights(request) else (*self.readonly_fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the operator's permissions say; of people with rights, for superusers only."""
        return super().has_change_permission(request, obj) and may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: an account is deleted by a deed, which says what that means and gives its person their days."""
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whether the operator may have accounts deleted."""
        return request.user.has_perm("accounts.delete_user")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever may change people may block them."""
        return self.has_change_permission(request)

    def may_do(self, request: HttpRequest, row: Any) -> bool:
        """What is done with people with rights, only superusers do."""
        return may_change(request, row)
