"""Step 3 in a browser without JavaScript: start, search, keep, put aside, add, give addresses."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Candidate, Search, Sourcing
from sourcier.suppliers.models import Contact
from sourcier.web.city.panel_forms import in_words
from tests.cities import City
from tests.interests import TYPED
from tests.sourcing.scenes import BAKER, accepted_need, draft, ready, sent
from tests.sourcing.stock import CLOSED, COOP, FAR, HIDDEN, LEFORT, MATHILDE, PERRIER
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
REASON = re.compile(r'name="reason-(\d+)"')


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def page_of(client: Client, name: str, sourcing: Sourcing, **query: str) -> str:
    response = client.get(reverse(name, args=[sourcing.need_id]), query)
    assert response.status_code == 200
    return response.content.decode()


def searched(city: City) -> Sourcing:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER], 5_000)
    return sourcing


def test_one_click_starts_and_searches_with_what_is_ticked(city: City) -> None:
    need, client = accepted_need(city), signed_in(city.buyer)
    assert "Demander des devis" in client.get(reverse("panel", args=[need.pk])).content.decode()

    answer = client.post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED}, follow=True)

    page = answer.content.decode()
    assert "7 entreprises à moins de 5" in page.replace("\u00a0", " ") and MATHILDE.name in page
    assert "Toutes les entreprises (6)" in page and "1 non diffusible" in page
    assert HIDDEN.name not in page and CLOSED.name not in page


def test_a_second_click_on_search_shows_what_the_first_began_and_blames_nobody(city: City) -> None:
    need, client = accepted_need(city), signed_in(city.buyer)
    client.post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED})
    page = client.post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED}, follow=True).content.decode()
    assert "Une consultation est déjà en cours" in page and "note danger" not in page
    assert MATHILDE.name in page and Sourcing.objects.count() == 1


def test_the_list_says_why_and_the_map_leads_to_each_line(city: City) -> None:
    page = page_of(signed_in(city.buyer), "panel", searched(city))
    assert "Pourquoi cette entreprise ?" in page
    assert "Son activité déclarée, 10.71C, est la première des activités cherchées." in page
    assert f'<a href="#e-{MATHILDE.siret}" aria-label="1. {MATHILDE.name}, ' in page
    assert f'id="e-{MATHILDE.siret}"' in page
    assert "style=" not in page and "<script>" not in page


def test_keep_drop_all_and_add_are_one_button_each(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    choose = reverse("panel_choose", args=[sourcing.need_id])

    client.post(choose, {"keep": MATHILDE.siret, "back": "page=1"})
    assert sourcing.candidates.get().firm.siret == MATHILDE.siret
    client.post(choose, {"drop": PERRIER.siret, f"reason-{PERRIER.siret}": "Fermé le lundi."})
    assert sourcing.candidates.get(state="dropped").reason == "Fermé le lundi."
    client.post(choose, {"add": FAR.siret})
    assert "entreprises gardées." in client.post(choose, {"all": "1"}, follow=True).content.decode()
    again = client.post(choose, {"all": "1"}, follow=True).content.decode()
    assert "Aucune autre entreprise à garder : rien n&#x27;a changé." in again and "0 entreprises" not in again

    kept = set(sourcing.candidates.filter(state="kept").values_list("firm__siret", flat=True))
    assert kept >= {MATHILDE.siret, LEFORT.siret, COOP.siret, FAR.siret} and PERRIER.siret not in kept


def test_enter_in_the_reason_of_a_firm_sets_that_firm_aside_and_keeps_no_other(city: City) -> None:
    forms = re.findall(r"<form.*?</form>", page_of(signed_in(city.buyer), "panel", searched(city)), re.DOTALL)
    # A browser presses the first button of the form.
    pressed = {
        reason: re.findall(r'<button[^>]*name="(\w+)" value="(\d+)"', form)[0]
        for form in forms
        for reason in REASON.findall(form)
    }
    assert pressed.keys() >= {MATHILDE.siret, PERRIER.siret, LEFORT.siret}
    assert pressed == {siret: ("drop", siret) for siret in pressed}


def test_a_refusal_is_said_and_nothing_is_written(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    choose = reverse("panel_choose", args=[sourcing.need_id])
    before = Entry.objects.count()
    for data, said in (
        ({"drop": MATHILDE.siret}, "Dites pourquoi"),
        ({"add": "123"}, "14 chiffres"),
        ({"add": CLOSED.siret}, "est fermée"),
        ({"keep": "' OR 1=1 --"}, "pas dans le répertoire"),
        ({"drop": "\x00", "reason-\x00": "x"}, "pas dans le répertoire"),
        ({}, "Dites pourquoi"),
    ):
        assert said in client.post(choose, data, follow=True).content.decode()
        assert "#" not in client.post(choose, data).headers["Location"], "the top of the page, where it is said"
    assert (Entry.objects.count(), Candidate.objects.count()) == (before, 0)


def test_a_search_that_does_not_read_keeps_what_was_typed(city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    answer = client.post(reverse("panel_search", args=[sourcing.need_id]), {"radius": "10000", "sizes": ["micro"]})
    page = answer.content.decode()
    assert answer.status_code == 422 and "Cochez au moins une activité." in page
    assert '<option value="10000" selected>' in page
    assert answer.context["form"]["sizes"].value() == ["micro"]


def test_a_search_goes_over_filters_and_shows_them(city: City) -> None:
    sourcing, client = draft(city), signed_in(city.buyer)
    data = {"radius": "5000", "activities": ["NAFRev2/10.71C"], "social": "on", "age": "5", "sizes": ["micro"]}
    page = client.post(reverse("panel_search", args=[sourcing.need_id]), data, follow=True).content.decode()
    assert COOP.name in page and MATHILDE.name not in page
    kept = Search.objects.get().filters
    assert in_words(kept) == "1 à 9 salariés, depuis moins de 5 ans, économie sociale"
    assert [key for key in ("sizes:micro", "age:5", "social:") if f'name="without" value="{key}"' in page] == [
        "sizes:micro", "age:5", "social:",
    ]  # fmt: skip


def test_firms_never_asked_can_be_listed_alone(city: City) -> None:
    sent(city)
    sourcing = searched(city)
    page = page_of(signed_in(city.buyer), "panel", sourcing, jamais="1")
    assert COOP.name in page and f'id="e-{MATHILDE.siret}"' not in page


def test_a_firm_is_found_by_name_to_be_added(city: City) -> None:
    page = page_of(signed_in(city.buyer), "panel", draft(city), ajouter="boulangerie lyon")
    assert f'name="add" value="{FAR.siret}"' in page
    assert "ne connaît aucune entreprise" in page_of(signed_in(city.buyer), "panel", Sourcing.objects.get(), ajouter="zzz")


def test_addresses_are_typed_in_place_and_a_wrong_one_stays_with_its_sentence(city: City) -> None:
    sourcing = searched(city)
    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret, LEFORT.siret])
    firms = {candidate.firm.siret: candidate.firm for candidate in sourcing.candidates.select_related("firm")}
    data = {f"email-{firms[MATHILDE.siret].pk}": "m@pain.example", f"email-{firms[LEFORT.siret].pk}": "lefort arobase pain"}

    answer = signed_in(city.buyer).post(reverse("panel_contacts", args=[sourcing.need_id]), data)

    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="lefort arobase pain"' in page and "pas complète" in page
    assert list(Contact.objects.values_list("value", flat=True)) == ["m@pain.example"]
    assert "B-" in Contact.objects.get().source


def test_one_line_says_where_the_addresses_come_from(city: City) -> None:
    sourcing = searched(city)
    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret, LEFORT.siret])
    firms = {candidate.firm.siret: candidate.firm for candidate in sourcing.candidates.select_related("firm")}
    client, address = signed_in(city.buyer), reverse("panel_contacts", args=[sourcing.need_id])
    assert "D'où viennent ces adresses" in page_of(client, "panel", sourcing).replace("&#x27;", "'")

    wrong = {f"email-{firms[MATHILDE.siret].pk}": "m arobase pain", "source": "Salon des métiers"}
    assert 'value="Salon des métiers"' in client.post(address, wrong).content.decode()
    client.post(address, {f"email-{firms[MATHILDE.siret].pk}": "m@pain.example", "source": " Salon des métiers "})
    client.post(address, {f"email-{firms[LEFORT.siret].pk}": "l@pain.example", "source": " "})

    sources = dict(Contact.objects.values_list("value", "source"))
    need = sourcing.need.reference
    assert sources == {"m@pain.example": "Salon des métiers", "l@pain.example": f"Saisi pour {need}"}


def test_a_firm_kept_that_the_search_does_not_find_can_be_put_aside_with_its_reason(city: City) -> None:
    sourcing = searched(city)
    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])
    panel.add_firm(city.buyer, sourcing.pk, FAR.siret)
    client = signed_in(city.buyer)
    kept = page_of(client, "panel", sourcing).partition('id="gardees"')[2].partition('id="ajouter"')[0]
    for shop in (FAR, MATHILDE):
        assert f'name="drop" value="{shop.siret}"' in kept and f'name="reason-{shop.siret}"' in kept
    choose = reverse("panel_choose", args=[sourcing.need_id])
    assert "Dites pourquoi" in client.post(choose, {"drop": FAR.siret, "kept": "1"}, follow=True).content.decode()

    done = client.post(choose, {"drop": FAR.siret, "kept": "1", f"reason-{FAR.siret}": "Trop loin."})

    assert done["Location"].endswith("#gardees")
    assert sourcing.candidates.get(firm__siret=FAR.siret).state == Candidate.State.DROPPED
    assert "Trop loin." in page_of(client, "panel", sourcing)


def test_a_direct_purchase_comes_back_to_one_firm_by_putting_the_others_aside(city: City) -> None:
    sourcing = draft(city, "direct")
    for shop in (MATHILDE, FAR):
        panel.add_firm(city.buyer, sourcing.pk, shop.siret)
    client = signed_in(city.buyer)
    assert f'name="drop" value="{FAR.siret}"' in page_of(client, "panel", sourcing)
    choose = reverse("panel_choose", args=[sourcing.need_id])
    client.post(choose, {"drop": FAR.siret, "kept": "1", f"reason-{FAR.siret}": "Une seule suffit."})
    assert "Gardez-en une." not in page_of(client, "request_send", sourcing)


def test_a_firm_already_asked_has_no_button_to_put_it_aside(city: City) -> None:
    sourcing = sent(city)
    kept = page_of(signed_in(city.buyer), "panel", sourcing).partition('id="gardees"')[2].partition('id="ajouter"')[0]
    assert MATHILDE.name in kept and 'name="drop"' not in kept
    assert 'name="drop"' not in page_of(signed_in(city.auditor), "panel", searched(city)).partition('id="gardees"')[2]


def test_an_address_of_another_city_s_firm_is_not_touched(city: City, other_city: City) -> None:
    theirs, mine = ready(other_city), ready(city)
    firm = theirs.candidates.get(firm__siret=LEFORT.siret).firm
    signed_in(city.buyer).post(reverse("panel_contacts", args=[mine.need_id]), {f"email-{firm.pk}": "x@y.example"})
    assert not firm.contacts.exists()


def test_a_missing_register_is_said_and_the_page_stands(city: City, settings: Any) -> None:
    sourcing = searched(city)
    settings.REGISTER = "/nulle/part.duckdb"
    page = page_of(signed_in(city.buyer), "panel", sourcing)
    assert "sourcier register import" in page and "entreprises à moins de" in page


def test_a_need_not_yet_accepted_says_what_comes_first(city: City) -> None:
    need = accepted_need(city)
    type(need).objects.filter(pk=need.pk).update(state="submitted")
    page = signed_in(city.buyer).get(reverse("panel", args=[need.pk])).content.decode()
    assert "doit d'abord être accepté" in page


def test_words_typed_by_users_are_shown_as_words(city: City) -> None:
    sourcing = searched(city)
    panel.drop(city.buyer, sourcing.pk, MATHILDE.siret, SCRIPT)
    page = page_of(signed_in(city.buyer), "panel", sourcing, ajouter=SCRIPT)
    assert SCRIPT not in page and "&lt;script&gt;alert(1)" in page


def test_reading_writes_nothing_and_only_buyers_act(city: City, other_city: City) -> None:
    sourcing = searched(city)
    before = Entry.objects.count()
    address = reverse("panel", args=[sourcing.need_id])
    assert 'name="keep"' not in page_of(signed_in(city.auditor), "panel", sourcing)
    for agent, status in ((city.requester, 403), (city.admin, 403), (other_city.buyer, 404)):
        assert signed_in(agent).get(address).status_code == status
    for name in (
        "panel_start", "panel_kind", "panel_search", "panel_choose", "panel_contacts", "panel_draw", "panel_keep_drawn",
    ):  # fmt: skip
        act = reverse(name, args=[sourcing.need_id])
        assert signed_in(city.buyer).get(act).status_code == 405
        for agent, status in ((city.auditor, 403), (city.requester, 403), (city.admin, 403), (other_city.buyer, 404)):
            data = {"keep": MATHILDE.siret, "kind": "rfi", "radius": "5000", "activities": ["NAFRev2/10.71C"], "count": "4"}
            assert signed_in(agent).post(act, data).status_code == status
        assert Client().post(act).status_code == 302
    assert (Entry.objects.count(), Candidate.objects.count()) == (before, 0)


def test_the_page_costs_the_same_queries_for_one_firm_or_three(city: City) -> None:
    sourcing, client = searched(city), signed_in(city.buyer)
    address = reverse("panel", args=[sourcing.need_id])
    counts = []
    for shop in (MATHILDE, PERRIER, LEFORT):
        panel.keep(city.buyer, sourcing.pk, [shop.siret])
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[2]
