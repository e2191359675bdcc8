"""To see one's answer again, replace it or take it back: a one-time code; without e-mail or mobile, the receipt's number."""

import time
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sourcier.kernel.phones import masked as masked_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions import once
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing import limits
from sourcier.sourcing.queries import texted_at
from sourcier.web.firm import door, words
from sourcier.web.firm.door import Visit
from sourcier.web.firm.first import base_context

TRIES_AN_HOUR = 10
BACK = {"prix": "firm_price", "non": "firm_decline", "": "firm_receipt"}
LEFT = _("Le code est parti. Il est valable dix minutes.")


class CodeForm(forms.Form):
    use_required_attribute = False

    code = forms.CharField(
        label=_("Votre code à usage unique"), max_length=20, help_text=_("Six chiffres, reçus à l'instant."),
        widget=forms.TextInput(attrs={"class": "code-input", "inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Tapez les six chiffres de votre code.")},
    )  # fmt: skip


class NumberForm(forms.Form):
    use_required_attribute = False

    code = forms.CharField(
        label=_("Numéro de votre récépissé"), max_length=30, help_text=_("Par exemple : RX-4M2A"),
        widget=forms.TextInput(attrs={"class": "code-input", "autocapitalize": "characters", "autocomplete": "off"}),
        error_messages={"required": _("Tapez le numéro de votre récépissé.")},
    )  # fmt: skip


def needed(visit: Visit) -> bool:
    """An answer stands, in time, that this browser has not shown to be its own."""
    window = answers.window(visit.invitation)
    current = answers.current(visit.invitation, window.round) if rules.in_time(window, timezone.now()) else None
    if current is None or current.received_at is None:
        return False
    standing = rules.Standing(current.pk, current.seat, current.received_at)
    return rules.may_replace(standing, visit.sender, timezone.now()) is not None


def first(visit: Visit, back: str) -> HttpResponse:
    """Show who you are, then go `back`."""
    return redirect(f"{reverse('firm_receipt')}?{urlencode({'vers': back})}")


def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The page of the code: ask for it, type it."""
    last = answers.last_sent(visit.invitation)
    if last is None:
        return redirect("firm")
    back = request.GET.get("vers", "") if request.GET.get("vers") in BACK else ""
    written_to = [*map(masked, answers.proof_addresses(visit.invitation)), *_mobile(visit)]
    kind = CodeForm if written_to else NumberForm
    form = kind(request.POST if "code" in request.POST else None, auto_id="%s")
    try:
        if "send" in request.POST:
            once.send_code(visit.invitation)
            messages.success(request, str(LEFT))
            return first(visit, back)
        if form.is_bound and form.is_valid():
            found = _own(request, visit, form.cleaned_data["code"], by_mail=bool(written_to))
            request.visit = visit.with_sent(found.pk)  # type: ignore[attr-defined]
            return redirect(BACK[back])
    except Refused as refused:
        sentence = gettext(refused.sentence)
        form.add_error("code", sentence) if form.is_bound else messages.error(request, sentence)
    context = base_context(visit) | {
        "form": form, "last_at": words.received_words(last.received_at), "by_mail": bool(written_to), "back": back,
        "masked": written_to,
    }  # fmt: skip
    return render(request, "firm/receipt_ask.html", context, status=400 if form.errors else 200)


def _own(request: HttpRequest, visit: Visit, typed: str, *, by_mail: bool) -> Submission:
    """The answer that the code, or the number, opens; both take the same time when they open nothing."""
    began = time.monotonic()
    try:
        if by_mail:
            return once.prove(visit.invitation, typed, door.address_range(request))
        limits.take("receipt", visit.invitation.pk.hex, TRIES_AN_HOUR, timezone.now())
        if found := answers.by_receipt(visit.invitation, typed):
            return found
        raise refuse("wrong_number", "Ce numéro n'est pas celui d'une réponse à cette demande. Vérifiez-le.")
    finally:
        door.same_time(began)


def _mobile(visit: Visit) -> list[str]:
    """« 06 •• •• •• 12 » for a firm asked by SMS."""
    number = texted_at(visit.invitation)
    return [masked_number(number)] if number else []


def masked(address: str) -> str:
    """« m…@pain.example »: one knows one's own mailbox by that."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"
