"""People in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin.rights import RIGHTS, may_change, may_give_rights, those_whom
from accounts.models import User
from accounts.paging import CappedPaginator
from accounts.sizes import human_size, parse_size


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

    quota_bytes = SizeField(label="Quota", required=False, help_text="Such as 5GB or 2GiB. Empty: no limit.")


class NewPersonForm(AdminUserCreationForm):
    """A new person, who needs an e-mail address to set a forgotten password."""

    class Meta:
        model = User
        fields = ("username", "email")


class PersonAdmin(UserAdmin):
    """Search by name and address; use and quota in units; blocking with a reason that the person reads."""

    form = PersonForm
    add_form = NewPersonForm
    paginator = CappedPaginator
    show_full_result_count = False
    list_display = ("username", "email", "use", "quota", "blocked", "is_active", "date_joined")
    list_filter = ("blocked", "is_active", "is_staff")
    search_fields = ("username", "email")
    ordering = ("-pk",)
    readonly_fields = (
        "email_proven",
        "use",
        "services",
        "blocked_at",
        "moved_to",
        "moved_from",
        "delete_after",
        "last_login",
    )
    actions = ("block", "unblock")
    fieldsets = (
        (None, {"fields": ("username", "email", "email_proven", "password")}),
        ("Room", {"fields": ("use", "quota_bytes")}),
        ("Blocked", {"fields": ("blocked", "blocked_note", "blocked_at")}),
        ("Moved", {"fields": ("moved_to", "moved_from", "delete_after"), "classes": ("collapse",)}),
        ("Services", {"fields": ("services",)}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)

    @admin.display(description="in use", ordering="used_bytes")
    def use(self, person: User) -> str:
        """What the person holds."""
        share = "" if person.used_percent is None else f" ({person.used_percent}%)"
        return human_size(person.used_bytes) + share

    @admin.display(description="quota", ordering="quota_bytes")
    def quota(self, person: User) -> str:
        """What the person may hold."""
        return "no limit" if person.quota_bytes is None else human_size(person.quota_bytes)

    @admin.display(description="connected services")
    def services(self, person: User) -> str:
        """A link to the person's grants."""
        return format_html(
            '<a href="{}?user__id__exact={}">What services were granted</a>',
            reverse("admin:oauth2_provider_refreshtoken_changelist"),
            person.pk,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What nobody changes here, and what only superusers change."""
        return self.readonly_fields if may_give_rights(request) else (*self.readonly_fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the operator's permissions say; of people with rights, for superusers only."""
        return super().has_change_permission(request, obj) and may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same."""
        return super().has_delete_permission(request, obj) and may_change(request, obj)

    def save_model(self, request: HttpRequest, person: User, form: Any, change: bool) -> None:
        """Notes since when the person is blocked."""
        if "blocked" in form.changed_data:
            person.blocked_at = timezone.now() if person.blocked else None
        super().save_model(request, person, form, change)

    @admin.action(description="Block selected people", permissions=["change"])
    def block(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Stops what comes in for them; those blocked for another reason stay as they are."""
        number = (
            those_whom(request, people)
            .filter(blocked="")
            .update(blocked=User.Blocked.BY_OPERATOR, blocked_at=timezone.now())
        )
        self.message_user(request, f"Blocked: {number}.", messages.SUCCESS)

    @admin.action(description="Unblock selected people", permissions=["change"])
    def unblock(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Lets data in again for those whom an operator has blocked; a move ends by its own rules."""
        theirs = those_whom(request, people).filter(blocked=User.Blocked.BY_OPERATOR)
        number = theirs.update(blocked="", blocked_at=None, blocked_note="")
        self.message_user(request, f"Unblocked: {number}.", messages.SUCCESS)

    def get_deleted_objects(
        self, people: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """The people, without a list of everything they have: that may be a million records."""
        names = [f"{person} and everything in the account ({human_size(person.used_bytes)})" for person in people]
        is_theirs = all(self.has_delete_permission(request, person) for person in people)
        needed: set[str] = set() if is_theirs else {str(self.opts.verbose_name)}
        return names, {str(self.opts.verbose_name_plural): len(names)}, needed, []
