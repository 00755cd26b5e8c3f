"""Everything of one person, in one place."""

from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from oauth2_provider.models import RefreshToken

from accounts.admin.words import worded
from accounts.connections import connections
from accounts.dates import minute
from accounts.entry.factors import has_factor
from accounts.models import User
from accounts.numbers import thousands
from accounts.programs import called
from accounts.roles import asks_first
from accounts.sizes import human_size
from accounts.texts import translated
from audit.models import AuditEvent
from audit.subjects import person as subject_of
from importers.admin.tables import counted_in_words
from importers.models import Rejection, Transfer
from importers.pages import counts
from importers.transfers.refused_names import named, with_beginnings
from moves import counted
from moves.models import ArchiveImport, Export, Move
from operations.overview.panel import Cell, Figure, Panel, Table, list_of, page_of

LATEST = 8  # rows of each kind; a link leads to all


def panels(user: Any, person: User) -> list[Panel]:
    """Returns them, each for those who may see its list."""
    built: tuple[tuple[str, Callable[[User], Panel]], ...] = (
        ("importers.view_transfer", _use),
        ("importers.view_transfer", _transfers),
        ("moves.view_export", _exports),
        ("moves.view_archiveimport", _imports),
        ("moves.view_move", _moves),
        ("oauth2_provider.view_refreshtoken", _services),
        ("audit.view_auditevent", _sessions),
        ("audit.view_auditevent", _trail),
    )
    may_read = not asks_first(user)
    built += (("importers.view_rejection", lambda person: _refused(person, is_named=may_read)),)
    return [build(person) for permission, build in built if user.has_perm(permission)]


def _use(person: User) -> Panel:
    rows = [
        [
            Cell(str(one.pages.several).capitalize(), list_of(one.pages.kind.model, owner__id__exact=person.pk)),
            Cell(thousands(one.records)),
            Cell(human_size(one.size) if one.size else "–"),
        ]
        for one in counts.counts(person)
    ]
    binned = counts.in_bin(person)
    if binned is not None:
        rows.append([Cell(_("In the bin")), Cell(thousands(binned.number)), Cell(human_size(binned.size))])
    return Panel(
        _("What they have"), table=Table(("", pgettext("column", "records"), _("files")), rows, _("Nothing yet."))
    )


def _transfers(person: User) -> Panel:
    latest = Transfer.objects.filter(owner=person).select_related("source").order_by("-pk")[:LATEST]
    rows = [
        [
            Cell(minute(one.last_item_at), page_of(one)),
            Cell(str(one.source)),
            Cell(one.get_outcome_display()),
            Cell(thousands(one.items)),
            Cell(thousands(one.rejected), list_of(Rejection, transfer__id__exact=one.pk) if one.rejected else ""),
        ]
        for one in latest
    ]
    heads = (_("last item"), pgettext("service", "from"), _("outcome"), _("items"), _("missing"))
    table = Table(heads, rows, _("Nothing has come in yet."))
    return _listed(_("Transfers"), Transfer, person, table)


def _refused(person: User, *, is_named: bool) -> Panel:
    refused = Rejection.objects.filter(transfer__owner=person, made_good_at=None).order_by("-pk")
    rows = [
        [
            Cell(Truncator(named(bytes(one.begins)) if is_named else one.vertical).chars(60), page_of(one)),
            Cell(worded(one.code)),
            Cell(Truncator(translated(one.reason)).chars(80)),
            Cell(thousands(one.times)),
            Cell(minute(one.last_at)),
        ]
        for one in with_beginnings(refused)[:LATEST]
    ]
    heads = (_("refused, and still missing"), _("code"), _("why"), _("times"), pgettext("time", "last"))
    return Panel(_("Refused"), table=Table(heads, rows, _("Nothing is missing.")), wide=bool(rows))


def _exports(person: User) -> Panel:
    rows = [
        [
            Cell(minute(one.created_at), page_of(one)),
            Cell(one.get_state_display()),
            Cell(counted.things(one.documents)),
            Cell(translated(one.error or one.waiting_for or "–")),
        ]
        for one in Export.objects.filter(owner=person).order_by("-pk")[:LATEST]
    ]
    table = Table((_("asked for"), _("state"), _("made"), _("error")), rows, _("Never asked for one."))
    return _listed(_("Exports"), Export, person, table)


def _imports(person: User) -> Panel:
    rows = [
        [
            Cell(minute(one.created_at), page_of(one)),
            Cell(one.server or worded(one.origin)),
            Cell(one.get_state_display()),
            Cell(counted.things(one.documents)),
            Cell(counted.missing(one.missing) if one.missing else "–"),
        ]
        for one in ArchiveImport.objects.filter(owner=person).order_by("-pk")[:LATEST]
    ]
    heads = (_("begun"), pgettext("server", "from"), _("state"), _("read"), _("missing"))
    table = Table(heads, rows, _("Never brought in an archive."))
    return _listed(_("Imports of archives"), ArchiveImport, person, table)


def _moves(person: User) -> Panel:
    rows = [
        [
            Cell(minute(one.created_at), page_of(one)),
            Cell(counted_in_words(one.get_side_display(), one.peer)),
            Cell(one.get_state_display()),
            Cell(translated(one.error or "–")),
        ]
        for one in Move.objects.filter(owner=person).order_by("-pk")[:LATEST]
    ]
    table = Table((_("asked for"), _("which way"), _("state"), _("error")), rows, _("Never moved."))
    return _listed(_("Moves"), Move, person, table)


def _services(person: User) -> Panel:
    rows = [
        [
            Cell(translated(held.application.name), page_of(held.application)),
            Cell(minute(held.since)),
            Cell(minute(held.last_active)),
            Cell(_("suspended for everybody") if held.application.suspended_at else _("connected")),
        ]
        for held in connections(person)
    ]
    table = Table((_("service"), _("since"), _("last item"), ""), rows, _("No service is connected."))
    all_of_them = Figure(_("Grants"), _("and how to end them"), list_of(RefreshToken, user__id__exact=person.pk))
    return Panel(_("Services"), [all_of_them] if rows else (), table=table, wide=bool(rows))


def _sessions(person: User) -> Panel:
    held = UserSession.objects.filter(user=person).order_by("-last_seen_at")
    rows = [
        [Cell(called(one.user_agent)), Cell(one.ip), Cell(minute(one.created_at)), Cell(minute(one.last_seen_at))]
        for one in held[:LATEST]
    ]
    step = Figure(
        pgettext("second step", "set up") if has_factor(person) else pgettext("second step", "none"),
        _("second step of their log-in"),
    )
    table = Table((_("browser"), _("address"), _("since"), _("last used")), rows, _("They are not logged in."))
    return Panel(_("Sessions"), [step], table=table, wide=bool(rows))


def _trail(person: User) -> Panel:
    about = list_of(AuditEvent, chain__subject=subject_of(person.pk))
    did = list_of(AuditEvent, actor=subject_of(person.pk))
    figures = [Figure(_("Trail"), _("all that is known about them, log-ins and sessions among it"), about)]
    figures.append(Figure(_("Deeds"), _("all that they did"), did))
    return Panel(_("Audit trail"), figures)


def _listed(title: str, model: Any, person: User, table: Table) -> Panel:
    any_rows = bool(table.rows)
    everything = Figure(pgettext("rows", "All"), _("of them, as a list"), list_of(model, owner__id__exact=person.pk))
    return Panel(title, [everything] if any_rows else (), table=table, wide=any_rows)
