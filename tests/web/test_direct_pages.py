"""« Acheter directement »: the screen, what it says at once, the page of the purchase, the lists, the setting."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sourcier.direct.models import DirectPurchase
from sourcier.needs.models import Need
from sourcier.spend.actions import load_families
from sourcier.spend.queries import propose_family
from tests.cities import City
from tests.direct.scene import BAKER, ticket
from tests.sourcing.stock import CLOSED, LEFORT, MATHILDE
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rooms(bakeries: Path, settings: Any, tmp_path: Path) -> None:
    settings.REGISTER, settings.VAULT = str(bakeries), tmp_path / "vault"


@pytest.fixture
def typed(city: City) -> dict[str, Any]:
    """What a requester of one department sends."""
    load_families(city.organisation)
    family = propose_family(city.organisation, [BAKER])
    assert family
    return {
        "envoi": "a" * 32, "sentence": "12 brioches pour la crèche", "who": MATHILDE.siret, "amount": "48,00", "vat": "550",
        "family": str(family.pk), "family_seen": str(family.pk), "reasons": ["small_amount"], "record": "1",
    }  # fmt: skip


def send(client: Client, typed: dict[str, Any], **change: Any) -> Any:
    return client.post(reverse("direct_new"), typed | change)


def test_one_screen_records_the_purchase_before_tax_with_its_ticket(city: City, typed: dict[str, Any]) -> None:
    client = signed_in(city.requester)
    assert "Sous 1\u202f000\u00a0€ HT" in client.get(reverse("direct_new")).content.decode()
    response = send(client, typed, photo=ticket())
    purchase = DirectPurchase.objects.get()
    assert response.url == reverse("need", args=[purchase.need_id])
    assert (purchase.amount_cents, purchase.typed_cents, purchase.vat_bp) == (45_50, 48_00, 550)
    shown = client.get(response.url).content.decode()
    for words in ("AU PAIN DE MATHILDE", "45,50\u00a0€", "Petit montant", "ticket.jpg", "Achat direct", "Annuler cet achat"):
        assert words in shown, words
    assert "interrog" not in shown and "Accepter ce besoin" not in shown
    paper = client.get(reverse("direct_file", args=[purchase.need_id, purchase.files.get().pk]))
    assert paper.status_code == 200 and "attachment" in paper["Content-Disposition"]
    paper.close()


def test_a_double_sending_makes_one_purchase(city: City, typed: dict[str, Any]) -> None:
    client = signed_in(city.requester)
    first, second = send(client, typed), send(client, typed)
    assert first.url == second.url and DirectPurchase.objects.count() == 1
    send(client, typed, amount="49,00")
    assert DirectPurchase.objects.count() == 2, "another amount is another purchase"


def test_a_name_must_be_touched_and_what_was_typed_stays(city: City, typed: dict[str, Any]) -> None:
    client = signed_in(city.requester)
    response = send(client, typed, who="boulangerie lefort zinc")
    assert response.status_code == 422 and "Aucune entreprise de ce nom" in response.content.decode()
    response = send(client, typed, who="boulangerie")
    page = response.content.decode()
    assert response.status_code == 422 and "Touchez l'entreprise" in page.replace("&#x27;", "'")
    assert LEFORT.name in page and "12 brioches pour la crèche" in page
    assert send(client, typed, who="boulangerie", who_seen="autre nom", siret=LEFORT.siret).status_code == 422
    send(client, typed, who="boulangerie", who_seen="boulangerie", siret=LEFORT.siret)
    assert DirectPurchase.objects.get().firm.siret == LEFORT.siret


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"who": CLOSED.siret}, "est fermée"),
        ({"amount": "0"}, "plus grand que zéro"),
        ({"amount": "-12"}, "plus grand que zéro"),
        ({"amount": "beaucoup"}, "Écrivez un nombre"),
        ({"amount": "1 200", "vat": "ht"}, "la ville demande un besoin"),
        ({"vat": ""}, "avec ou sans TVA"),
        ({"reasons": []}, "Cochez au moins une raison"),
        ({"sentence": " "}, "Dites en une phrase"),
        ({"photo": SimpleUploadedFile("photo.jpg", b"no picture")}, "Une pièce n'a pas été gardée"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_nothing_is_lost(
    city: City, typed: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    response = send(signed_in(city.requester), typed, **change)
    page = response.content.decode().replace("&#x27;", "'")
    assert response.status_code == 422 and words in page
    assert not DirectPurchase.objects.exists()
    assert change.get("amount", "48,00") in page


def test_without_javascript_one_verifies_first_and_the_family_is_proposed(city: City, typed: dict[str, Any]) -> None:
    bare = typed | {"family": "", "family_seen": "", "reasons": [], "check": "1"}
    page = signed_in(city.requester).post(reverse("direct_new"), bare).content.decode().replace("&#x27;", "'")
    assert f'value="{typed["family"]}" selected' in page
    assert "n'a pas pris cette entreprise" in page and "de ce métier à moins de" in page and "de la limite de" in page


def test_what_is_typed_is_answered_at_once_and_writes_nothing(city: City, typed: dict[str, Any]) -> None:
    client, htmx = signed_in(city.requester), {"HX-Request": "true"}

    def live(**sent: str) -> str:
        return client.post(reverse("direct_new"), sent, headers=htmx).content.decode()

    page = live(sentence="du pain", who="boulangerie")
    assert "hx-swap-oob" in page and LEFORT.name in page and typed["family"] in page and "error" not in page
    touched = live(sentence="du pain", who="boulangerie", who_seen="boulangerie", siret=LEFORT.siret)
    assert "direct-found" not in touched and "n'a pas pris cette entreprise" in touched, "the firm touched stays touched"
    over = client.post(reverse("direct_new"), typed | {"amount": "1 200", "vat": "ht"}, headers=htmx).content.decode()
    assert "Enregistrer cet achat" not in over and "Demander aussi un devis" in over
    assert not Need.objects.exists()


def test_asking_three_others_lands_on_the_panel_for_a_buyer_and_on_the_need_for_a_requester(
    city: City, typed: dict[str, Any]
) -> None:
    others = typed | {"amount": "4 000", "vat": "ht", "reasons": [], "ask": "1"}
    response = signed_in(city.requester).post(reverse("direct_new"), others)
    assert response.url == reverse("need", args=[Need.objects.get().pk])
    response = signed_in(city.buyer).post(reverse("direct_new"), others | {"department": str(city.department.pk)})
    made = Need.objects.get(state="accepted")
    assert response.url == reverse("panel", args=[made.pk])
    shown = signed_in(city.buyer).get(response.url).content.decode()
    assert "AU PAIN DE MATHILDE" in shown and not DirectPurchase.objects.exists()


def test_a_cancelled_purchase_says_so_everywhere(city: City, typed: dict[str, Any]) -> None:
    client = signed_in(city.requester)
    send(client, typed)
    need = Need.objects.get()
    refused = client.post(reverse("direct_cancel", args=[need.pk]), {"reason": " "})
    assert refused.status_code == 422
    client.post(reverse("direct_cancel", args=[need.pk]), {"reason": "Enregistré deux fois."})
    assert "Enregistré deux fois." in client.get(reverse("need", args=[need.pk])).content.decode()
    assert "Achat annulé" in client.get(reverse("needs")).content.decode()
    buyer = signed_in(city.buyer)
    assert "Annulé" in buyer.get(reverse("sourcings"), {"nature": "achete"}).content.decode()
    assert "Achats directs" not in buyer.get(reverse("savings")).content.decode()


def test_the_lists_and_the_figures_hold_direct_purchases(city: City, typed: dict[str, Any]) -> None:
    send(signed_in(city.requester), typed)
    buyer = signed_in(city.buyer)
    listed = buyer.get(reverse("sourcings")).content.decode()
    assert "Acheté directement" in listed and "12 brioches" in listed
    assert "12 brioches" in buyer.get(reverse("sourcings"), {"etat": "finies"}).content.decode()
    assert "12 brioches" not in buyer.get(reverse("sourcings"), {"etat": "attente"}).content.decode()
    exported = buyer.get(reverse("sourcings"), {"export": "csv"}).content.decode()
    assert "12 brioches" in exported
    assert "Achats directs" in buyer.get(reverse("savings")).content.decode()
    assert buyer.get(reverse("dossier", args=[Need.objects.get().pk])).status_code == 200


def test_the_head_buyer_sets_the_amount_and_zero_closes_the_way(city: City, typed: dict[str, Any]) -> None:
    head, address = signed_in(city.head_buyer), reverse("settings_direct")
    assert head.post(address, {"direct_below_cents": "-1"}).status_code == 422
    assert head.post(address, {"direct_below_cents": "0"}).status_code == 302
    client = signed_in(city.requester)
    assert send(client, typed).url == reverse("needs")
    assert "Acheter directement" not in client.get(reverse("needs")).content.decode()
    assert not DirectPurchase.objects.exists()
