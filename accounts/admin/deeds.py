"""What operators do with what they see: on its page and in its list, after a question that says what will happen.

Each deed is asked, done in one way, and told to the History with the reason that was given.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import opening
from accounts.admin.named_page import NamedPage
from accounts.admin.told import tell
from accounts.numbers import thousands
from accounts.texts import Text, in_english
from audit.kinds import AuditKind

MOST_AT_ONCE = 1_000  # rows of a list
NAMED = 20  # of which the question names so many
LONGEST_TEXT = 500  # characters
CONFIRMED = "confirmed"
WHY = _("Why, for the History (if you like)")


@dataclass(frozen=True)
class Deed:
    """Something that may be done with a row.

    `label`: what the button says; `question`: what will happen, in sentences, of the rows that are chosen; `asks`: what
    the operator may write to it; `done`: what is said afterwards, with `{}` for how many. `do` gets a row and that
    text, and returns whether anything was done, or what is to be shown once. `fits`: whether it may be done with a row
    as it is now. `permission`: what the operator needs, of the ModelAdmin's `has_..._permission`. `is_final`: it can't
    be undone; `only_one`: it is done with one row at a time; `in_steps`: it has transactions of its own, and may take a
    while; `needs_text`: not without a text; `opens`: it shows what is hidden (see accounts/admin/opening.py).
    """

    name: str
    label: Text
    question: Callable[[Sequence[Any]], str]
    done: Text
    do: Callable[[Any, str], bool | str]
    asks: Text = WHY
    only_one: bool = False
    needs_text: bool = False
    opens: bool = False
    in_steps: bool = False
    fits: Callable[[Any], bool] = lambda row: True
    permission: str = "act"
    is_final: bool = False


class ActingAdmin(NamedPage):
    """Shows the deeds of its rows as buttons on their page, and as actions of the list."""

    deeds: ClassVar[tuple[Deed, ...]] = ()

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        one = path("<path:object_id>/do/<slug:deed>/", self.admin_site.admin_view(self.do_with_one), name=name)
        return [one, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a row, with what may be done with it now."""
        row = self.get_object(request, object_id) if object_id else None
        is_asked = row is not None and self.may_do(request, row)
        fitting = [deed for deed in self._allowed(request) if is_asked and self.fits(request, deed, row)]
        site: Any = self.admin_site  # of a floor above
        shown: dict[str, Any] = {"list_name": getattr(self, "list_name", "")}
        shown |= {"deeds": fitting, "panels": site.panels_of(request, row) if row is not None else []}
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions of the list, and the deeds, each of which asks first."""
        actions = super().get_actions(request)
        return actions | {
            deed.name: (_asked(deed), deed.name, deed.label) for deed in self._allowed(request) if not deed.only_one
        }

    def fits(self, request: HttpRequest, deed: Deed, row: Any) -> bool:
        """Whether a deed is to be done with a row now; opening it only where that has to be."""
        return deed.fits(row) and (not deed.opens or opening.must_ask(request, row))

    def may_do(self, request: HttpRequest, row: Any) -> bool:
        """Whether the operator may do with this row what the permissions allow with others."""
        return True

    def _named(self, deed: Deed, row: Any) -> str:
        """What a row is called in a question, and in the trail; of one that has to be opened its number, since its name
        is what somebody sent."""
        return f"{row._meta.verbose_name} {row.pk}" if deed.opens else self.row_called(row)

    def do_with_one(self, request: HttpRequest, object_id: str, deed: str) -> HttpResponse:
        """`<row>/do/<deed>/`: asks, and does it when that was said. Raises 404 where there is none, and 403."""
        chosen = next((one for one in self.deeds if one.name == deed), None)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if chosen is None:
            raise Http404
        if chosen not in self._allowed(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.may_do(request, row):
            raise PermissionDenied
        if not self.fits(request, chosen, row):
            self.message_user(request, gettext("That is not to be done any more."), messages.WARNING)
        elif CONFIRMED not in request.POST:
            return self._question(request, chosen, [row], in_list=False)
        elif shown := self._do(request, chosen, [row]):
            return self._page(request, chosen, "admin/deed_done.html", shown=shown)
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        return HttpResponseRedirect(address if self.get_object(request, object_id) else f"{address}../../")

    def do_with_chosen(self, request: HttpRequest, deed: Deed, rows: Any) -> HttpResponse | None:
        """An action of the list: asks, and does it when that was said. Those with which it can't be done are left
        out."""
        chosen = [row for row in rows[:MOST_AT_ONCE] if self.fits(request, deed, row) and self.may_do(request, row)]
        if not chosen:
            self.message_user(request, gettext("That can be done with none of them."), messages.WARNING)
            return None
        if CONFIRMED not in request.POST:
            return self._question(request, deed, chosen, in_list=True)
        self._do(request, deed, chosen)
        return None

    def _allowed(self, request: HttpRequest) -> list[Deed]:
        return [deed for deed in self.deeds if getattr(self, f"has_{deed.permission}_permission")(request)]

    def _do(self, request: HttpRequest, deed: Deed, rows: list[Any]) -> str:
        """Does it. Returns what is to be shown once."""
        text = " ".join(request.POST.get("text", "").split())[:LONGEST_TEXT]
        if deed.needs_text and not text:
            self.message_user(request, gettext("Not without a reason."), messages.WARNING)
            return ""
        with in_english(), timezone.override(UTC):
            action = str(deed.label)
            names = [self._named(deed, row) for row in rows]
        number, shown = 0, ""
        for row, name in zip(rows, names, strict=True):
            with nullcontext() if deed.in_steps else transaction.atomic():
                if not (done := deed.do(row, text)):
                    continue
                tell(AuditKind.STAFF_ACTED, request, row, name=name, why=text, action=action)
            if deed.opens:
                opening.remember(request, row)
            number += 1
            shown = done if isinstance(done, str) else ""
        self.message_user(
            request, str(deed.done).format(thousands(number)), messages.SUCCESS if number else messages.WARNING
        )
        return shown

    def _question(self, request: HttpRequest, deed: Deed, rows: list[Any], *, in_list: bool) -> HttpResponse:
        return self._page(
            request,
            deed,
            "admin/deed.html",
            question=deed.question(rows),
            rows=[self._named(deed, row) for row in rows[:NAMED]],
            more=len(rows) - NAMED,
            chosen=[row.pk for row in rows] if in_list else [],
            checkbox=ACTION_CHECKBOX_NAME,
            longest=LONGEST_TEXT,
        )

    def _page(self, request: HttpRequest, deed: Deed, template: str, **words: Any) -> HttpResponse:
        known = {
            **self.admin_site.each_context(request),
            "title": deed.label,
            "opts": self.opts,
            "list_name": getattr(self, "list_name", "") or self.opts.verbose_name_plural,
            "deed": deed,
        }
        answer = TemplateResponse(request, template, known | words)
        add_never_cache_headers(answer)
        return answer


def _asked(deed: Deed) -> Callable[[ActingAdmin, HttpRequest, Any], HttpResponse | None]:
    def act(model_admin: ActingAdmin, request: HttpRequest, rows: Any) -> HttpResponse | None:
        return model_admin.do_with_chosen(request, deed, rows)

    act.allowed_permissions = (deed.permission,)  # type: ignore[attr-defined]
    return act


OPEN = Deed(
    "open",
    _("Open it"),
    lambda rows: gettext(
        "What somebody sent is shown to you for half an hour. Your reason is kept in the audit trail."
    ),
    _("Opened: {}."),
    lambda row, text: True,
    asks=_("Why you must see it"),
    permission="view",
    only_one=True,
    needs_text=True,
    opens=True,
)
