"""The page of connected services."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.connections import connections, disconnect, end_leaves, leaves
from accounts.person import person_of


@never_cache
@login_required
@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """Which services may act for this person."""
    person = person_of(request)
    held = leaves(person)
    words = {
        "connections": connections(person),
        "leaves": held,
        "wizards": list(dict.fromkeys(one.application.name for one in held)),  # one holds a leave for each try
    }
    return render(request, "accounts/services.html", words)


@login_required
@require_POST
def disconnect_service(request: HttpRequest, application: int) -> HttpResponse:
    """Ends what a service may do, at once."""
    person = person_of(request)
    # Only among the person's own: any other number is answered alike, whether there is such a client or not.
    held = next((held for held in connections(person) if held.application.pk == application), None)
    if held is None:
        messages.info(request, _("That service is not connected."))
    else:
        disconnect(person, held.application)
        messages.success(
            request, _("%(service)s is disconnected. It can't add anything any more.") % {"service": held.application}
        )
    return redirect("services")


@login_required
@require_POST
def disconnect_leaves(request: HttpRequest) -> HttpResponse:
    """Ends what wizards may do, at once; a move that was confirmed goes on, and is stopped on its own page."""
    end_leaves(person_of(request))
    messages.success(request, _("They can’t ask for a move of your account any more."))
    return redirect("services")
