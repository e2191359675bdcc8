"""« Un marché existe déjà » : what a need meets among the running contracts, on its page, at the rule, and by itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb
from sourcier.spend.models import RunningContract
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.contract_forms import ElsewhereForm, OrderForm, bare
from sourcier.web.city.forms import add_refusal
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, READERS, city

BEFORE_THE_CHOICE = (
    Need.State.DRAFT, Need.State.RETURNED, Need.State.SUBMITTED, Need.State.ACCEPTED, Need.State.ASKED,
)  # fmt: skip


def existing(agent: Agent, need: Need) -> dict[str, Any]:
    """What `city/contracts/_exists.html` shows: the contracts met, what this agent may do, what was answered before."""
    met = queries.contracts_met(need) if need.state in BEFORE_THE_CHOICE else []
    amount = bare(need.estimate_cents) if need.estimate_cents else ""
    return {
        "contracts_met": [
            {
                "met": each,
                "order_form": OrderForm(initial={"amount": amount}, auto_id=f"commande-{each.contract.pk}-%s"),
                "elsewhere_form": ElsewhereForm(auto_id=f"ailleurs-{each.contract.pk}-%s"),
            }
            for each in met
        ],
        "may_order": queries.may(agent, need, Verb.CLOSE),
        "may_tick_contract": queries.may(agent, need, Verb.TICK),
        "may_go_elsewhere": queries.may(agent, need, Verb.LEAVE_CONTRACT),
        "may_see_contracts": agent.has(*PURCHASING, Role.AUDITOR),
        "contract_answers": queries.contract_answers(need),
    }


@city(*READERS)
def need_contracts(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The contracts that the need meets; POST orders on one, says that it is another need, or goes elsewhere."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    if request.method != "POST":
        return _page(request, need)
    act = {"order": _order, "other": _other, "elsewhere": _elsewhere}.get(request.POST.get("do", ""))
    if act is None:
        raise Http404
    try:
        return act(request, agent, need, UUID(request.POST.get("contract", "")))
    except (ValueError, RunningContract.DoesNotExist):
        raise Http404 from None


def _page(request: HttpRequest, need: Need, contract_id: UUID | None = None, **refused: Any) -> HttpResponse:
    """The page, with the form that was refused kept as it was typed."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    shown = existing(agent, need)
    for row in shown["contracts_met"]:
        if row["met"].contract.pk == contract_id:
            row |= refused
    context = {**operation_context(agent, need), "need": need, **shown}
    return render(request, "city/contracts/of_need.html", context, status=422 if refused else 200)


def _order(request: HttpRequest, agent: Agent, need: Need, contract_id: UUID) -> HttpResponse:
    form = OrderForm(request.POST, auto_id=f"commande-{contract_id}-%s")
    if form.is_valid():
        try:
            actions.order_on_contract(agent, need.pk, contract_id, form.cleaned_data["amount"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est noté : ce besoin est clos, et le montant compte comme utilisé du marché.")
            return redirect("need", need.pk)
    return _page(request, need, contract_id, order_form=form)


def _other(request: HttpRequest, agent: Agent, need: Need, contract_id: UUID) -> HttpResponse:
    try:
        actions.not_this_contract(agent, need.pk, contract_id)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("need_contracts", need.pk)
    messages.success(request, "C'est noté : ce n'est pas le même besoin.")
    return redirect("need", need.pk)


def _elsewhere(request: HttpRequest, agent: Agent, need: Need, contract_id: UUID) -> HttpResponse:
    form = ElsewhereForm(request.POST, auto_id=f"ailleurs-{contract_id}-%s")
    if form.is_valid():
        try:
            actions.go_elsewhere(agent, need.pk, contract_id, form.cleaned_data["reason"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Votre raison est gardée au journal. L'acheteur peut interroger les entreprises.")
            return redirect("need", need.pk)
    return _page(request, need, contract_id, elsewhere_form=form)


urlpatterns = [path("achats/<uuid:need_id>/marches/", need_contracts, name="need_contracts")]
