"""The pages of imports: "Bring data in", and the report of each."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.person import person_of
from accounts.texts import kept_text, translated
from moves.imports import questions
from moves.imports import report as reports
from moves.imports.forms import PLAIN, BringInForm
from moves.imports.requests import cancel
from moves.models import ArchiveImport, ImportQuestion
from moves.peers.errors import host_of

LISTED_IMPORTS = 50  # imports that the page lists
LISTED_ON_PAGE = 500  # entries of each kind that a report shows
STOPPED_BY = kept_text("It was stopped by %(person)s. What has arrived stays.")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """A person's imports: the one that is running, past ones with their reports, and the form for another one."""
    person = person_of(request)
    form = BringInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        question = questions.ask(request, person, form.cleaned_data["link"])
        if question is None or question.is_open:
            return redirect("importing" if question is None else "imports-asking")
        _add_refusal(form, question)
    return _page(request, form)


@never_cache
@login_required
@require_GET
def asking(request: HttpRequest) -> HttpResponse:
    """While the other server is asked what the link leads to; then what comes next."""
    person = person_of(request)
    question = questions.look(request, person)
    if question is None:
        is_running = person.archive_imports.filter(state=ArchiveImport.State.IMPORTING).exists()
        return redirect("importing" if is_running else "imports")
    if question.is_open:
        words = {"host": host_of(question.link), "stop": reverse("imports-stop-asking")}
        return render(request, "moves/asking.html", words)
    form = BringInForm({"link": question.link})
    form.is_valid()
    _add_refusal(form, question)
    return _page(request, form)


@login_required
@require_POST
def stop_asking(request: HttpRequest) -> HttpResponse:
    """The person does not want to wait for the other server."""
    questions.withdraw(person_of(request))
    return redirect("imports")


def _add_refusal(form: BringInForm, question: ImportQuestion) -> None:
    """Says in the form why no import could begin."""
    form.add_error("link" if question.status in (412, 422) else None, translated(question.refused))


def _page(request: HttpRequest, form: BringInForm) -> HttpResponse:
    all_of_them = list(person_of(request).archive_imports.order_by("-pk")[:LISTED_IMPORTS])
    running = next((one for one in all_of_them if one.state == ArchiveImport.State.IMPORTING), None)
    past = [(one, reports.in_short(one)) for one in all_of_them if one is not running]
    words = {"form": form, "running": running, "past": past}
    wrong = 422 if form.has_error("link", PLAIN) else 409
    return render(request, "moves/imports.html", words, status=wrong if form.is_bound and form.errors else 200)


@never_cache
@login_required
@require_GET
def report(request: HttpRequest, doc_id: str) -> HttpResponse:
    """What came of one import. 404 for those of others."""
    found = get_object_or_404(ArchiveImport, owner=person_of(request), doc_id=doc_id)
    words = {
        "archive_import": found,
        "outcomes": reports.outcomes(found),
        "groups": reports.groups(found, LISTED_ON_PAGE),
        "came": reports.came(found),
        "checked": reports.checked(found),
        "doctypes": sorted(found.doctypes.items()),
    }
    return render(request, "moves/import.html", words)


@login_required
@require_POST
def stop(request: HttpRequest, doc_id: str) -> HttpResponse:
    """Stops an import, whatever it is doing; what has arrived stays. 404 for those of others."""
    person = person_of(request)
    found = get_object_or_404(ArchiveImport, owner=person, doc_id=doc_id)
    if cancel(found, STOPPED_BY % {"person": person.username}):
        messages.success(request, _("It is stopped. What has arrived stays here."))
    else:
        messages.info(request, _("It has ended already."))
    return redirect("imports")
