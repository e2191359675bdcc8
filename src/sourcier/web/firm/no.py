"""« Non merci », and « Ne plus m'écrire »."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from sourcier.kernel.transitions import Refused
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions.answer import decline as decline_answer
from sourcier.quotes.queries import answers
from sourcier.sourcing.actions.identity import stop as stop_writing
from sourcier.sourcing.queries import is_stopped, last_wish
from sourcier.web import sending
from sourcier.web.firm import again
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.firm.mine import signed_file
from sourcier.web.rights import firm

# What a firm says of itself, beside its answer; each is an entry, of which it may have the receipt.
WISHES = {"ne-plus-ecrire": ("firm.unsubscribed", "notice.stopped"), "prevenir": ("firm.wants_news",)}


class DeclineForm(forms.Form):
    use_required_attribute = False

    reason = forms.ChoiceField(
        label=_("Pourquoi ?"), widget=forms.RadioSelect,
        choices=[(code, _(reason)) for code, reason in rules.DECLINE_REASONS.items()],
        error_messages={
            "required": _("Dites pourquoi : une raison suffit."), "invalid_choice": _("Choisissez une des raisons."),
        },
    )  # fmt: skip
    note = forms.CharField(label=_("Voulez-vous ajouter un mot ?"), required=False, max_length=300)


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def decline(request: HttpRequest, visit: Visit) -> HttpResponse:
    if rules.may_answer(answers.window(visit.invitation)):
        return redirect("firm")
    if request.method != "POST" and again.needed(visit):
        return again.first(visit, "non")
    form = DeclineForm(request.POST or None, auto_id="%s")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            at = request.received_at  # type: ignore[attr-defined]
            sender = visit.sending(request)
            sent = decline_answer(visit.invitation, data["reason"], data["note"], received_at=at, sender=sender)
            request.visit = visit.after(sent)  # type: ignore[attr-defined]
            return redirect("firm_receipt")
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, gettext(refused.sentence))
    prove_first = "non" if again.needed(visit) else ""
    replacing = None if prove_first else answers.current(visit.invitation)
    context = base_context(visit) | {"form": form, "replacing": replacing, "prove_first": prove_first}
    context["sending_key"] = sending.drawn_key(request)
    return render(request, "firm/decline.html", context, status=400 if form.errors else 200)


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """« Ne plus m'écrire »: asked by a GET, done by a POST."""
    if request.method == "POST":
        stop_writing(visit.invitation)
        return redirect("firm_stop")
    return render(request, "firm/stop.html", base_context(visit) | {"done": is_stopped(visit.invitation)})


@firm
@require_POST
@visitor
def wish_proof(request: HttpRequest, visit: Visit, wish: str) -> HttpResponse:
    """The signed receipt of « Ne plus m'écrire », or of the address left for the next time."""
    return signed_file(request, last_wish(visit.invitation, *WISHES.get(wish, ())), wish, "firm")


urlpatterns = [
    path("r/non/", decline, name="firm_decline"),
    path("r/ne-plus-ecrire/", stop, name="firm_stop"),
    path("r/souhait/<slug:wish>/recepisse/", wish_proof, name="firm_wish_proof"),
]
