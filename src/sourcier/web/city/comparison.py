"""Step 5 and 6: closed until the deadline, then side by side on the same quantities."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.actions.choose import lots_of
from sourcier.quotes.models import Award, LastPriceRound, SavingReference, Submission
from sourcier.quotes.queries.comparison import compare, not_compared, opened_submissions
from sourcier.quotes.queries.marking import a_lot_is_chosen, evaluates, heard, unfinished
from sourcier.quotes.queries.opening import agreed, untyped
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import closed_since, last_sent
from sourcier.vault.actions import store
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.forms import EurosField, MomentField, add_refusal
from sourcier.web.city.marks_form import MarksForm
from sourcier.web.city.opening_view import AloneForm, opening_view
from sourcier.web.city.tables import comparison_table
from sourcier.web.exports import exported
from sourcier.web.operations import consultation, consultation_paths, operation_context
from sourcier.web.rights import PURCHASING, READERS, city


class ReferenceForm(forms.Form):
    """What the price will be compared with."""

    kind = forms.ChoiceField(
        label="À quoi comparer le prix ?", choices=SavingReference.Kind.choices, widget=forms.RadioSelect, initial="last_price"
    )
    amount = EurosField(
        label="Montant hors taxes, pour les mêmes quantités", required=False, help_text="Vide : l'estimation du besoin."
    )
    document = forms.FileField(label="Facture ou bon de commande du dernier prix payé", required=False)


class LastPriceForm(forms.Form):
    """Who is asked for a last price, until when."""

    submissions = forms.MultipleChoiceField(label="Entreprises gardées", widget=forms.CheckboxSelectMultiple)
    deadline = MomentField(label="Date limite commune")


def operation(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> tuple[Need, Sourcing]:
    """The need and the consultation named (else the last one that left), as this person may see them; 404 otherwise."""
    need = need_or_404(request.agent, need_id)  # type: ignore[attr-defined]
    sourcing = last_sent(need) if sourcing_id is None else consultation(need, sourcing_id)
    if sourcing is None or sourcing.state == Sourcing.State.DRAFT:
        raise Http404
    return need, sourcing


@city(*READERS)
def comparison(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Closed: the date, the reference, the opening. Open: each lot compared, then what is not compared."""
    need, sourcing = operation(request, need_id, sourcing_id)
    return page(request, need, sourcing)


def page(request: HttpRequest, need: Need, sourcing: Sourcing, **forms_with_errors: forms.Form) -> HttpResponse:
    """The comparison, with what was typed in the forms that have something to mend."""
    agent = request.agent  # type: ignore[attr-defined]
    context = {**operation_context(agent, need, sourcing), "sourcing": sourcing, "buys": needs.buys(agent, need)}
    context["reference"] = SavingReference.objects.filter(sourcing=sourcing).select_related("document").first()
    status = 422 if forms_with_errors else 200
    if sourcing.opened_at is None:
        context["past"] = sourcing.deadline is not None and timezone.now() > sourcing.deadline
        context["view"] = opening_view(agent, sourcing, 1, forms_with_errors.get("alone_form")) if context["past"] else None
        context["evaluates"] = evaluates(agent, sourcing)
        context["ended"] = sourcing.state == Sourcing.State.ENDED
        context["reference_form"] = forms_with_errors.get("reference_form") or ReferenceForm()
        return render(request, "city/comparison/closed.html", context, status=status)
    pending = LastPriceRound.objects.filter(sourcing=sourcing).first()
    comparisons = [] if sourcing.kind == Sourcing.Kind.RFI else [compare(agent, sourcing, lot) for lot in lots_of(sourcing)]
    if response := exported(request, comparison_table(need.reference, comparisons)):
        return response
    offers = [offer for each in comparisons for offer in each.offers]
    choosable = sourcing.state == Sourcing.State.OPENED and (pending is None or pending.opened_at is not None)
    marks = choosable and bool(offers) and evaluates(agent, sourcing) and not a_lot_is_chosen(sourcing)
    context |= {
        "comparisons": comparisons,
        "informations": [s for s in opened_submissions(sourcing) if s.kind == Submission.Kind.INFORMATION],
        "declines": not_compared(sourcing, Submission.State.RECEIVED, Submission.Kind.DECLINE),
        "late": not_compared(sourcing, Submission.State.LATE),
        "awards": Award.objects.filter(sourcing=sourcing).select_related(
            "lot", "submission__invitation__firm", "stand_in__firm"
        ),
        "closed": closed_since(sourcing),
        "round": pending,
        "round_open": _round_open(pending),
        "view": opening_view(agent, sourcing, 2, forms_with_errors.get("alone_form")) if _round_open(pending) else None,
        "marks_form": forms_with_errors.get("marks_form") or (MarksForm(agent, sourcing) if marks else None),
        "unfinished": unfinished(sourcing) if sourcing.state == Sourcing.State.OPENED else [],
        "papers": untyped(sourcing),
        "heard": heard(agent, sourcing),
        "hearers": sourcing.heard_prices.filter(allowed_at=None).exclude(user=agent.user).select_related("user"),
        "heads": agent.has(Role.HEAD_BUYER),
        "choosable": choosable,
        "last_price_form": forms_with_errors.get("last_price_form")
        or _last_price_form({offer.submission.pk: offer.submission.invitation.who for offer in offers}),
    }
    return render(request, "city/comparison/open.html", context, status=status)


