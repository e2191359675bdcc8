"""Who came by the public notice, on the pages: what he may do from his own, and how the city tells him from the firm asked."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions.answer import decline
from sourcier.quotes.models import Award, Notification, Submission
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers.queries import email_of
from tests.cities import City
from tests.quotes.requests import browser
from tests.quotes.test_two_for_one_siret import HOW, WHY, after, opened, quote
from tests.sourcing.scenes import sent
from tests.sourcing.stock import MATHILDE
from tests.sourcing.test_identity import STRANGER, asked, impostor
from tests.sourcing.test_notice import came
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
UNVERIFIED = "identité non vérifiée"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


@pytest.fixture
def scene(city: City) -> Any:
    """The bakery asked and a stranger have answered for one SIRET; all is opened and marked."""
    sourcing = sent(city)
    answers = quote(asked(sourcing), 10_000), quote(impostor(sourcing), 5_000)
    with after(sourcing):
        opened(city, sourcing)
        yield sourcing, *answers


def main(page: Any) -> str:
    return page.content.decode().partition("<main")[2]


def check(invitation: Invitation) -> str:
    return reverse("identity_check", args=[invitation.sourcing.need_id, invitation.pk])


def test_from_his_page_a_stranger_changes_nothing_of_the_firm_he_names(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    client = browser(stranger)
    page = main(client.get(reverse("firm_stop")))
    assert STRANGER in page and "pour ses achats" not in page
    page = main(client.post(reverse("firm_stop"), follow=True))
    assert "C'est noté." in page and STRANGER in page
    page = main(client.post(reverse("firm_news"), {"email": STRANGER}, follow=True))
    assert "quand elle aura vérifié que vous êtes bien cette entreprise" in page
    client.post(reverse("firm_decline"), {"reason": "closed"})
    with after(sourcing):
        opened(city, sourcing)
        call_command("tick", stdout=StringIO())
    firm = asked(sourcing).firm
    assert not (firm.unsubscribed_at or firm.closed_at or firm.trade_left_at)
    assert email_of(firm) == "mathilde@pain.example" and not firm.contacts.filter(value=STRANGER).exists()


def test_a_firm_asked_stops_every_letter_from_its_page(city: City) -> None:
    client = browser(asked(sent(city)))
    assert "pour ses achats" in main(client.get(reverse("firm_stop")))
    assert "ne vous écrira plus" in main(client.post(reverse("firm_stop"), follow=True))


def test_the_comparison_tells_the_two_apart(city: City, scene: Any) -> None:
    sourcing, _, _ = scene
    page = main(signed_in(city.buyer).get(reverse("comparison", args=[sourcing.need_id])))
    rows = page[page.index("<tbody>") : page.index("</tbody>")].split("</tr>")
    false, real = rows[0], rows[1]
    assert "avis public" in false and UNVERIFIED in false and STRANGER in false
    assert "avis public" not in real and UNVERIFIED not in real


@pytest.mark.parametrize("name", ["comparison", "exchanges"])
def test_the_exports_tell_them_apart(city: City, scene: Any, name: str) -> None:
    sourcing, _, _ = scene
    response = signed_in(city.buyer).get(reverse(name, args=[sourcing.need_id]), {"export": "csv"})
    text = response.content.decode("utf-8-sig")
    assert "Avis public" in text and STRANGER in text
    assert (UNVERIFIED in text) == (name == "comparison")


def test_the_choice_says_how_to_check_and_keeps_what_was_typed(city: City, scene: Any) -> None:
    sourcing, _, false = scene
    client = signed_in(city.buyer)
    address = reverse("choice", args=[sourcing.need_id])
    page = main(client.get(address))
    assert f"{MATHILDE.name} (avis public, {STRANGER})" in page and UNVERIFIED in page
    assert reverse("answer", args=[sourcing.need_id, false.pk]) in page
    refused = client.post(address, {"submission": str(false.pk), "rationale": WHY})
    assert refused.status_code == 422 and "Appelez l'entreprise" in refused.content.decode().replace("&#x27;", "'")
    assert "livraison avant 7 h" in refused.content.decode() and not Award.objects.exists()


def test_a_buyer_checks_from_the_answer_s_page_and_says_how(city: City, scene: Any) -> None:
    sourcing, real, false = scene
    client = signed_in(city.buyer)
    page = reverse("answer", args=[sourcing.need_id, false.pk])
    assert UNVERIFIED in main(client.get(page)) and STRANGER in main(client.get(page))
    assert "Qui a répondu" not in main(client.get(reverse("answer", args=[sourcing.need_id, real.pk])))
    empty = client.post(check(false.invitation), {"how": " "})
    assert empty.status_code == 422 and not Invitation.objects.get(pk=false.invitation_id).identity_checked_at
    done = main(client.post(check(false.invitation), {"how": HOW}, follow=True))
    assert UNVERIFIED not in done and "Bruno Rosny" in done and HOW in done and "Qui a répondu" not in done
    assert "identité vérifiée" in main(client.get(reverse("comparison", args=[sourcing.need_id])))
    again = client.post(check(false.invitation), {"how": HOW}, follow=True)
    assert "déjà vérifiée" in again.content.decode()


def test_the_page_of_a_refusal_says_why_and_who(city: City) -> None:
    sourcing = sent(city)
    refused = decline(impostor(sourcing), "closed")
    with after(sourcing):
        opened(city, sourcing)
        client = signed_in(city.buyer)
        page = main(client.get(reverse("comparison", args=[sourcing.need_id])))
        address = reverse("answer", args=[sourcing.need_id, refused.pk])
        assert address in page and UNVERIFIED in page and STRANGER in page
        page = main(client.get(address))
        assert "J'ai fermé ou vendu" in page.replace("&#x27;", "'") and "Qui a répondu" in page


def test_a_sheet_lists_each_who_came_with_his_check(city: City) -> None:
    sourcing = sent(city)
    stranger, silent = impostor(sourcing), came(sourcing, MATHILDE.siret, "muet@mail.example")
    sheet = reverse("firm_sheet", args=[stranger.firm_id])
    assert STRANGER not in main(signed_in(city.buyer).get(sheet)), "closed until the opening"
    with after(sourcing):
        opened(city, sourcing)
        client = signed_in(city.buyer)
        page = main(client.get(sheet))
        assert STRANGER in page and UNVERIFIED in page and check(silent) in page
        assert check(silent) not in main(signed_in(city.auditor).get(sheet))
        assert "Dites comment" in client.post(check(silent), {"how": ""}, follow=True).content.decode()
        page = main(client.post(check(silent), {"how": HOW}, follow=True))
    assert HOW in page and check(silent) not in page and check(stranger) in page


def test_only_the_one_chosen_is_shown_chosen_on_the_sheet(city: City, scene: Any) -> None:
    sourcing, real, _ = scene
    choosing.choose(city.buyer, sourcing.pk, None, real.pk, None, WHY)
    page = main(signed_in(city.buyer).get(reverse("firm_sheet", args=[real.firm_id])))
    assert page.count(">Choisie<") == 1


def test_each_reads_his_own_result_on_his_page(city: City, scene: Any) -> None:
    sourcing, real, false = scene
    choosing.choose(city.buyer, sourcing.pk, None, real.pk, None, WHY)
    client = signed_in(city.buyer)
    telling = main(client.get(reverse("telling", args=[sourcing.need_id])))
    assert f"La raison, pour {MATHILDE.name} (avis public, {STRANGER})" in telling
    typed = {f"sentence-{false.pk}": "Identité restée sans preuve.", f"sentence-{real.pk}": ""}
    shown = client.post(reverse("tell_all", args=[sourcing.need_id]), typed)
    client.post(reverse("tell_all", args=[sourcing.need_id]), {**typed, "seen": shown.context["mark"]})
    Notification.objects.update(state="sent")
    assert "Votre devis est choisi" in browser(real.invitation).get(reverse("firm_result")).content.decode()
    his = browser(false.invitation).get(reverse("firm_result")).content.decode()
    assert "Identité restée sans preuve." in his and "Voici la suite" not in his


def test_only_a_buyer_of_this_city_checks(city: City, other_city: City, scene: Any) -> None:
    _, real, false = scene
    for agent in (city.requester, city.auditor, city.admin):
        assert signed_in(agent).post(check(false.invitation), {"how": HOW}).status_code == 403
    assert signed_in(other_city.buyer).post(check(false.invitation), {"how": HOW}).status_code == 404
    assert signed_in(city.buyer).post(check(real.invitation), {"how": HOW}).status_code == 404
    assert signed_in(city.buyer).get(check(false.invitation)).status_code == 405
    assert Submission.objects.get(pk=false.pk).invitation.unverified


def test_an_auditor_reads_that_it_is_unverified_without_the_button(city: City, scene: Any) -> None:
    sourcing, _, false = scene
    page = main(signed_in(city.auditor).get(reverse("answer", args=[sourcing.need_id, false.pk])))
    assert UNVERIFIED in page and "J'ai vérifié" not in page.replace("&#x27;", "'")


def test_before_the_opening_nobody_is_checked(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    client = signed_in(city.buyer)
    client.post(check(stranger), {"how": HOW})
    stranger.refresh_from_db()
    assert stranger.unverified and Sourcing.objects.get(pk=sourcing.pk).state == "open"
