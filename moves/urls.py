"""What is below /move, and the pages of exports, on one screen."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from moves.exports import api, downloads, pages
from moves.formats import chosen
from moves.formats import downloads as format_downloads
from moves.formats import pages as format_pages
from moves.imports import api as imports_api
from moves.imports import pages as imports_pages
from moves.moving import api as moving_api
from moves.moving import arriving, authorizing, target_api
from moves.moving import pages as moving_pages
from moves.moving import requests as moving_requests
from moves.wizard import views as wizard

announce = target_api.AnnounceView.as_view()


@csrf_exempt
def importing(request: HttpRequest) -> HttpResponse:
    """`/move/importing`: the page where people wait, and what a source announces a move by."""
    if request.method in ("GET", "HEAD"):
        return arriving.arriving(request)
    if request.method == "POST":
        return announce(request)
    return HttpResponseNotAllowed(["GET", "HEAD", "POST"])


urlpatterns = [
    path("move/importing", importing, name="importing"),
    path("move/imports/precheck", imports_api.PrecheckView.as_view(), name="imports-precheck"),
    path("move/imports", target_api.ArrivalView.as_view(), name="imports-api"),
    path("settings/imports", imports_pages.imports, name="imports"),
    path("settings/imports/asking", imports_pages.asking, name="imports-asking"),
    path("settings/imports/asking/stop", imports_pages.stop_asking, name="imports-stop-asking"),
    path("settings/imports/<str:doc_id>", imports_pages.report, name="import-report"),
    path("settings/imports/<str:doc_id>/stop", imports_pages.stop, name="import-stop"),
    path("move/exports", api.ExportsView.as_view(), name="exports-api"),
    path("move/exports/data/<str:opaque>", downloads.data, name="export-data"),
    path("move/exports/<str:opaque>", api.ExportView.as_view(), name="export-document"),
    path("move/authorize", authorizing.authorize, name="move-authorize"),
    path("move/initialize", authorizing.initialize, name="move-initialize"),
    path("move/request", moving_requests.ask, name="move-request"),
    path("move/go", moving_requests.go, name="move-go"),
    path("move/go/another", moving_requests.go_as_another, name="move-go-as-another"),
    path("move/finalize", moving_api.FinalizeView.as_view(), name="move-finalize"),
    path("move/abort", moving_api.AbortView.as_view(), name="move-abort"),
    path("move/changes", moving_api.ChangesView.as_view(), name="move-changes"),
    path("move/proof", moving_api.ProofView.as_view(), name="move-proof"),
    path("move/vault", moving_pages.vault, name="move-vault"),
    path("auth/authorize/move", authorizing.authorize_move, name="authorize-move"),
    path("auth/access_token", authorizing.AccessTokenView.as_view(), name="access-token"),
    path("settings/move", moving_pages.moves, name="move"),
    path("settings/move/keep", moving_pages.keep, name="move-keep"),
    path("settings/move/<str:doc_id>/stop", moving_pages.stop, name="move-stop"),
    path("settings/move/<str:doc_id>/receipt", moving_pages.receipt, name="move-receipt"),
    path("settings/move/<str:doc_id>/receipt.json", moving_pages.receipt_json, name="move-receipt-json"),
    path("settings/exports", pages.exports, name="exports"),
    path("settings/exports/show", pages.show, name="show-exports"),
    path("settings/exports/<str:doc_id>/revoke", pages.revoke, name="revoke-export"),
    path("settings/exports/<str:doc_id>/fetches", pages.fetches, name="export-fetches"),
    path("formats", format_pages.formats, name="formats"),
    path("chosen", chosen.choose, name="choose-files"),
    path("formats/chosen", format_downloads.chosen_files, name="chosen"),
    path("formats/chosen/<str:key>", format_downloads.chosen_files, name="chosen-files"),
    path("formats/<str:kind>/<str:name>", format_downloads.download, name="format"),
    path("exports/<str:opaque>", pages.export, name="export"),
    path("exports/<str:opaque>/progress", pages.progress, name="export-progress"),
    path("move/start", wizard.start, name="wizard"),
    path("move/start/asking", wizard.asking, name="wizard-asking"),
    path("move/start/asking/stop", wizard.stop_asking, name="wizard-stop-asking"),
    path("move/start/leave", wizard.consent, name="wizard-consent"),
    path("move/start/check", wizard.check, name="wizard-check"),
    path("move/start/swap", wizard.swap, name="wizard-swap"),
    path("move/start/change/source", wizard.change, {"role": "source"}, name="wizard-change-source"),
    path("move/start/change/target", wizard.change, {"role": "target"}, name="wizard-change-target"),
    path("move/start/again", wizard.begin_again, name="wizard-again"),
    path("initialize", wizard.initialize, name="wizard-initialize"),
    path("callback/source/<str:place>", wizard.callback, {"role": "source"}, name="wizard-callback-source-of"),
    path("callback/target/<str:place>", wizard.callback, {"role": "target"}, name="wizard-callback-target-of"),
    path("callback/source", wizard.callback, {"role": "source"}, name="wizard-callback-source"),
    path("callback/target", wizard.callback, {"role": "target"}, name="wizard-callback-target"),
]
