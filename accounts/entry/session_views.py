"""Where a person is logged in, and how that ends."""

from typing import Any

from allauth.usersessions import views
from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.person import person_of
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record


@method_decorator(never_cache, name="dispatch")
class Sessions(views.ListUserSessionsView):
    """The list. It ends one of the others, or all of them."""

    template_name = "accounts/sessions.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ends those that were chosen: `session` is the number of one."""
        person = person_of(request)
        chosen = request.POST.get("session", "")
        if chosen:
            number = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0  # of a BIGINT
            found = [one for one in UserSession.objects.filter(user=person, pk=number) if not one.is_current()]
            end_sessions(request, found)
            said = _("That session has ended.") if found else _("That session has ended already.")
        else:
            end_other_sessions(request, person)
            said = _("All other sessions have ended.")
        record(AuditKind.SESSION_ENDED, subject=subjects.person(person.pk), which="one" if chosen else "others")
        messages.success(request, said)
        return redirect("usersessions_list")
