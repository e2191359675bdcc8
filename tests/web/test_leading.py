"""Three lanes on the pages: a department leads its own purchase, a buyer glances, and nobody else gets in by these doors."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.actions import add_department, create_user, deactivate_user, grant, revoke
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import Role
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import LaneRule, Need
from sourcier.quotes.queries.opening import opens
from sourcier.sourcing.actions import closing, glance, invite, panel, request
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import awaiting
from sourcier.spend.actions import load_families
from tests.cities import City
from tests.interests import declare_all
from tests.journal.entries import writes, writes_nothing
from tests.played import played_once
from tests.safety.addresses import filled, of_the_city
from tests.sourcing.scenes import BAKER, emailed
from tests.sourcing.stock import MATHILDE, PERRIER
from tests.web.clients import signed_in

WORDS = {"what": "Du pain frais", "how_much": "60 par jour", "unknown": ["when"], "estimate_cents": 3_000_00}


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> Iterator[None]:
    settings.REGISTER = str(bakeries)
    yield


@played_once
def small_need(city: City, lane: str = "alone", opener: str = "author") -> Need:
    """Bread for 3 000 €, not sent yet, in a city whose lane below 4 000 € is this one."""
    load_families(city.organisation)
    actions.add_lane(city.head_buyer, lane=lane, up_to_cents=4_000_00, opener=opener)
    need = actions.start(city.requester, "Pain frais livré tous les jours avant 7h pour les crèches")
    need = actions.save(city.requester, need.pk, need.version, **WORDS)
    return actions.set_places(city.requester, need.pk, {city.place.pk: ""})


@played_once
def led_by_denise(city: City, lane: str = "alone", opener: str = "author") -> Need:
    return actions.submit(city.requester, small_need(city, lane, opener).pk)


@played_once
def ready_to_leave(city: City, lane: str = "alone", opener: str = "author") -> Sourcing:
    """The request of the department, ready to leave to two bakers."""
    need = led_by_denise(city, lane, opener)
    actions.tick_activities(city.requester, need.pk, [BAKER])
    declare_all(city, need.pk)
    sourcing = panel.start(city.requester, need.pk, "rfq")
    panel.search(city.requester, sourcing.pk, [BAKER], 5_000)
    panel.keep(city.requester, sourcing.pk, [MATHILDE.siret, PERRIER.siret])
    for shop, address in ((MATHILDE, "mathilde@pain.example"), (PERRIER, "contact@perrier.example")):
        emailed(city, sourcing, shop, address)
    sourcing.refresh_from_db()
    return sourcing


def again(agent: Agent) -> Agent:
    found = agent_for(agent.user)
    assert found
    return found


def test_from_the_first_sentence_to_what_is_sent_a_department_alone_sees_six_pages(city: City) -> None:
    load_families(city.organisation)
    actions.propose_lanes(city.head_buyer)
    client, pages = signed_in(city.requester), 1
    typed = {"sentence": "Pain frais livré tous les jours avant 7h pour les crèches", "estimate_cents": "3 000"}
    page = client.post(reverse("need_new"), typed, follow=True)
    assert "Voie « le service seul » : moins de 4" in page.content.decode(), "the lane is said on the page that follows"
    pages += 1
    need = Need.objects.get()
    page = client.post(
        reverse("need_edit", args=[need.pk]),
        {"version": need.version, "sentence": need.sentence, "what": "Du pain", "how_much": "60 par jour",
         "places": str(city.place.pk), "unknown_when": "on", "estimate_cents": "3 000", "send": "1"},
        follow=True,
    )  # fmt: skip
    assert page.redirect_chain[-1][0] == reverse("lead", args=[need.pk]), page.content.decode()[:2000]
    pages += 1
    form = page.context["form"]
    chosen = {"family": form.initial["family"].pk, "activities": form.initial["activities"], "interest-none": "on"}
    page = client.post(reverse("lead", args=[need.pk]), chosen, follow=True)
    assert page.redirect_chain[-1][0] == reverse("panel", args=[need.pk])
    pages += 1
    client.post(reverse("panel_choose", args=[need.pk]), {"all": "1"})
    page = client.get(reverse("request", args=[need.pk]))
    pages += 1
    assert page.status_code == 200
    sourcing = Sourcing.objects.get()
    request.save_request(city.requester, sourcing.pk, sourcing.version, contact_phone="01 00 00 00 00")
    assert client.get(reverse("request_send", args=[need.pk])).status_code == 200
    pages += 1
    page = client.post(reverse("request_send", args=[need.pk]), {"interest-none": "on"}, follow=True)
    sourcing.refresh_from_db()
    assert sourcing.state == Sourcing.State.OPEN and page.redirect_chain[-1][0] == reverse("asked", args=[need.pk])
    assert page.status_code == 200 and pages == 6


def test_alone_the_author_leads_from_the_sending_and_nobody_is_asked_for_anything(city: City) -> None:
    need = small_need(city)
    with writes(city.organisation.pk, "need.submitted", "need.led_by_author"):
        need = actions.submit(city.requester, need.pk)
    assert (need.state, need.buyer, need.lane) == ("accepted", city.requester.user, "alone")
    assert queries.buys(city.requester, need) and queries.only_leads(city.requester, need)
    assert [line.button for line in queries.awaiting(city.requester)] == ["Continuer"]
    assert queries.awaiting(city.buyer) == queries.awaiting(city.head_buyer) == []
    assert verify(city.organisation.pk).problems == ()


def test_a_department_sends_opens_and_chooses_by_itself_and_the_opener_is_the_rule_s(city: City) -> None:
    sourcing = ready_to_leave(city)
    with writes(city.organisation.pk, "sourcing.sent"):
        invite.send(city.requester, sourcing.pk)
    sourcing.refresh_from_db()
    assert sourcing.deadline
    assert opens(city.requester, sourcing) is None
    Need.objects.filter(pk=sourcing.need_id).update(lane_choice=sourcing.need.lane_choice | {"opener": "buyer"})
    sourcing = Sourcing.objects.select_related("need").get(pk=sourcing.pk)
    refusal = opens(city.requester, sourcing)
    assert refusal and refusal.code == "buyer_opens" and opens(city.buyer, sourcing) is None
    with time_machine.travel(sourcing.deadline + timedelta(minutes=2), tick=True):
        closing.close_due(timezone.now())
        page = signed_in(city.requester).get(reverse("comparison", args=[sourcing.need_id]))
    assert page.status_code == 200 and "Ouvrir les réponses" not in page.content.decode()


def strangers(city: City) -> dict[str, Agent]:
    """A requester of another department, and one of the same department who did not write the need."""
    other = add_department(city.head_buyer, "Voirie")
    found = {}
    for name, where in (("rachid", other), ("lea", city.department)):
        user = create_user(city.organisation, email=f"{name}@rosny.example", name=name, password="motdepasse-de-test")
        grant(city.organisation, user, Role.REQUESTER, where)
        agent = agent_for(user)
        assert agent
        found[name] = agent
    return found


def doors(need: Need, sourcing: Sourcing) -> Iterator[tuple[str, str]]:
    """Every address that lets in who leads a need, with its name."""
    known = {"need_id": need.pk, "sourcing_id": sourcing.pk, "document_id": 1}
    for pattern in of_the_city():
        if getattr(pattern.callback, "led", False):
            values = {name: known.get(name, sourcing.pk) for name in pattern.pattern.converters}
            yield pattern.name, filled(pattern, values)


def test_by_no_door_of_a_led_need_does_anyone_come_in_who_does_not_lead_it(city: City, other_city: City) -> None:
    sourcing = ready_to_leave(city)
    need, people = sourcing.need, strangers(city)
    opened = list(doors(need, sourcing))
    assert len(opened) > 40
    reads, writer = signed_in(people["rachid"]).get, signed_in(people["lea"]).post
    people["of another city"] = other_city.requester
    with writes_nothing(city.organisation.pk):
        for name, address in opened:
            assert reads(address).status_code in (403, 404, 405), name
            assert writer(address).status_code in (403, 404, 405), name
    for agent in people.values():
        for act in (
            lambda agent=agent: panel.search(agent, sourcing.pk, [BAKER], 5_000),
            lambda agent=agent: invite.send(agent, sourcing.pk),
            lambda agent=agent: actions.keep_rule(agent, need.pk, None, "supplies", {}),
        ):
            with writes_nothing(city.organisation.pk), pytest.raises(Exception, match=r".*") as caught:
                act()
            assert type(caught.value).__name__ in ("Refused", "PermissionDenied", "DoesNotExist")


@pytest.mark.parametrize("lost", ["a lane led by a buyer", "the role", "the account", "the need"])
def test_who_leads_no_more_finds_every_door_closed(city: City, lost: str) -> None:
    sourcing = ready_to_leave(city)
    need, client = sourcing.need, signed_in(city.requester)
    if lost == "a lane led by a buyer":
        Need.objects.filter(pk=need.pk).update(lane="led")
    elif lost == "the need":
        actions.hand_over(city.buyer, need.pk, "Le marché change.")
    elif lost == "the role":
        greens = add_department(city.head_buyer, "Espaces verts")
        grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
        revoke(city.admin, city.requester.memberships[0].pk)
    else:
        deactivate_user(city.admin, city.requester.user.pk)
    for name, address in doors(need, sourcing):
        if name in ("request_send", "panel_choose", "choice"):
            response = client.post(address)
            signed_out = response.status_code == 302 and "/compte/" in response["Location"]
            assert signed_out or response.status_code in (403, 404), (name, response.status_code)
    if lost != "the account":
        with writes_nothing(city.organisation.pk), pytest.raises(Exception):  # noqa: B017 - refused, forbidden, or not found
            invite.send(again(city.requester), sourcing.pk)


def test_a_request_with_a_glance_leaves_once_a_buyer_has_seen_it(city: City) -> None:
    sourcing = ready_to_leave(city, "glance")
    refused = lambda act, *args, **words: _refused(city, act, *args, **words)  # noqa: E731
    assert refused(invite.send, city.requester, sourcing.pk) == "glance"
    glance.ask_glance(city.requester, sourcing.pk)
    assert refused(glance.give_glance, city.requester, sourcing.pk, good=True) == "not_a_buyer"
    assert refused(invite.send, city.requester, sourcing.pk) == "glance"
    assert refused(panel.drop, city.requester, sourcing.pk, MATHILDE.siret, "Trop loin") == "glanced"
    [line] = awaiting(city.buyer)
    assert line.sentence.startswith("Votre regard est demandé") and awaiting(city.requester) == []
    client = signed_in(city.buyer)
    assert "C'est bon" in client.get(line.url).content.decode().replace("&#x27;", "'")
    assert refused(glance.give_glance, city.buyer, sourcing.pk, good=False, reason=" ") == "required"
    client.post(reverse("glance", args=[sourcing.need_id]), {"again": "1", "reason": "Ajoutez la livraison."})
    page = signed_in(city.requester).get(reverse("request_send", args=[sourcing.need_id])).content.decode()
    assert "Ajoutez la livraison." in page and "Demander le regard" in page
    assert [line.button for line in awaiting(city.requester)] == ["La reprendre"]
    glance.ask_glance(city.requester, sourcing.pk)
    with writes(city.organisation.pk, "glance.good"):
        glance.give_glance(city.buyer, sourcing.pk, good=True)
    with writes(city.organisation.pk, "glance.taken_back"):
        glance.take_back(city.requester, sourcing.pk)
    assert refused(invite.send, city.requester, sourcing.pk) == "glance", "a request taken back is seen again"
    glance.ask_glance(city.requester, sourcing.pk)
    glance.give_glance(city.buyer, sourcing.pk, good=True)
    invite.send(city.requester, sourcing.pk)
    assert verify(city.organisation.pk).problems == ()


def _refused(city: City, act: Any, *args: Any, **words: Any) -> str:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused) as caught:
        act(*args, **words)
    return caught.value.refusal.code


def test_a_purchase_that_outgrows_its_lane_goes_to_the_buyers_with_the_sentence(city: City) -> None:
    need = led_by_denise(city)
    with writes(city.organisation.pk, "need.saved", "need.handed_over"):
        need = actions.save(city.requester, need.pk, need.version, estimate_cents=9_000_00)
    assert (need.lane, need.state, need.buyer) == ("led", "submitted", None)
    assert "c'est plus que les montants réglés" in queries.lane_of(need).sentence
    assert [line.button for line in queries.awaiting(city.buyer)] == ["Lire ce besoin"]
    assert actions.accept(city.buyer, need.pk).buyer == city.buyer.user


def test_what_reaches_the_limit_meanwhile_does_not_leave_and_goes_to_a_buyer(city: City) -> None:
    sourcing = ready_to_leave(city)
    Need.objects.filter(pk=sourcing.need_id).update(estimate_cents=5_000_00)
    assert _refused(city, invite.send, city.requester, sourcing.pk) == "lane"
    page = signed_in(city.requester).post(reverse("request_send", args=[sourcing.need_id]), follow=True)
    need = Need.objects.get(pk=sourcing.need_id)
    assert need.lane == "led" and need.buyer is None and "passe donc à un acheteur" in page.content.decode()
    actions.accept(city.buyer, need.pk)
    assert [line.button for line in awaiting(city.buyer)] == ["Préparer la demande"], "who accepts it carries on its draft"


def test_the_author_gives_his_purchase_to_a_buyer_who_says_why_and_lanes_change_only_for_the_future(city: City) -> None:
    need = led_by_denise(city)
    actions.end_lane(city.head_buyer, LaneRule.objects.get().pk)
    need = actions.save(city.requester, need.pk, need.version, estimate_cents=3_100_00)
    assert need.lane == "alone", "what was sent keeps its lane"
    assert _refused(city, actions.hand_over, city.requester, need.pk, " ") == "required"
    page = signed_in(city.requester).post(
        reverse("need_hand_over", args=[need.pk]), {"reason": "Je pars en congé."}, follow=True
    )
    assert "Je pars en congé." in page.content.decode()
    assert _refused(city, actions.hand_over, city.buyer, need.pk, "Je le prends.") == "wrong_state"
