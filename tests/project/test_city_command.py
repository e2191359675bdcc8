"""`sourcier city create`: the first thing a city does after installing."""

from io import StringIO
from re import search

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sourcier.accounts.models import Membership, Organisation
from sourcier.journal.verify import verify
from sourcier.spend.models import Family
from tests.cities import siret

WORDS = (
    "--name", "Ville de Pantin", "--siret", siret(77), "--address", "84 avenue du Général-Leclerc", "--postal-code", "93500",
    "--commune", "Pantin", "--commune-code", "93055", "--lat", "48.894", "--lon", "2.409", "--admin-name", "Ada Morel",
    "--admin-email", "Ada@pantin.example",
)  # fmt: skip


def create(*changes: str) -> str:
    said = StringIO()
    call_command("city", "create", *WORDS, *changes, stdout=said)
    return said.getvalue()


def test_a_city_is_opened_with_its_journal_its_families_and_its_first_person(db: None) -> None:
    said = create()
    city = Organisation.objects.get(slug="ville-de-pantin")
    assert sorted(Membership.objects.filter(organisation=city).values_list("role", flat=True)) == ["admin", "head_buyer"]
    assert Family.objects.filter(organisation=city).count() > 100
    assert verify(city.pk).ok
    assert "Empreinte de sa clé" in said


def test_the_link_it_prints_lets_the_first_person_choose_a_password(db: None) -> None:
    link = search(r"https?://[^/]+(/\S+)", create())
    assert link
    assert "mot de passe" in Client().get(link[1], follow=True).content.decode().lower()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("--siret", "123"), "14 chiffres"),
        (("--admin-email", "personne"), "n'est pas une adresse"),
        (("--lat", "2.409", "--lon", "248.894"), "ne sont pas en France"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_created(db: None, change: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        create(*change)
    assert not Organisation.objects.exists()


def test_the_same_city_is_not_opened_twice(db: None) -> None:
    create()
    with pytest.raises(CommandError, match="déjà ce SIRET"):
        create()
