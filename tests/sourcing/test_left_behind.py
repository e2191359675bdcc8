"""Nothing is left that nobody has: a need whose consultation ended, and the work of a buyer who buys no more."""

from typing import Any

import pytest
from django.utils import timezone

from sourcier.accounts import actions as accounts
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import Role
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.needs import queries as of_needs
from sourcier.needs.models import Need
from sourcier.quotes.actions import choose
from sourcier.sourcing import queries
from sourcier.sourcing.actions import closing, invite, panel
from sourcier.sourcing.models import Sourcing
from sourcier.web.awaiting import awaiting
from tests.cities import City
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import after_deadline, draft, sent
from tests.sourcing.stock import MATHILDE

pytestmark = pytest.mark.django_db


def lines(agent: Agent) -> list[str]:
    return [line.sentence.partition(" : ")[0] for line in awaiting(agent)]


def now(sourcing: Sourcing) -> Need:
    return Need.objects.select_related("author", "buyer").get(pk=sourcing.need_id)


def said(need: Need) -> str:
    return of_needs.standing(need).sentence


@pytest.mark.parametrize("closed", [False, True])
def test_after_a_consultation_stopped_its_need_is_to_be_taken_up_again_or_closed(city: City, closed: bool) -> None:
    sourcing = sent(city)
    if closed:
        closing.close_due(after_deadline(sourcing))
    closing.end(city.buyer, sourcing.pk, "Le budget est gelé.")
    need = now(sourcing)
    assert need.state == "asked" and "à reprendre ou à clore" in said(need) and "interrogées" not in said(need)
    assert "À reprendre ou à clore" in lines(city.buyer) and "À reprendre ou à clore" in lines(city.head_buyer)
    assert lines(city.second_buyer) == lines(city.requester) == []
    assert needs.close(city.buyer, need.pk, "Le budget est supprimé.").state == "closed"
    assert lines(city.head_buyer) == [] and verify(city.organisation.pk).problems == ()


def test_a_consultation_stopped_may_close_its_need_with_it(city: City) -> None:
    sourcing = sent(city)
    closing.end(city.buyer, sourcing.pk, "Le budget est supprimé.", close_need=True)
    need = now(sourcing)
    assert (need.state, need.reason) == ("closed", "Le budget est supprimé.")
    assert last_payload(sourcing, "sourcing.ended")["need_closed"] is True
    assert lines(city.head_buyer) == [] and verify(city.organisation.pk).problems == ()


@pytest.mark.parametrize("left", [False, True])
def test_a_draft_given_up_leaves_its_need_to_be_taken_up_again(city: City, left: bool) -> None:
    sourcing = draft(city)
    assert lines(city.buyer) == ["Entreprises à choisir"] and lines(city.head_buyer) == []
    if left:
        accounts.deactivate_user(city.admin, city.buyer.user.pk)
        assert lines(city.head_buyer) == ["Entreprises à choisir"]
    closing.end(city.head_buyer if left else city.buyer, sourcing.pk, "Finalement non.")
    need = now(sourcing)
    assert need.state == "accepted" and "à reprendre ou à clore" in said(need)
    assert lines(city.head_buyer) == ["À reprendre ou à clore"]
    panel.start(city.head_buyer, need.pk, "rfq")
    assert lines(city.head_buyer) == ["Entreprises à choisir"] and "prépare la demande" in said(need)


@pytest.mark.parametrize("stage", [draft, sent])
def test_a_need_whose_request_is_in_progress_is_not_closed_over_it(city: City, stage: Any) -> None:
    sourcing = stage(city)
    with pytest.raises(Refused) as refused:
        needs.close(city.buyer, sourcing.need_id, "Trop tard.")
    assert refused.value.refusal.code == "in_progress"


def test_after_an_information_its_need_waits_for_what_follows(city: City) -> None:
    sourcing = draft(city, "rfi")
    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret])
    invite.send(city.buyer, sourcing.pk)
    sourcing.refresh_from_db()
    closing.close_due(after_deadline(sourcing))
    Sourcing.objects.filter(pk=sourcing.pk).update(state="opened", opened_at=timezone.now())
    choose.finish_information(city.buyer, sourcing.pk, "Nous gardons le prix moyen et les délais annoncés.")
    assert "à reprendre ou à clore" in said(now(sourcing)) and "À reprendre ou à clore" in lines(city.buyer)


def test_after_an_opening_without_choice_its_need_waits_too(city: City) -> None:
    sourcing = sent(city)
    Sourcing.objects.filter(pk=sourcing.pk).update(state="opened", opened_at=timezone.now())
    choose.end_without_choice(city.buyer, sourcing.pk, "Toutes les offres dépassent le budget voté.", close_need=False)
    assert "À reprendre ou à clore" in lines(city.buyer)


def gone(city: City, other_city: City, how: str) -> None:
    """The buyer of the city buys there no more, in each way that this may come."""
    user = city.buyer.user
    if how == "role revoked":
        accounts.revoke(city.admin, city.buyer.memberships[0].pk)
    elif how == "only for another department now":
        accounts.revoke(city.admin, city.buyer.memberships[0].pk)
        sports = accounts.add_department(city.head_buyer, "Sports")
        accounts.grant(city.organisation, user, Role.BUYER, sports)
    else:
        accounts.grant(other_city.organisation, user, Role.BUYER)
        accounts.deactivate_user(city.admin, user.pk)
        assert agent_for(user)


@pytest.mark.parametrize("how", ["role revoked", "only for another department now", "deactivated here, active elsewhere"])
def test_the_work_of_who_buys_no_more_awaits_the_head_of_purchasing(city: City, other_city: City, how: str) -> None:
    sent(city)
    assert lines(city.head_buyer) == []
    gone(city, other_city, how)
    assert lines(city.head_buyer) == ["Courriers à poster"]
    left = agent_for(city.buyer.user, city.organisation.pk)
    assert left is None or lines(left) == []


def test_what_awaits_costs_as_many_queries_whatever_the_number(city: City, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        closing.end(city.buyer, draft(city).pk, "Finalement non.")
    with django_assert_max_num_queries(3):
        assert [line.button for line in of_needs.awaiting(city.buyer)] == ["Décider"] * 3
    assert queries.askings([]) == {}
