"""« Composants »: every component of the design system, with its name, on one page."""

from datetime import UTC, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.web.operations import DONE, LATER, NOW, WORDS, Step
from sourcier.web.rights import public


class Example(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Champ de texte", help_text="Une aide dit quoi écrire, avec un exemple.")
    amount = forms.CharField(label="Montant", required=False)
    note = forms.CharField(label="Texte long", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label="Liste", choices=[("a", "Fournitures"), ("b", "Services"), ("c", "Travaux")])
    day = forms.DateField(label="Date", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    answer = forms.ChoiceField(
        label="Choix, en cartes",
        widget=forms.RadioSelect,
        choices=[("oui", "Oui, je donne mon prix"), ("mais", "Oui, mais…"), ("non", "Non merci")],
    )
    places = forms.MultipleChoiceField(
        label="Plusieurs choix",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("1", "Crèche Jean-Mermoz"), ("2", "Crèche du Centre")],
    )
    agreed = forms.BooleanField(label="Une case à cocher", required=False)
    file = forms.FileField(label="Fichier", required=False, help_text="25 Mo au plus. Une photo suffit.")


def example_steps() -> list[Step]:
    """The thread in the middle of an operation, without an operation."""
    status = {1: DONE, 2: DONE, 3: NOW}
    return [
        Step(
            number,
            name,
            done if status.get(number) == DONE else waiting,
            status.get(number, LATER),
            "#fil" if number < 4 else "",
        )
        for number, (name, done, waiting) in WORDS.items()
    ]


@public
def components(request: HttpRequest) -> HttpResponse:
    wrong = Example({"name": "", "kind": "a", "answer": "oui"}, prefix="wrong", auto_id="wrong_%s")
    context = {
        "form": Example(initial={"answer": "oui", "places": ["1"]}),
        "wrong": wrong,
        "steps": example_steps(),
        "three": [
            Step(1, "Demandé", "Envoyé le 3 mars 2026", DONE, ""),
            Step(2, "En cours", "Chez Salima Benali", NOW, ""),
            Step(3, "Choisi", "", LATER, ""),
        ],
        "deadline": datetime(2026, 9, 30, 10, tzinfo=UTC),
    }
    return render(request, "public/components.html", context)


urlpatterns = [path("composants/", components, name="components")]
