"""What a dossier shows of a sealed quote is what was sealed, even to who holds the key of the city."""

import json
from io import BytesIO
from typing import Any

import pytest

from sourcier.dossier.offline import verifier
from sourcier.journal import keys
from sourcier.journal.models import Log
from tests.cities import City
from tests.dossier.forging import signed_again
from tests.dossier.purchase import Purchase, dossier_of
from tests.dossier.test_report import report_of
from tests.pdf import text_of


@pytest.fixture
def dossier(finished: Purchase) -> bytes:
    return dossier_of(finished)


def verdict(data: bytes, city: City) -> list[str]:
    return verifier.verify(BytesIO(data), keys.fingerprint(city.organisation.pk)).problems


def test_the_verifier_hashes_again_what_each_seal_held(dossier: bytes, city: City) -> None:
    report = verifier.verify(BytesIO(dossier), keys.fingerprint(city.organisation.pk))
    assert report.problems == []
    assert "2 plis ouverts : chacun contient ce qui avait été scellé à son dépôt." in report.facts


def cheaper(payload: dict[str, Any]) -> dict[str, Any]:
    """The price of a sealed quote, lowered where it was opened."""
    if "content" not in payload:
        return payload
    content = json.loads(payload["content"])
    for line in content["lines"]:
        line["unit_price_e4"] -= 1
    return payload | {"content": json.dumps(content)}


def without_its_salt(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"commitment": "0" * 64} if "sealed_sha256" in payload else payload


@pytest.mark.parametrize("edit", [cheaper, without_its_salt])
def test_a_price_lowered_at_the_opening_shows_even_signed_again_with_the_key_of_the_city(
    dossier: bytes, city: City, edit: Any
) -> None:
    forged = signed_again(dossier, edit, keys.private_key(Log.objects.get(pk=city.organisation.pk)))
    found = verdict(forged, city)
    assert found and all(problem.endswith("n'est pas celui qui avait été scellé.") for problem in found)


def test_the_report_says_who_lifted_the_seals_and_who_vouches_for_the_time(dossier: bytes) -> None:
    said = " ".join(text_of(report_of(dossier)).split())
    assert "Les devis étaient scellés ; le serveur a levé les scellés." in said
    assert "Aucun tiers n'est réglé pour confirmer l'heure" in said.replace("’", "'")
