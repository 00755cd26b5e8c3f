"""The pages of imports: "Bring data in", and the report of each."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.person import person_of
from moves.imports import report as reports
from moves.imports.forms import BringInForm
from moves.imports.requests import begin, precheck
from moves.jsonapi import JsonApiRefusal
from moves.models import ArchiveImport

LISTED_IMPORTS = 50  # imports that the page lists
LISTED_ON_PAGE = 500  # entries of each kind that a report shows


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """A person's imports: the one that is running, past ones with their reports, and the form for another one."""
    person = person_of(request)
    form = BringInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            precheck(person, form.cleaned_data["link"])
            begin(person, link=form.cleaned_data["link"], origin="page")
        except JsonApiRefusal as refused:
            form.add_error("link" if refused.status in (412, 422) else None, refused.detail)
        else:
            return redirect("importing")
    all_of_them = list(person.archive_imports.order_by("-pk")[:LISTED_IMPORTS])
    running = next((one for one in all_of_them if one.state == ArchiveImport.State.IMPORTING), None)
    past = [one for one in all_of_them if one is not running]
    words = {"form": form, "running": running, "past": past}
    wrong = 422 if "link" in form.errors else 409
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
        "proven": reports.proven(found),
        "ended": reports.ended(found),
        "doctypes": sorted(found.doctypes.items()),
    }
    return render(request, "moves/import.html", words)
