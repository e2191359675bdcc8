"""« Achats à regarder ensemble » : what adds up to a limit, family by family; the head buyer decides, or says why not."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.insights import findings
from sourcier.insights.actions import ask_to_look, explain, join
from sourcier.insights.models import Finding
from sourcier.interop.tables import Column, Table
from sourcier.interop.tables import Kind as Cell
from sourcier.kernel.transitions import Refused
from sourcier.spend.models import Family, Unit
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.years import years_asked
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, PURCHASING, city

PER_PAGE = 20
SECTIONS = {
    Finding.Kind.SPLIT: "Achats semblables",
    Finding.Kind.CROSSING: "Familles à la limite",
    Finding.Kind.DOMINANT: "Souvent la même entreprise",
}
SOURCES = {"order": "commande", "commitment": "choix fait ici", "need": "besoin prévu"}
COLUMNS = (
    Column("Rubrique"), Column("Groupe", Cell.INTEGER), Column("Ensemble HT", Cell.CENTS), Column("Limite HT", Cell.CENTS),
    Column("Décision"), Column("Raison"), Column("Jour"), Column("Achat"), Column("Entreprise"), Column("Famille"),
    Column("Lieu"), Column("Service"), Column("Source"), Column("Montant HT", Cell.CENTS),
)  # fmt: skip


class ExplainForm(forms.Form):
    """Why these purchases are not one; `seen` is their sum when the page was shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Ces achats sont distincts, parce que…", max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple : deux sites, deux usages. Le contrôle lira votre raison.",
        error_messages={"required": "Écrivez pourquoi : le contrôle lira votre raison. Rien n'est décidé."},
    )  # fmt: skip


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class JoinForm(forms.Form):
    """The unit that counts them together: one that exists, or a new one with its name and what unites them."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    unit = UnitChoice(
        Unit.objects.none(), label="Avec", required=False, empty_label="une nouvelle, nommée ci-dessous",
        error_messages={"invalid_choice": "Elle n'est pas dans la liste. Choisissez-en une autre, ou nommez-en une nouvelle."},
    )  # fmt: skip
    label = forms.CharField(label="Nom, si elle est nouvelle", max_length=120, required=False)
    reason = forms.CharField(label="Ce qui réunit ces achats, si elle est nouvelle", max_length=500, required=False)

    def __init__(self, finding: Finding, units: Sequence[Unit], data: Any = None) -> None:
        initial = {"seen": finding.total_cents, "unit": finding.unit_id}
        super().__init__(data, initial=initial, auto_id=f"ensemble-{finding.pk}-%s")
        kept = [unit.pk for unit in units if unit.nature == finding.nature]
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=kept)  # type: ignore[attr-defined]


class Card:
    """A finding on the page, with the forms of its decision when there is somebody to decide."""

    def __init__(self, finding: Finding, form: ExplainForm | None, joining: JoinForm | None = None) -> None:
        self.finding, self.form, self.joining = finding, form, joining

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its purchases; the need of a line as the id of its page."""
        return [
            {
                **listed, "on": date.fromisoformat(listed["on"]),
                "need": UUID(listed["need"]) if listed["need"] else None, "source": SOURCES[listed["source"]],
            }
            for listed in self.finding.purchases
        ]  # fmt: skip


