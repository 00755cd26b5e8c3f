"""The pages on which an address is proven."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import proofs
from accounts.models import User
from accounts.person import person_of
from accounts.tasks import ask_for_proof


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of the mail leads: proves the address when the button is pressed, since programs that look for
    viruses open links, too."""
    user = proofs.meant(token)
    if user is None:
        return render(request, "accounts/prove_address.html", {"meant": None}, status=404)
    if request.method == "POST":
        User.objects.filter(pk=user.pk, email=user.email).update(email_proven=True)
        messages.success(request, "Thank you: your address is proven. From now on we can write to you.")
        return redirect("home" if request.user.is_authenticated else "log-in")
    return render(request, "accounts/prove_address.html", {"meant": user})


@login_required
@require_POST
def ask_again(request: HttpRequest) -> HttpResponse:
    """Sends the mail that asks for the proof once more."""
    user = person_of(request)
    if user.email_proven:
        messages.info(request, "Your address is proven already.")
    elif ask_for_proof(user):
        messages.success(request, f"Another mail is on its way to {user.email}.")
    else:
        messages.error(request, "No other mail can be sent just now. Try again in an hour.")
    return redirect("home")
