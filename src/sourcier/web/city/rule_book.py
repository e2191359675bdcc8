"""« Le livre des règles » : every threshold with its history and sources, and the rules that the city adds."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.interop.tables import Column, Table
from sourcier.interop.tables import Kind as Cell
from sourcier.kernel.french import format_date
from sourcier.kernel.transitions import Refused
from sourcier.law.book import FUTURE, KINDS, SERIES, SURE, Rule, book
from sourcier.law.retention import KINDS as KEPT
from sourcier.law.retention import terms
from sourcier.spend.actions import add_rule, end_rule
from sourcier.spend.models import CityRule
from sourcier.spend.queries import city_rules
from sourcier.web.city.forms import EurosField, add_refusal
from sourcier.web.exports import exported
from sourcier.web.rights import EVERYBODY, city

COLUMNS = (
    Column("Règle"), Column("Natures"), Column("Montant HT", Cell.CENTS), Column("Premier jour", Cell.DATE),
    Column("Dernier jour", Cell.DATE), Column("Article"), Column("Source"), Column("À savoir"), Column("En clair"),
)  # fmt: skip
SERIES_OF_ALL = {"city": "Règles de la ville", **SERIES}


@dataclass(frozen=True, slots=True)
class Line:
    """A rule on the page, read on a day."""

    rule: Rule
    on: date

    @property
    def past(self) -> bool:
        return self.rule.last is not None and self.rule.last < self.on

    @property
    def announced(self) -> bool:
        return self.rule.confidence == FUTURE

    @property
    def kinds(self) -> str:
        known = [KINDS[kind] for kind in KINDS if kind in self.rule.kinds]
        return "toutes natures" if len(known) == len(KINDS) else ", ".join(known)

    @property
    def mark(self) -> str:
        if self.announced:
            return "annoncé, non appliqué"
        return "" if self.rule.confidence == SURE else "à vérifier"


@dataclass(frozen=True, slots=True)
class Chapter:
    """The rules of one series, the latest first."""

    series: str
    name: str
    lines: list[Line]

    @property
    def now(self) -> list[Line]:
        return [line for line in self.lines if not line.past]

    @property
    def past(self) -> list[Line]:
        return [line for line in self.lines if line.past]


class CityRuleForm(forms.Form):
    """A rule that the city adds."""

    sentence = forms.CharField(
        label="La règle, en une phrase", max_length=300, help_text="Par exemple : demandez un devis à trois entreprises.",
        error_messages={"required": "Écrivez ce que la ville demande."},
    )  # fmt: skip
    from_cents = EurosField(
        label="À partir de", help_text="Montant du besoin, hors taxes.",
        error_messages={"required": "Écrivez un montant, par exemple 5 000."},
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label="Pour quels achats", choices=[(kind, label.capitalize()) for kind, label in KINDS.items()],
        widget=forms.CheckboxSelectMultiple, initial=list(KINDS), error_messages={"required": "Cochez au moins une nature."},
    )  # fmt: skip
    first = forms.DateField(
        label="À partir du", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=timezone.localdate,
        error_messages={"required": "Dites le premier jour."},
    )  # fmt: skip
    basis = forms.CharField(
        label="D'où vient cette règle", max_length=200, help_text="La délibération, ou le guide de la ville, et sa date.",
        error_messages={"required": "Dites d'où elle vient : le contrôle le demandera."},
    )  # fmt: skip


class LastDayForm(forms.Form):
    last = forms.DateField(
        label="Dernier jour", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Dites le dernier jour."},
    )  # fmt: skip


@city(*EVERYBODY)
def rule_book(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, form: CityRuleForm | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    today = timezone.localdate()
    rules = sorted((*city_rules(agent.organisation), *book()), key=lambda rule: rule.first, reverse=True)
    chapters = [
        Chapter(series, name, [Line(rule, today) for rule in rules if rule.series == series])
        for series, name in SERIES_OF_ALL.items()
    ]
    if response := exported(request, _table(chapters, today)):
        return response
    context = {
        "on": today,
        "chapters": [chapter for chapter in chapters if chapter.lines],
        "kept": [(KEPT[term.kind], term) for term in terms()],
        "form": form or CityRuleForm(),
        "ending": LastDayForm(auto_id=False),
        "may_change": agent.has(Role.HEAD_BUYER),
    }
    return render(request, "city/rule/book.html", context, status=422 if form else 200)


def _table(chapters: list[Chapter], on: date) -> Table:
    rows: list[list[Any]] = [
        [
            chapter.name, line.kinds, line.rule.amount_cents, line.rule.first, line.rule.last, line.rule.article,
            line.rule.basis, line.mark, line.rule.sentence,
        ]
        for chapter in chapters
        for line in chapter.lines
    ]  # fmt: skip
    return Table("Livre des règles", COLUMNS, rows, (f"Tel qu'il est le {format_date(on)}. Montants hors taxes.",))


@city(Role.HEAD_BUYER)
@require_POST
def rule_add(request: HttpRequest) -> HttpResponse:
    form = CityRuleForm(request.POST)
    if form.is_valid():
        try:
            add_rule(request.agent, **form.cleaned_data)  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La règle de la ville est ajoutée. Les conseils la diront à partir de son premier jour.")
            return redirect("rule_book")
    return _page(request, form)


@city(Role.HEAD_BUYER)
@require_POST
def rule_end(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    form = LastDayForm(request.POST)
    try:
        end_rule(request.agent, rule_id, form.cleaned_data["last"] if form.is_valid() else None)  # type: ignore[attr-defined]
    except CityRule.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "La règle s'arrête ce jour-là. Elle reste dans l'historique.")
    return redirect("rule_book")


urlpatterns = [
    path("regles/", rule_book, name="rule_book"),
    path("regles/ajouter/", rule_add, name="rule_add"),
    path("regles/<uuid:rule_id>/arreter/", rule_end, name="rule_end"),
]