@city(*INSPECTION)
@require_safe
def together(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, refused: tuple[Finding, forms.Form] | None = None) -> HttpResponse:
    """The rows of a year, alone: nothing is compared while somebody waits."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    organisation = agent.organisation
    known, year = years_asked(request, "annee", findings.years(organisation))
    if refused:
        year = refused[0].year
    family = Family.objects.filter(organisation=organisation, code=request.GET.get("famille", "")).first()
    found = sorted(findings.of(organisation, year, family), key=lambda row: list(SECTIONS).index(Finding.Kind(row.kind)))
    if refused:
        found = [row for row in found if row.pk == refused[0].pk]
    if response := exported(request, _table(year, family, found)):
        return response
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    units = list(Unit.objects.filter(organisation=organisation)) if agent.has(Role.HEAD_BUYER) else []
    cards = [_card(agent, row, units, refused[1] if refused else None) for row in page]
    context = {
        "year": year, "years": known, "family": family, "families": findings.families(organisation, year), "page": page,
        "sections": [
            (title, [card for card in cards if card.finding.kind == kind]) for kind, title in SECTIONS.items()
        ],
        "any": bool(found), "look": findings.last_look(organisation), "may_look": agent.has(*PURCHASING),
    }  # fmt: skip
    return render(request, "city/spend/together.html", context, status=422 if refused else 200)


def _card(agent: Agent, row: Finding, units: Sequence[Unit], refused: forms.Form | None) -> Card:
    """With the forms of a head buyer: the one that was refused, if any, as it was typed."""
    if not agent.has(Role.HEAD_BUYER) or row.gone_at:
        return Card(row, None)
    form = ExplainForm(initial={"seen": row.total_cents}, auto_id=f"{row.pk}-%s")
    for each in (form, refused):
        if isinstance(each, ExplainForm) and row.kind != Finding.Kind.SPLIT:
            each.fields["reason"].label = "Ce qui l'explique"
    joining = JoinForm(row, units) if row.kind == Finding.Kind.SPLIT else None
    if isinstance(refused, JoinForm):
        return Card(row, form, refused)
    return Card(row, refused if isinstance(refused, ExplainForm) else form, joining)


def _table(year: int, family: Family | None, found: list[Finding]) -> Table:
    rows = [
        (
            SECTIONS[Finding.Kind(row.kind)], number, row.total_cents, row.limit_cents, _state(row), row.reason,
            f"{line['on']:%d/%m/%Y}", line["words"], line["firm"], line["family"], line["place"], line["department"],
            line["source"], line["amount_cents"],
        )
        for number, row in enumerate(found, 1)
        for line in Card(row, None).lines
    ]  # fmt: skip
    notes = ["Ensemble et limite : hors taxes. Pour une entreprise souvent choisie, la limite est le total de la famille."]
    notes += [f"Seule la famille {family.code} {family.label} est montrée."] if family else []
    return Table(f"Achats à regarder ensemble {year}", COLUMNS, rows, notes)


def _state(row: Finding) -> str:
    if not row.decision:
        return "À regarder" if row.waits else ""
    return row.get_decision_display() + (" (a grandi depuis)" if row.grew else "")


def _found(request: HttpRequest, finding_id: UUID) -> Finding:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    return get_object_or_404(findings.shown(agent.organisation), pk=finding_id)


def _back(row: Finding) -> HttpResponse:
    return redirect(f"{reverse('together')}?annee={row.year}#{row.pk}")


@city(Role.HEAD_BUYER)
@require_POST
def together_explain(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    row, form = _found(request, finding_id), ExplainForm(request.POST, auto_id=f"{finding_id}-%s")
    return _decided(request, row, form, "Votre raison est gardée au journal.", explain, "reason")


@city(Role.HEAD_BUYER)
@require_POST
def together_join(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    row = _found(request, finding_id)
    form = JoinForm(row, list(Unit.objects.filter(organisation=row.organisation_id)), request.POST)

    def act(agent: Agent, key: UUID, unit: Unit | None, label: str, reason: str, seen: int) -> Finding:
        return join(agent, key, unit and unit.pk, label=label, reason=reason, seen_cents=seen)

    return _decided(request, row, form, "Ces achats se comptent ensemble désormais.", act, "unit", "label", "reason")


def _decided(
    request: HttpRequest, row: Finding, form: forms.Form, said: str, act: Callable[..., Finding], *names: str
) -> HttpResponse:  # fmt: skip
    """Done and said, or refused with what was typed; seen again, the sum is that of now."""
    if form.is_valid():
        try:
            act(request.agent, row.pk, *(form.cleaned_data[name] for name in (*names, "seen")))  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, said)
            return _back(row)
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["seen"] = str(row.total_cents)  # type: ignore[index]
    return _page(request, (row, form))


@city(*PURCHASING)
@require_POST
def together_look(request: HttpRequest) -> HttpResponse:
    done = ask_to_look(request.agent)  # type: ignore[attr-defined]
    messages.success(
        request,
        "Les achats sont comparés de nouveau." if done else "La comparaison est demandée : revenez dans quelques minutes.",
    )
    return redirect("together")


urlpatterns = [
    path("familles/ensemble/", together, name="together"),
    path("familles/ensemble/recalculer/", together_look, name="together_look"),
    path("familles/ensemble/<uuid:finding_id>/compter/", together_join, name="together_join"),
    path("familles/ensemble/<uuid:finding_id>/distincts/", together_explain, name="together_explain"),
]
