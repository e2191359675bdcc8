"""The receipt, one's own answer, taking it back, the result."""

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sourcier.journal.keys import KeyMissing
from sourcier.journal.models import Entry
from sourcier.journal.proofs import Inconsistent, NodeMissing
from sourcier.journal.proofs import receipt as sign_receipt
from sourcier.kernel.french import plural
from sourcier.kernel.transitions import Refused
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions import after_opening
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Clarification, Submission
from sourcier.quotes.queries import answers, contests
from sourcier.sourcing.models import FirmQuestion
from sourcier.sourcing.queries import last_wish
from sourcier.web.firm import again, words
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.firm.price_form import typed_price
from sourcier.web.rights import firm

logger = logging.getLogger(__name__)
UNSIGNED = gettext_noop(
    "Le récépissé signé ne peut pas être donné pour l'instant. Ce que vous avez envoyé est bien arrivé, "
    "et gardé. Réessayez demain."
)
TOLD = _("C'est noté. La mairie vous écrira à cette adresse pour ses prochains achats.")
TOLD_LATER = _("C'est noté. La mairie vous écrira à cette adresse quand elle aura vérifié que vous êtes bien cette entreprise.")


class NewsForm(forms.Form):
    email = forms.EmailField(
        label=_("Votre adresse électronique"), widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Écrivez votre adresse."), "invalid": _("Cette adresse est incomplète : nom@exemple.fr")},
    )  # fmt: skip


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def receipt(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What this browser sent lately, or showed to be its own; else the way to show it."""
    sent = answers.of_invitation(visit.invitation, visit.own)
    if sent is None or request.method == "POST" or "revoir" in request.GET:
        return again.ask(request, visit)
    return render(request, "firm/receipt.html", _receipt_context(visit, sent))


def _receipt_context(visit: Visit, sent: Submission) -> dict[str, Any]:
    context = base_context(visit)
    window = context["window"]
    own = answers.read(sent)
    net, gross = own.totals()
    files = answers.reply_files(sent)
    refusal = rules.may_withdraw(window, timezone.now(), sent.state == Submission.State.RECEIVED)
    return context | {
        "sent": sent,
        "received": words.received_words(sent.received_at),
        "lines": [
            {
                "line": line.price_line,
                "unit": plural(line.price_line.unit, line.price_line.quantity_milli),
                "typed": typed_price(line.typed_price_e4),
                "vat_bp": line.vat_bp,
            }
            for line in own.lines
        ],
        "closed": own.closed,
        "kept": answers.kept_lines(sent),
        "net": net,
        "gross": gross,
        "places": own.ticked_places(),
        "replies": [
            {"question": each.text, "text": own.replies.get(each.pk, ""), "file": files.get(each.pk)}
            for each in sent.sourcing.questions.order_by("position")
            if own.replies.get(each.pk) or each.pk in files
        ],
        "documents": answers.joined(sent),
        "contests": contests.of(sent),
        "may_change": refusal is None and sent.round == window.round,
        "newer": answers.current(visit.invitation, sent.round) if sent.state == Submission.State.REPLACED else None,
        "still_counts": answers.current(visit.invitation) if sent.state == Submission.State.LATE else None,
        "foreign": not words.in_french(),
        "reason": rules.DECLINE_REASONS.get(sent.decline_reason, ""),
        "news_form": NewsForm(),
        "wants_news": last_wish(visit.invitation, "firm.wants_news") is not None,
    }


@firm
@require_POST
@visitor
def proof(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The `.tlog-proof` file of the answer sent from here. By POST: giving it may sign a new checkpoint."""
    return proof_file(request, answers.of_invitation(visit.invitation, visit.own), "firm_receipt")


def proof_file(request: HttpRequest, sent: Submission | FirmQuestion | Clarification | None, back: str) -> HttpResponse:
    """The signed receipt as a file; the page `back` for what has no entry yet."""
    entry = Entry.objects.filter(pk=sent.entry_id).first() if sent else None
    return signed_file(request, entry, sent.receipt_number if sent else "", back)


def signed_file(request: HttpRequest, entry: Entry | None, name: str, back: str, unsigned: str = UNSIGNED) -> HttpResponse:
    """The `.tlog-proof` of an entry as a file; the page `back`, with a sentence, when nothing can be signed now."""
    if entry is None:
        return redirect(back)
    try:
        text = sign_receipt(entry)
    except (KeyMissing, Inconsistent, NodeMissing) as error:
        logger.critical("no receipt can be signed: %s", type(error).__name__)
        messages.error(request, gettext(unsigned))
        return redirect(back)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.tlog-proof"'
    return response


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def withdraw(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take the answer back, from the browser that has just sent it, or after a one-time code."""
    sent = answers.of_invitation(visit.invitation, visit.own)
    if sent is None or sent.state != Submission.State.RECEIVED:
        return redirect("firm_receipt")
    error = ""
    if request.method == "POST":
        try:
            act.withdraw(visit.invitation, at=request.received_at)  # type: ignore[attr-defined]
            return redirect("firm_receipt")
        except Refused as refused:
            error = refused.sentence
    context = base_context(visit) | {"sent": sent, "error": error}
    return render(request, "firm/withdraw.html", context, status=400 if error else 200)


@firm
@require_safe
@visitor
def result(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What the firm was told of the choice, in the words of its message."""
    told = answers.result(visit.invitation)
    if told is None:
        return redirect("firm")
    return render(request, "firm/result.html", base_context(visit) | {"result": told})


@firm
@require_POST
@visitor
def news(request: HttpRequest, visit: Visit) -> HttpResponse:
    """« Voulez-vous être prévenu la prochaine fois ? »"""
    form = NewsForm(request.POST)
    if form.is_valid():
        try:
            after_opening.be_told(visit.invitation, form.cleaned_data["email"])
            messages.success(request, str(TOLD_LATER if visit.invitation.unverified else TOLD))
            return redirect("firm")
        except Refused as refused:
            form.add_error("email", gettext(refused.sentence))
    return render(request, "firm/news.html", base_context(visit) | {"news_form": form}, status=400)


urlpatterns = [
    path("r/recepisse/", receipt, name="firm_receipt"),
    path("r/recepisse/fichier/", proof, name="firm_proof"),
    path("r/retirer/", withdraw, name="firm_withdraw"),
    path("r/resultat/", result, name="firm_result"),
    path("r/prevenir/", news, name="firm_news"),
]
