"""Import the city's nomenclature: a table, its columns, what it would change, then the change. The page carries the table."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.spend.actions import import_families
from sourcier.spend.importing import sheets
from sourcier.spend.importing.families import Column, cells, guess
from sourcier.spend.importing.lines import text
from sourcier.spend.models import Family
from sourcier.spend.nomenclature_plan import plan_import
from sourcier.spend.nomenclature_rules import Plan
from sourcier.suppliers import tables
from sourcier.web.city.forms import add_refusal
from sourcier.web.rights import city

MAX_BYTES = 2_000_000
SHOWN = 60
LABELS = {
    Column.CODE: "Code", Column.LABEL: "Libellé", Column.KIND: "Nature (fournitures, services, travaux)",
    Column.CPV: "Code CPV", Column.ACTIVITIES: "Codes NAF",
}  # fmt: skip


def _years() -> list[tuple[int, str]]:
    year = timezone.localdate().year
    return [(year, str(year)), (year + 1, str(year + 1))]


class TableForm(forms.Form):
    file = forms.FileField(
        label="Votre nomenclature",
        help_text="CSV, Excel ou LibreOffice : une ligne par famille, avec son code et son libellé.",
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide. Exportez-le de nouveau."},
        widget=forms.FileInput({"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
    )  # fmt: skip


class ImportForm(forms.Form):
    """Where each thing stands, for which year, and whether what the table lacks is retired."""

    table = forms.CharField(widget=forms.HiddenInput, strip=False)
    source = forms.CharField(widget=forms.HiddenInput, max_length=160, required=False)
    year = forms.TypedChoiceField(label="À partir de l'année", coerce=int)

    def __init__(self, *args: Any, headings: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["year"].choices = _years()  # type: ignore[attr-defined]
        named = [(str(place), heading[:60] or f"Colonne {place + 1}") for place, heading in enumerate(headings)]
        for column, label in LABELS.items():
            needed = column in (Column.CODE, Column.LABEL)
            self.fields[column.value] = forms.ChoiceField(
                label=label, choices=[("", "Choisissez" if needed else "Aucune"), *named], required=needed,
                error_messages={"required": f"Dites où se trouve : {label.lower()}."},
            )  # fmt: skip
        self.fields["retire"] = forms.BooleanField(label="Retirer les familles que ce fichier n'a pas", required=False)

    def chosen(self) -> dict[Column, int]:
        return {column: int(self.cleaned_data[column.value]) for column in LABELS if self.cleaned_data[column.value]}


@city(Role.HEAD_BUYER)
def nomenclature_import(request: HttpRequest) -> HttpResponse:
    """First the file; a POST that carries `table` comes from the page of the columns."""
    if request.method == "POST" and "table" in request.POST:
        return _chosen(request)
    form = TableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MAX_BYTES:
                raise forms.ValidationError("Ce fichier dépasse 2 Mo : ce n'est pas une nomenclature.")
            sheet = sheets.read(upload.read())
            headings = [text(cell)[:200] for cell in sheet.headings]
            rows = [["1", *headings], *([str(number), *row] for number, row in cells(sheet))]
            initial = {column.value: str(place) for column, place in guess(headings).items()}
            initial |= {"table": tables.pack(rows), "source": upload.name[:160], "year": timezone.localdate().year}
            return _show(request, ImportForm(initial=initial, headings=headings), rows, None)
        except Refused as refused:
            form.add_error("file", refused.sentence)
        except forms.ValidationError as error:
            form.add_error("file", error)
    return render(request, "city/spend/nomenclature_file.html", {"form": form}, status=422 if form.errors else 200)


def _chosen(request: HttpRequest) -> HttpResponse:
    """Show what it would change; write it when the person has seen that."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    try:
        rows = _unpacked(request.POST.get("table", ""))
    except Refused as refused:
        form = TableForm({})
        form.add_error("file", refused.sentence)
        return render(request, "city/spend/nomenclature_file.html", {"form": form}, status=422)
    form = ImportForm(request.POST, headings=rows[0][1:])
    plan = None
    if form.is_valid():
        lines = [(int(row[0]), row[1:]) for row in rows[1:]]
        year, source, retire = (form.cleaned_data[name] for name in ("year", "source", "retire"))
        try:
            plan = plan_import(agent.organisation, lines, form.chosen(), year)
            if "confirm" in request.POST:
                made = import_families(agent, lines, form.chosen(), year, retire=retire, source=source)
                messages.success(request, f"La nomenclature de {year} est à jour : {said(made)}.")
                return redirect("nomenclature")
        except Refused as refused:
            add_refusal(form, refused)
    return _show(request, form, rows, plan)


def _unpacked(packed: str) -> list[list[str]]:
    rows = tables.unpack(packed)
    if not rows or not all(row and row[0].isdecimal() for row in rows):
        return tables.unpack("")  # refused, with its sentence
    return rows


def _show(request: HttpRequest, form: ImportForm, rows: list[list[str]], plan: Plan[Family] | None) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form, "fields": [form[name] for name in ("year", *(column.value for column in LABELS))],
        "headings": rows[0][1:], "lines": [row[1:] for row in rows[1:6]], "count": len(rows) - 1,
    }  # fmt: skip
    if plan:
        context |= {
            "plan": plan, "said": said(plan), "unread": plan.unread[:SHOWN], "added": plan.added[:SHOWN],
            "changed": plan.changed[:SHOWN], "retired": plan.retired[:SHOWN],
        }  # fmt: skip
    return render(request, "city/spend/nomenclature_import.html", context, status=422 if form.errors else 200)


def said(plan: Plan[Family]) -> str:
    """« 12 familles ajoutées, 3 retirées, 5 changées »."""
    added, retired, changed = len(plan.added), len(plan.retired), len(plan.changed)
    return (
        f"{added} famille{'s' * (added > 1)} ajoutée{'s' * (added > 1)}, {retired} retirée{'s' * (retired > 1)}, "
        f"{changed} changée{'s' * (changed > 1)}"
    )


urlpatterns = [path("familles/nomenclature/importer/", nomenclature_import, name="nomenclature_import")]
