"""The page of an account: what it is called, where its mails go and which these are, and what its clock shows."""

from typing import Any, ClassVar

from allauth.account.signals import user_signed_up
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import local_times
from accounts.entry.factors import has_factor
from accounts.languages import language_asked
from accounts.models import User
from accounts.person import person_of
from accounts.texts import Text

BROWSERS_ZONE = "browsers_zone"  # the field in which static/zone.js says where its browser is
KEEP_NAME = "keep_name"  # the button of the form on the name, which tells it from that on times
KEEP_LANGUAGE = "keep_language"  # the button of the form on the language, which tells it from that on times
KEEP_MAILS = "keep_mails"  # the button of the form on mails, which tells it from that on times


class TimeZoneForm(forms.Form):
    """In which zone a person reads times."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [("", _("Coordinated Universal Time (UTC)")), *local_times.offered(translation.get_language())],
        required=False,
        help_text=_("Pages and mails say times as its clocks do."),
        error_messages={"invalid_choice": _("There is no time zone of this name.")},
    )


class NameForm(forms.ModelForm):
    """What a person is called on pages and in archives; it is no name to log in with, and nobody else sees it."""

    class Meta:
        model = User
        fields = ("first_name",)
        labels: ClassVar = {"first_name": _("Your name")}
        widgets: ClassVar = {"first_name": forms.TextInput({"autocomplete": "name"})}
        help_texts: ClassVar = {"first_name": _("So pages greet you, and archives name you. You log in as before.")}


class LanguageForm(forms.Form):
    """In which language a person reads pages, mails and archives."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: [("", _("That of my browser")), *settings.LANGUAGES],
        required=False,
        help_text=_("Of pages, of mails, and of the pages in archives."),
        error_messages={"invalid_choice": _("This server doesn’t speak that language.")},
    )


class MailsForm(forms.ModelForm):
    """Which mails a person gets, of those that are neither about the safety of the account nor what they asked for."""

    class Meta:
        model = User
        fields = ("mails_of_transfers", "mails_of_room")
        labels = {
            "mails_of_transfers": _("When a transfer is over"),
            "mails_of_room": _("When my room runs out"),
        }
        help_texts = {
            "mails_of_transfers": _("What came, what didn’t, and how to get the rest."),
            "mails_of_room": _("Before what services send is refused."),
        }


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What a person may choose, and the ways to what they may change with their password."""
    person = person_of(request)
    sent = request.POST if request.method == "POST" else None
    pressed = next((button for button in (KEEP_MAILS, KEEP_LANGUAGE, KEEP_NAME) if sent and button in sent), "")
    mails = MailsForm(sent if pressed == KEEP_MAILS else None, instance=person)
    names = NameForm(sent if pressed == KEEP_NAME else None, instance=person)
    languages = LanguageForm(sent if pressed == KEEP_LANGUAGE else None, initial={"language": person.language})
    times = TimeZoneForm(None if pressed else sent, initial={"time_zone": local_times.todays(person.time_zone)})
    if mails.is_valid():
        return _kept(request, mails.cleaned_data, _("Kept. You get these mails from now on."))
    if names.is_valid():
        return _kept(request, names.cleaned_data, _("Kept. You are called so from now on."))
    if languages.is_valid():
        with translation.override(languages.cleaned_data["language"] or language_asked(request)):
            return _kept(request, languages.cleaned_data, _("Kept. Pages and mails are in this language from now on."))
    if times.is_valid():
        return _kept(request, times.cleaned_data, _("Kept. Times are shown in this zone from now on."))
    words = {
        "times": times,
        "names": names,
        "keep_name": KEEP_NAME,
        "languages": languages,
        "keep_language": KEEP_LANGUAGE,
        "mails": mails,
        "keep_mails": KEEP_MAILS,
        "has_factor": has_factor(person),
    }
    return render(request, "accounts/preferences.html", words, status=422 if sent is not None else 200)


def _kept(request: HttpRequest, chosen: dict[str, Any], sentence: Text) -> HttpResponse:
    User.objects.filter(pk=person_of(request).pk).update(**chosen)
    messages.success(request, str(sentence))
    return redirect("preferences")


@receiver([user_logged_in, user_signed_up])
def note_browser(request: HttpRequest, user: Any, **others: Any) -> None:
    """Remembers where somebody's browser is who logs in or has just signed up, and the language that it asks for,
    unless they are known already."""
    name = request.POST.get(BROWSERS_ZONE, "")
    if not user.language and others["signal"] is user_signed_up:
        user.language = language_asked(request)
        User.objects.filter(pk=user.pk, language="").update(language=user.language)
    if not user.time_zone and name in local_times.known():
        User.objects.filter(pk=user.pk, time_zone="").update(time_zone=name)
        user.time_zone = name