def _round_open(pending: LastPriceRound | None) -> bool:
    return pending is not None and pending.opened_at is None and timezone.now() > pending.deadline


def _last_price_form(firms: dict[UUID, str], data: object = None) -> LastPriceForm:
    form = LastPriceForm(data)  # type: ignore[arg-type]
    form.fields["submissions"].choices = [(str(key), name) for key, name in firms.items()]  # type: ignore[attr-defined]
    if data is None:
        form.initial["submissions"] = [str(key) for key in firms]
    return form


@require_POST
@city(*PURCHASING, led=True)
def reference_choose(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    need, sourcing = operation(request, need_id, sourcing_id)
    agent = request.agent  # type: ignore[attr-defined]
    form = ReferenceForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            wanted = data["kind"] == SavingReference.Kind.LAST_PRICE and data["document"]
            document = store(agent.organisation.pk, data["document"]) if wanted else None
            evaluate.choose_reference(agent, sourcing.pk, data["kind"], data["amount"], document)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La référence est notée au journal.")
            return redirect("comparison", need.pk, sourcing.pk)
    return page(request, need, sourcing, reference_form=form)


@require_POST
@city(*PURCHASING, led=True)
def answers_open(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    need, sourcing = operation(request, need_id, sourcing_id)
    return _open(request, need, sourcing, lambda agent, alone: opening.open_answers(agent, sourcing.pk, alone=alone).opened_at)


def _open(
    request: HttpRequest, need: Need, sourcing: Sourcing, act: Callable[[Agent, str | None], datetime | None]
) -> HttpResponse:
    """Open, or agree to it, or open alone with the reason typed. `act` gives its moment, None when one more must agree."""
    form = AloneForm(request.POST) if "alone" in request.POST else None
    alone = form["alone"].data.strip() if form else None
    agent: Agent = request.agent  # type: ignore[attr-defined]
    before = agreed(agent, sourcing)
    try:
        if act(agent, alone) is None and agreed(agent, sourcing) > before:  # a second press says nothing more
            messages.success(request, "Votre accord est noté au journal. Les plis s'ouvriront avec celui d'une autre personne.")
    except Refused as refused:
        if form is not None:
            form.add_error("alone", refused.sentence)
            return page(request, need, sourcing, alone_form=form)
        messages.error(request, refused.sentence)
    return redirect("comparison", need.pk, sourcing.pk)


@require_POST
@city(*PURCHASING, led=True)
def last_price_ask(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    need, sourcing = operation(request, need_id, sourcing_id)
    firms = {s.pk: s.invitation.who for s in opened_submissions(sourcing) if s.kind == Submission.Kind.QUOTE}
    form = _last_price_form(firms, request.POST)
    if form.is_valid():
        try:
            evaluate.ask_last_price(
                request.agent,  # type: ignore[attr-defined]
                sourcing.pk,
                [UUID(value) for value in form.cleaned_data["submissions"]],
                form.cleaned_data["deadline"],
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Le dernier prix est demandé à toutes les entreprises gardées, avec la même date limite.")
            return redirect("comparison", need.pk, sourcing.pk)
    return page(request, need, sourcing, last_price_form=form)


@require_POST
@city(*PURCHASING, led=True)
def last_price_open(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    need, sourcing = operation(request, need_id, sourcing_id)
    try:
        return _open(
            request, need, sourcing, lambda agent, alone: opening.open_last_prices(agent, sourcing.pk, alone=alone).opened_at
        )
    except LastPriceRound.DoesNotExist:
        raise Http404 from None


urlpatterns = [
    *consultation_paths("reponses/", comparison, "comparison"),
    *consultation_paths("reponses/reference/", reference_choose, "reference_choose"),
    *consultation_paths("reponses/ouvrir/", answers_open, "answers_open"),
    *consultation_paths("reponses/dernier-prix/", last_price_ask, "last_price_ask"),
    *consultation_paths("reponses/dernier-prix/ouvrir/", last_price_open, "last_price_open"),
]
