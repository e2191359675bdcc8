"""« Confirmez votre prix »: the two taps of who replied by e-mail. The link opens what was read, a button sends it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from sourcier.kernel.transitions import Refused
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions import answer as act
from sourcier.quotes.answer_rules import Sender
from sourcier.quotes.email_words import Reading, reading
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers, confirming
from sourcier.sourcing.models import Invitation
from sourcier.web.firm import door
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.firm.price_form import AnswerForm
from sourcier.web.rights import firm

COOKIE = "sourcier_confirm"
SALT = "sourcier.web.firm.confirm"
PATH = "/r/confirmer/"


class ConfirmForm(AnswerForm):
    """The form of an answer, filled with what the e-mail says for certain."""

    valid = forms.CharField(
        label=_("Votre prix est valable"), required=False, max_length=80,
        widget=forms.TextInput(attrs={"placeholder": _("par exemple : jusqu'au 31 décembre")}),
    )  # fmt: skip

    def __init__(self, invitation: Invitation, data: MultiValueDict[str, Any] | None, sent: Submission) -> None:
        super().__init__(invitation, data, sent)
        message = confirming.message_of(sent)
        self.read = reading(message.text, self.asked.rates) if message else Reading()
        price = f"price-{self.lines[0].pk.hex}" if len(self.lines) == 1 else ""
        self.initial |= {
            "signer": (message.sender_name if message else "") or self.initial.get("signer", ""),
            "vat": self._vat(), "rate": str(self.read.rate or ""), "valid": self.read.valid,
            **({price: self.read.price} if price else {}),
        }  # fmt: skip
        self.sure = bool(price and self.read.price)

    def _vat(self) -> str | None:
        """What is ticked: a price with VAT says its rate in the same tap."""
        if self.read.vat == rules.INCLUDED:
            return f"{rules.INCLUDED}-{self.read.rate}" if self.read.rate else None
        return self.read.vat or None

    def _read(self) -> rules.Answer:
        """How long the price holds is a condition of the offer."""
        answer = super()._read()
        if valid := self.cleaned_data["valid"].strip():
            said = f"Prix valable {valid}."
            return replace(answer, reservation=f"{answer.reservation}\n{said}".strip())
        return answer


@firm
@require_safe
@sensitive_variables("token")
def confirm_open(request: HttpRequest, token: str) -> HttpResponse:
    """The link: cookies, then an address without the token. A GET that writes nothing; once of no more use, the first page."""
    submission = confirming.by_token(token)
    if submission is None:
        return door.discreet(render(request, "firm/bad_link.html", status=404), "no-referrer")
    response = door.enter(request, submission.invitation)
    if confirming.waits(submission.invitation, submission.pk):
        response["Location"] = reverse("firm_confirm")
        response.set_cookie(
            COOKIE, signing.dumps(submission.pk.hex, salt=SALT), max_age=door.LIFE, path=PATH, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return door.discreet(response, "no-referrer")


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def confirm(request: HttpRequest, visit: Visit) -> HttpResponse:
    sent = _waiting(request, visit)
    if sent is None:
        return redirect("firm")
    form = ConfirmForm(visit.invitation, request.POST if request.method == "POST" else None, sent)
    if request.method == "POST" and (done := _send(request, visit, form, sent)):
        request.visit = visit.with_sent(done.pk)  # type: ignore[attr-defined]
        return redirect("firm_receipt")
    context = base_context(visit) | {"form": form}
    return render(request, "firm/confirm.html", context, status=400 if form.wrong else 200)


def _waiting(request: HttpRequest, visit: Visit) -> Submission | None:
    """The answer that the link of this browser confirms, as long as it waits."""
    try:
        pk = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=door.LIFE)
    except signing.BadSignature:
        return None
    return confirming.waits(visit.invitation, UUID(pk))


def _send(request: HttpRequest, visit: Visit, form: ConfirmForm, sent: Submission) -> Submission | None:
    """The answer with its price, and the documents of the e-mail; None when something is to mend."""
    answer = form.answer(with_file=frozenset(), documents=len(answers.documents(sent)))
    if answer is None:
        return None
    sender = Sender(visit.sender.seat, sent.pk)
    try:
        return act.submit(visit.invitation, answer, draft=sent, received_at=request.received_at, sender=sender)  # type: ignore[attr-defined]
    except Refused as refusal:
        form.problem(refusal.field, refusal.sentence)
        return None


urlpatterns = [
    path("r/confirmer/", confirm, name="firm_confirm"),
    path("r/confirmer/<str:token>", confirm_open, name="firm_confirm_open"),
]
