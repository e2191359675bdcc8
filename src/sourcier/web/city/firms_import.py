"""Import contacts: a file or pasted lines, the columns to confirm, then the report line by line."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refused
from sourcier.suppliers import tables
from sourcier.suppliers.actions import import_rows
from sourcier.suppliers.actions.imports import guess
from sourcier.suppliers.rules import Column
from sourcier.web.city.forms import add_refusal
from sourcier.web.rights import PURCHASING, city

PREVIEW = 5
LABELS = {
    Column.SIRET: "SIRET",
    Column.EMAIL: "Adresse électronique",
    Column.PHONE: "Téléphone",
    Column.NAME: "Nom de l'entreprise",
    Column.PERSON: "Personne à contacter",
}


class TableForm(forms.Form):
    """A file, or lines pasted."""

    file = forms.FileField(
        label="Un fichier CSV ou Excel", required=False,
        help_text="L'export de votre logiciel financier convient. 5 Mo au plus.",
        error_messages={"empty": "Ce fichier est vide."},
        widget=forms.FileInput({"accept": ".csv,.txt,.xlsx"}),
    )  # fmt: skip
    pasted = forms.CharField(
        label="Ou des lignes collées", required=False,
        help_text="Une entreprise par ligne : SIRET; adresse électronique; téléphone; nom.",
        widget=forms.Textarea({"rows": 5, "class": "mono", "spellcheck": "false"}),
    )  # fmt: skip
    origin = forms.CharField(
        label="D'où viennent ces contacts ?", required=False, max_length=120,
        help_text="Par exemple : annuaire, salon, facture. Vide : le nom du fichier, ou « Lignes collées ».",
    )  # fmt: skip


class ColumnsForm(forms.Form):
    """Which column holds what. The table itself travels with the page, so that nothing is kept half imported."""

    table = forms.CharField(widget=forms.HiddenInput, strip=False)
    source = forms.CharField(widget=forms.HiddenInput, max_length=120)
    heading = forms.BooleanField(label="La première ligne porte les titres des colonnes", required=False)

    def __init__(self, *args: Any, columns: int, first: list[str], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="%s", **kwargs)
        choices = [("", "Aucune")] + [
            (str(n), f"Colonne {n + 1} : {(first[n] if n < len(first) else '')[:40] or 'vide'}") for n in range(columns)
        ]
        for column, label in LABELS.items():
            self.fields[column.value] = forms.ChoiceField(label=label, choices=choices, required=False)

    def chosen(self) -> dict[Column, int]:
        return {column: int(self.cleaned_data[column.value]) for column in Column if self.cleaned_data[column.value]}


@city(*PURCHASING)
def firms_import(request: HttpRequest) -> HttpResponse:
    """First the table; a POST that carries `table` comes from the choice of the columns."""
    if request.method == "POST" and "table" in request.POST:
        return _columns_chosen(request)
    form = TableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            rows = (
                tables.read_table(upload.read(tables.MAX_BYTES + 1))
                if upload
                else tables.read_text(form.cleaned_data["pasted"])
            )
        except Refused as refused:
            form.add_error(refused.field if upload else "pasted", refused.sentence)
        else:
            source = f"Import du fichier {upload.name}"[:120] if upload else "Lignes collées"
            return _choose_columns(request, rows, form.cleaned_data["origin"] or source)
    return render(request, "city/firms/import.html", {"form": form})


def _columns_form(rows: list[list[str]], *args: Any, **kwargs: Any) -> ColumnsForm:
    width = max((len(row) for row in rows), default=0)
    return ColumnsForm(*args, columns=width, first=rows[0] if rows else [], **kwargs)


def _choose_columns(request: HttpRequest, rows: list[list[str]], source: str) -> HttpResponse:
    guessed, heading = guess(rows)
    initial = {column.value: str(position) for column, position in guessed.items()}
    initial |= {"table": tables.pack(rows), "source": source, "heading": heading}
    return _columns_page(request, _columns_form(rows, initial=initial), rows, source)


def _columns_page(request: HttpRequest, form: ColumnsForm, rows: list[list[str]], source: str) -> HttpResponse:
    shown = rows[: PREVIEW + 1]
    width = max((len(row) for row in shown), default=0)
    context = {
        "form": form, "source": source, "count": len(rows), "headings": range(1, width + 1),
        "preview": [row + [""] * (width - len(row)) for row in shown],
        "columns": [form[column.value] for column in Column],
    }  # fmt: skip
    return render(request, "city/firms/columns.html", context)


def _columns_chosen(request: HttpRequest) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    try:
        rows = tables.unpack(request.POST.get("table", ""))
    except Refused as refused:
        form = TableForm({})
        form.add_error("file", refused.sentence)
        return render(request, "city/firms/import.html", {"form": form})
    form = _columns_form(rows, request.POST)
    source = request.POST.get("source", "")[:120] or "Lignes collées"
    if form.is_valid():
        try:
            report = import_rows(agent, rows, form.chosen(), source, form.cleaned_data["heading"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return render(request, "city/firms/report.html", {"report": report})
    return _columns_page(request, form, rows, source)


urlpatterns = [path("entreprises/importer/", firms_import, name="firms_import")]
