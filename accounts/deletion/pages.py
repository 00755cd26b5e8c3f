"""The pages on which somebody has their account deleted, and keeps it after all."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import local_times
from accounts.connections import connections
from accounts.deletion import asking
from accounts.entry.identity import ConfirmIdentityForm
from accounts.models import User
from accounts.person import person_of

# What floors above have that goes with an account: each yields some of it, in words such as "1,200 photos".
belongings: list[Callable[[User], Iterable[str]]] = []


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: HttpRequest) -> HttpResponse:
    """Has the account deleted, after its person has shown who they are. Where that was asked for already: when it is,
    and how to keep it."""
    person = person_of(request)
    if person.deletion_at is not None:
        return waiting(request, person)
    form = ConfirmIdentityForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        due = asking.ask(person, User.DeletionBy.PERSON)
        if settings.WHARF_DELETION_AFTER:
            said = _("Your account is deleted on %(day)s. Until then you can log in and keep it.")
        else:
            said = _("Your account is deleted within minutes.")
        logout(request)
        messages.success(request, said % {"day": local_times.day(due)})
        return redirect("home")
    words = {
        "form": form,
        "belongings": [one for some in belongings for one in some(person)],
        "connections": connections(person),
        "days": settings.WHARF_DELETION_AFTER.days,
    }
    return render(request, "accounts/delete.html", words)


def waiting(request: HttpRequest, person: User, *, refused: bool = False) -> HttpResponse:
    """Returns the page of an account that is going to be deleted. `refused`: instead of a page that would have changed
    something."""
    words = {"is_own": person.deletion_by == User.DeletionBy.PERSON, "refused": refused}
    return render(request, "accounts/deletion_waits.html", words, status=409 if refused else 200)


@login_required
@require_POST
def keep_account(request: HttpRequest) -> HttpResponse:
    """Takes the deletion back."""
    if asking.keep(person_of(request), User.DeletionBy.PERSON):
        stays = _("Your account stays, with everything in it. Services that you have connected can add to it again.")
        messages.success(request, stays)
    else:
        messages.error(request, _("Your account can’t be kept any more."))
    return redirect("home")


@login_required
@require_POST
def delete_anyway(request: HttpRequest) -> HttpResponse:
    """Leaves it at that, and logs the person out."""
    due = person_of(request).deletion_at
    logout(request)
    if due is not None:
        messages.success(
            request, _("Nothing was changed: your account is deleted on %(day)s.") % {"day": local_times.day(due)}
        )
    return redirect("home")
