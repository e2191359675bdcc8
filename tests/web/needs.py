"""Needs for the tests of pages: as drafts, as sent, and what a whole page of answers posts."""

from typing import Any

from django.urls import reverse

from sourcier.needs import actions, rules
from sourcier.needs.models import Need
from tests.cities import City

PAIN = "Pain frais livré tous les jours avant 7 h pour les crèches"
TWO = "du pain pour les crèches et réparer l'ascenseur"
SCRIPT = "<script>alert(1)</script>"
UNKNOWN = list(rules.QUESTIONS)
HTMX = {"HTTP_HX_REQUEST": "true"}


def url(name: str, need: Need) -> str:
    return reverse(name, args=[need.pk])


def draft(city: City, sentence: str = PAIN) -> Need:
    return actions.start(city.requester, sentence)


def submitted(city: City) -> Need:
    need = draft(city)
    actions.save(city.requester, need.pk, 1, unknown=UNKNOWN)
    return actions.submit(city.requester, need.pk)


def reload(need: Need) -> Need:
    return Need.objects.get(pk=need.pk)


def answers(need: Need, **more: Any) -> dict[str, Any]:
    """A whole page of answers, each « je ne sais pas »."""
    unknown = {f"unknown_{question}": "on" for question in UNKNOWN}
    return {"version": reload(need).version, "sentence": need.sentence, **unknown, **more}
