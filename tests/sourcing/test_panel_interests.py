"""Before the panel: who composes it declares his interests first, who has one abstains, and another takes his place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.journal.models import Entry
from sourcier.journal.queries import sentence
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.interest_rules import ASKING, CHOICE, NO_INTEREST, PANEL, STATEMENTS, Declared
from sourcier.needs.models import InterestDeclaration, Need
from sourcier.sourcing.actions import again, closing, invite, panel
from sourcier.sourcing.models import Candidate, Search, Sourcing
from tests.cities import City
from tests.interests import TYPED
from tests.journal.entries import writes, writes_nothing
from tests.sourcing.scenes import BAKER, accepted_need, draft, ready
from tests.sourcing.stock import COOP, MATHILDE
from tests.web.clients import signed_in
from tests.web.test_leading import led_by_denise

pytestmark = pytest.mark.django_db
FAMILY = Declared(firm="Fournil du Lac", link="family", words="Mon frère y travaille.")
TYPED_FAMILY = {"interest-firm": "Fournil du Lac", "interest-link": "family"}
RIVALS = "les entreprises qui pourraient répondre"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def composing(agent: Agent, sourcing: Sourcing) -> list[Callable[[], object]]:
    """Every act that makes or changes a panel."""
    firm = Candidate.objects.filter(sourcing=sourcing).values_list("firm_id", flat=True).first()
    return [
        lambda: panel.search(agent, sourcing.pk, [BAKER], 5_000),
        lambda: panel.keep(agent, sourcing.pk, [COOP.siret]),
        lambda: panel.keep_all(agent, sourcing.pk),
        lambda: panel.add_firm(agent, sourcing.pk, COOP.siret),
        lambda: panel.drop(agent, sourcing.pk, MATHILDE.siret, "Trop loin."),
        lambda: panel.propose_again(agent, sourcing.pk, firm or sourcing.pk, "La seule qui livre."),
    ]


def words(page: Any) -> str:
    text: str = page.content.decode()
    return text.replace("&#x27;", "'")


def test_nobody_composes_a_panel_before_he_has_declared_and_each_act_says_so_alike(city: City) -> None:
    sourcing = ready(city, declared=False)
    told = set()
    for act in composing(city.second_buyer, sourcing):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="undeclared") as refused:
            act()
        told.add(refused.value.sentence)
    [said] = told
    assert RIVALS in said and "sur la page des entreprises" in said and "rien n'est perdu" in said
    actions.declare(city.second_buyer, sourcing.need_id, PANEL, NO_INTEREST)
    assert panel.keep(city.second_buyer, sourcing.pk, [COOP.siret])
    assert verify(city.organisation.pk).ok


@pytest.mark.parametrize("step", [ASKING, CHOICE])
def test_what_was_said_of_named_firms_says_nothing_of_those_to_be_looked_for_nor_the_reverse(city: City, step: str) -> None:
    sourcing = ready(city, declared=False)
    actions.declare(city.second_buyer, sourcing.need_id, step, NO_INTEREST)
    with pytest.raises(Refused, match="undeclared"):
        panel.keep(city.second_buyer, sourcing.pk, [COOP.siret])
    assert queries.has_declared(sourcing.need, city.second_buyer.id, ASKING)
    assert queries.has_declared(sourcing.need, city.buyer.id, PANEL)
    assert not queries.has_declared(sourcing.need, city.buyer.id, ASKING), "he composed the panel, and has seen no name then"
    with pytest.raises(Refused, match="undeclared") as refused:
        invite.send(city.buyer, sourcing.pk)
    assert "les entreprises interrogées" in refused.value.sentence


def test_the_form_that_begins_the_search_asks_at_once_and_nothing_begins_without_it(city: City) -> None:
    need, buyer = accepted_need(city), signed_in(city.buyer)
    start = reverse("panel_start", args=[need.pk])
    page = words(buyer.get(reverse("panel", args=[need.pk])))
    assert f"Je n'ai pas d'intérêt dans {RIVALS}" in page
    for typed in ({}, {"interest-statements": ["shares"]}, {**TYPED, **TYPED_FAMILY}):
        with writes_nothing(city.organisation.pk):
            wrong = buyer.post(start, {"kind": "rfq", **typed})
        assert wrong.status_code == 422 and "has-error" in words(wrong), typed
    assert not Sourcing.objects.exists()
    with writes(city.organisation.pk, "interest.declared", "sourcing.started", "panel.searched") as written:
        buyer.post(start, {"kind": "rfq", **TYPED})
    assert "a déclaré avant de chercher les entreprises n'avoir aucun intérêt" in sentence(written[0])
    made = InterestDeclaration.objects.get(need=need)
    assert (made.user, made.step, made.interest) == (city.buyer.user, PANEL, False)
    assert "Vos intérêts" not in words(buyer.get(reverse("panel", args=[need.pk]))), "once is enough"


def test_a_city_whose_lane_says_one_tick_asks_for_one_tick_on_the_page_that_begins(city: City) -> None:
    need, denise = led_by_denise(city), signed_in(city.requester)
    page = denise.get(reverse("lead", args=[need.pk]))
    assert 'name="interest-none"' in words(page) and "interest-statements" not in words(page)
    chosen = {"family": page.context["form"].initial["family"].pk, "activities": page.context["form"].initial["activities"]}
    with writes_nothing(city.organisation.pk):
        assert denise.post(reverse("lead", args=[need.pk]), chosen).status_code == 422
    with writes(
        city.organisation.pk,
        *("interest.declared", "need.activities_ticked", "need.rule_kept", "sourcing.started", "panel.searched"),
    ):
        answered = denise.post(reverse("lead", args=[need.pk]), {**chosen, "interest-none": "on"})
    assert answered["Location"] == reverse("panel", args=[need.pk])


def test_who_leads_and_has_an_interest_searches_nothing_and_a_buyer_is_named(city: City) -> None:
    need, denise = led_by_denise(city), signed_in(city.requester)
    page = denise.get(reverse("lead", args=[need.pk]))
    chosen = {"family": page.context["form"].initial["family"].pk, "activities": page.context["form"].initial["activities"]}
    with writes(city.organisation.pk, "interest.declared"):
        answered = denise.post(reverse("lead", args=[need.pk]), {**chosen, **TYPED_FAMILY}, follow=True)
    assert "vous vous abstenez" in words(answered) and not Sourcing.objects.exists()
    assert denise.get(reverse("lead", args=[need.pk]))["Location"] == reverse("need", args=[need.pk])
    actions.choose_stand_in(city.head_buyer, need.pk, city.requester.id, city.buyer.id)
    actions.declare(city.buyer, need.pk, PANEL, NO_INTEREST)
    assert panel.start(city.buyer, need.pk, "rfq").buyer == city.buyer.user


def test_a_colleague_who_takes_up_the_panel_declares_on_its_page_in_one_gesture(city: City) -> None:
    sourcing, colleague = ready(city, declared=False), signed_in(city.second_buyer)
    address, choose = reverse("panel", args=[sourcing.need_id]), reverse("panel_choose", args=[sourcing.need_id])
    page = words(colleague.get(address))
    assert RIVALS in page and MATHILDE.name in page, "he reads the list, and changes nothing yet"
    for button in ('name="keep"', 'name="all"', 'name="drop"', 'name="add"', "Changer la recherche"):
        assert button not in page, button
    assert "Vos intérêts" not in words(signed_in(city.auditor).get(address))
    with writes_nothing(city.organisation.pk):
        wrong = colleague.post(choose, {"declare": "1"})
        refused = colleague.post(choose, {"keep": COOP.siret}, follow=True)
    assert wrong.status_code == 422 and "Cochez chaque phrase" in words(wrong)
    assert f"Dites d'abord si vous avez un intérêt dans {RIVALS}" in words(refused)
    with writes(city.organisation.pk, "interest.declared"):
        page = words(colleague.post(choose, {"declare": "1", **TYPED}, follow=True))
    assert "Vos intérêts" not in page and 'name="keep"' in page and "Changer la recherche" in page


def test_an_interest_declared_before_the_panel_stops_its_person_and_the_same_sentence_is_everywhere(city: City) -> None:
    need, buyer = accepted_need(city), signed_in(city.buyer)
    with writes(city.organisation.pk, "interest.declared"):
        page = buyer.post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED_FAMILY}, follow=True)
    apart = queries.abstention(city.buyer, need)
    assert apart and apart.sentence in words(page) and "Chercher les entreprises" not in words(page).partition("<main")[2]
    with writes_nothing(city.organisation.pk):
        refused = buyer.post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED}, follow=True)
        with pytest.raises(Refused, match="abstains"):
            panel.start(city.buyer, need.pk, "rfq")
    assert words(refused).count(apart.sentence) == 2, "the message of the act, and the page"
    [line] = [each for each in queries.awaiting_interests(city.head_buyer) if "s'abstient" in each.sentence]
    asked = {"do": "stand_in", "absent": city.buyer.id, "user": city.second_buyer.id}
    with writes(city.organisation.pk, "interest.stand_in"):
        signed_in(city.head_buyer).post(line.url, asked)
    need.refresh_from_db()
    assert need.buyer == city.second_buyer.user
    signed_in(city.second_buyer).post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED})
    sourcing = Sourcing.objects.get(need=need)
    assert sourcing.buyer == city.second_buyer.user and Search.objects.filter(sourcing=sourcing).exists()
    for act in composing(city.buyer, sourcing):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="abstains") as why:
            act()
        assert why.value.sentence == apart.sentence
    page = buyer.get(reverse("panel", args=[need.pk]))
    assert apart.sentence in words(page) and 'name="all"' not in words(page)
    assert verify(city.organisation.pk).ok


def test_an_interest_of_a_colleague_on_the_page_of_the_panel_leaves_it_as_it_is(city: City) -> None:
    sourcing, colleague = ready(city, declared=False), signed_in(city.second_buyer)
    choose = reverse("panel_choose", args=[sourcing.need_id])
    page = words(colleague.post(choose, {"declare": "1", **TYPED_FAMILY}, follow=True))
    apart = queries.abstention(city.second_buyer, sourcing.need)
    assert apart and apart.sentence in page and "C'est noté : vous vous abstenez." in page
    assert sourcing.candidates.count() == 3 and queries.abstention(city.buyer, sourcing.need) is None


def test_a_request_taken_up_again_keeps_its_panel_and_who_changes_it_declares(city: City) -> None:
    former = ready(city, declared=False)
    closing.end(city.buyer, former.pk, "Trop tôt", close_need=False)
    sourcing = again.ask_again(city.second_buyer, former.pk)
    assert sourcing.candidates.count() == 3
    with pytest.raises(Refused, match="undeclared"):
        panel.keep(city.second_buyer, sourcing.pk, [COOP.siret])
    assert panel.keep(city.buyer, sourcing.pk, [COOP.siret]), "he declared for this purchase"


def test_the_page_of_a_need_asks_for_the_panel_before_and_for_the_firms_named_after(city: City) -> None:
    need, other = accepted_need(city), signed_in(city.second_buyer)
    page, address = other.get(reverse("interests", args=[need.pk])), reverse("interests", args=[need.pk])
    assert f"Je n'ai pas d'intérêt dans {RIVALS}" in words(page)
    other.post(address, TYPED)
    assert queries.has_declared(need, city.second_buyer.id, PANEL)
    assert "rien à déclarer" in words(other.get(address))
    Need.objects.filter(pk=need.pk).update(state="asked")
    assert "Je n'ai pas d'intérêt dans les entreprises interrogées" in words(other.get(address))


def test_a_wrong_role_and_another_city_declare_nothing_on_the_page_of_a_panel(city: City, other_city: City) -> None:
    sourcing = draft(city, declared=False)
    with writes_nothing(city.organisation.pk):
        for agent, status in ((city.requester, 403), (city.auditor, 403), (city.admin, 403), (other_city.buyer, 404)):
            for name, typed in (("panel_choose", {"declare": "1"}), ("panel_start", {"kind": "rfq"})):
                answered = signed_in(agent).post(reverse(name, args=[sourcing.need_id]), {**typed, **TYPED})
                assert answered.status_code == status, (name, agent.user.name)
    assert InterestDeclaration.objects.filter(need=sourcing.need).count() == 1


def test_a_need_not_accepted_yet_asks_nothing_of_anybody(city: City) -> None:
    need = actions.start(city.requester, "Du pain")
    Need.objects.filter(pk=need.pk).update(state="submitted")
    with writes_nothing(city.organisation.pk):
        signed_in(city.buyer).post(reverse("panel_start", args=[need.pk]), {"kind": "rfq", **TYPED})
    assert not InterestDeclaration.objects.exists()


def test_the_statements_are_the_same_at_each_step(city: City) -> None:
    need = accepted_need(city)
    made = actions.declare(city.buyer, need.pk, PANEL, NO_INTEREST)
    assert made.statements == list(STATEMENTS)
    entry = Entry.objects.filter(log_id=city.organisation.pk, verb="interest.declared").latest("index")
    assert "avant de chercher les entreprises" in sentence(entry)
    with pytest.raises(Refused, match="undeclared"):
        actions.declare(city.second_buyer, need.pk, PANEL, Declared(none=True)), "a form here, not one tick"
