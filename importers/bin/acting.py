"""What people do with the bin: they throw away, bring back, and delete for good."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.numbers import thousands
from accounts.person import person_of
from importers import waking
from importers.bin import choices, job
from importers.bin.asked import BinChoice, asked_for
from importers.bin.marking import next_address, nothing_marked
from importers.bin_titles import EVERYTHING, BinTitle, called
from importers.models import BinJob

MOST_COUNTED = 10_000  # records of each kind that a question counts
LOOKS_AGAIN = 3  # seconds after which the page of a job is loaded again
THROW, RESTORE, DELETE = BinJob.Action.THROW, BinJob.Action.RESTORE, BinJob.Action.DELETE


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def throw(request: HttpRequest) -> HttpResponse:
    """Asks whether something is to be thrown away, and what happens then; or throws it away."""
    person = person_of(request)
    asked = asked_for(person, request.POST if request.method == "POST" else request.GET, in_bin=False)
    if request.method == "POST":
        return nothing_marked(request) or _begin(request, THROW, asked)
    words = {
        "asked": asked,
        "number": choices.counted(person, asked.parts, in_bin=False, most=MOST_COUNTED),
        "inside": asked.container
        and choices.counted(person, choices.with_contents(asked.container), in_bin=False, most=MOST_COUNTED) - 1,
        "kind": asked.container and asked.container._meta.verbose_name,
        "most": MOST_COUNTED,
        "days": settings.WHARF_BIN_TIME.days,
        "back": next_address(request, request.GET.get("next", "")) or asked.page or reverse("home"),
    }
    return render(request, "importers/bin/throw.html", words)


@login_required
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Brings something back to where it was."""
    person = person_of(request)
    asked = asked_for(person, request.POST, in_bin=True)
    if "job" in asked.said:  # it is not offered again
        BinJob.objects.filter(owner=person, pk=asked.said["job"][0], ended_at__isnull=False).delete()
    return nothing_marked(request) or _begin(request, RESTORE, asked)


@never_cache
@login_required
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Asks whether something in the bin, or all of it, is to be deleted for good; if that was asked, deletes it."""
    person = person_of(request)
    if "everything" in request.POST:
        asked = BinChoice(choices.everything(), BinTitle(EVERYTHING), {"everything": ["yes"]})
    else:
        asked = asked_for(person, request.POST, in_bin=True)
        if back := nothing_marked(request):
            return back
    if "sure" in request.POST:
        return _begin(request, DELETE, asked)
    number = choices.counted(person, asked.parts, in_bin=True, most=MOST_COUNTED)
    return render(request, "importers/bin/delete.html", {"asked": asked, "number": number, "most": MOST_COUNTED})


@never_cache
@login_required
@require_safe
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far a job is."""
    found = get_object_or_404(BinJob, owner=person_of(request), pk=number)
    response = render(request, "importers/bin/job.html", {"job": found, "title": called(found).at_start})
    if found.ended_at is None:
        response["Refresh"] = str(LOOKS_AGAIN)
    return response


def _begin(request: HttpRequest, action: BinJob.Action, asked: BinChoice) -> HttpResponseRedirect:
    begun = job.begin(person_of(request), action, asked.parts, asked.called.written, asked.called.as_json)
    if not job.work_on(begun, settings.WHARF_PAGE_WAITS):
        waking.wake_for_bins()
        return redirect("bin-job", begun.pk)
    messages.success(request, done(begun, asked))
    wanted = next_address(request, request.POST.get("next", ""))
    is_there = action is not DELETE and asked.page
    return HttpResponseRedirect(wanted or (asked.page if is_there else reverse("bin")))


def done(ended: BinJob, asked: BinChoice) -> str:
    """Returns what became of it, as a sentence."""
    number, days = ended.records, settings.WHARF_BIN_TIME.days
    what = called(ended).at_start
    if not asked.is_counted:
        counted = ngettext("%(title)s: %(number)s thing", "%(title)s: %(number)s things", number)
        what = counted % {"title": what, "number": thousands(number)}
    if ended.action == THROW:
        sentence = ngettext(
            "%(what)s went to the bin, and can be brought back for %(days)s day.",
            "%(what)s went to the bin, and can be brought back for %(days)s days.",
            days,
        )
    elif ended.action == RESTORE:
        sentence = ngettext("%(what)s came back to where it was.", "%(what)s came back to where they were.", number)
    else:
        sentence = ngettext("%(what)s was deleted for good.", "%(what)s were deleted for good.", number)
    return sentence % {"what": what, "days": days}
