"""What needs expect of whom: for the departments where he may do it, and of colleagues when someone has left."""

from django.utils import timezone

from sourcier.accounts import actions as accounts
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import Department, Role
from sourcier.journal.verify import verify
from sourcier.needs import actions, queries, rules
from sourcier.needs.models import Need
from tests.cities import City
from tests.needs.test_actions import accepted, refused, started, submitted


def person(city: City, first: str, *roles: tuple[Role, Department | None]) -> Agent:
    user = accounts.create_user(city.organisation, email=f"{first}@rosny.example", name=first.title())
    for role, department in roles:
        accounts.grant(city.organisation, user, role, department)
    return again(user)


def again(user: object) -> Agent:
    """The agent with the rights that he has now."""
    agent = agent_for(user)  # type: ignore[arg-type]
    assert agent
    return agent


def lines(agent: Agent) -> list[str]:
    return [line.sentence.partition(" : ")[0] for line in queries.awaiting(agent)]


def test_who_buys_for_one_department_and_asks_for_another_is_shown_only_what_he_may_do(city: City) -> None:
    sports = accounts.add_department(city.head_buyer, "Sports")
    mix = person(city, "mix", (Role.BUYER, sports), (Role.REQUESTER, city.department))
    need = submitted(city)
    assert refused(actions.accept, mix, need.pk).refusal.code == "wrong_role"
    assert lines(mix) == [] and lines(city.buyer) == ["Besoin reçu"]
    own = actions.start(mix, "Des ballons pour la crèche")
    assert own.department == city.department and lines(mix) == ["À finir"]


def test_a_need_accepted_by_a_buyer_of_another_department_now_is_no_longer_his(city: City) -> None:
    accepted(city)
    sports = accounts.add_department(city.head_buyer, "Sports")
    accounts.revoke(city.admin, city.buyer.memberships[0].pk)
    accounts.grant(city.organisation, city.buyer.user, Role.BUYER, sports)
    assert lines(again(city.buyer.user)) == [] and lines(city.head_buyer) == ["À préparer"]


def test_a_need_returned_to_an_author_who_left_awaits_his_department_s_other_requesters(city: City) -> None:
    need = submitted(city)
    colleague = person(city, "carole", (Role.REQUESTER, city.department))
    elsewhere = person(city, "eric", (Role.REQUESTER, accounts.add_department(city.head_buyer, "Sports")))
    accounts.deactivate_user(city.admin, city.requester.user.pk)
    actions.send_back(city.buyer, need.pk, "Combien ?")
    assert lines(colleague) == ["À compléter"]
    assert lines(elsewhere) == lines(city.buyer) == lines(city.head_buyer) == []
    assert actions.submit(colleague, need.pk).state == "submitted"


def test_a_need_returned_awaits_its_author_alone_as_long_as_he_may_complete_it(city: City) -> None:
    need = submitted(city)
    colleague = person(city, "carole", (Role.REQUESTER, city.department))
    actions.send_back(city.buyer, need.pk, "Combien ?")
    assert lines(city.requester) == ["À compléter"] and lines(colleague) == []


def test_a_need_sent_again_after_its_buyer_left_awaits_the_other_buyers(city: City) -> None:
    need = submitted(city)
    actions.send_back(city.buyer, need.pk, "Combien ?")
    actions.submit(city.requester, need.pk)
    assert lines(city.second_buyer) == []
    accounts.revoke(city.admin, city.buyer.memberships[0].pk)
    assert lines(city.second_buyer) == ["Besoin reçu"]
    assert "Bruno" not in queries.standing(queries.get(city.requester, need.pk)).sentence


def test_a_message_awaits_the_other_side_until_it_answers(city: City) -> None:
    need = accepted(city)
    actions.say(city.buyer, need.pk, "Combien de crèches exactement ?")
    [line] = queries.awaiting(city.requester)
    assert line.sentence.startswith("Message de Bruno Rosny : ") and line.url == f"/achats/{need.pk}/#messages"
    assert lines(city.buyer) == ["À préparer"] and lines(city.second_buyer) == []
    actions.say(city.requester, need.pk, "Huit.")
    assert lines(city.requester) == [] and lines(city.buyer) == ["À préparer", "Message de Denise Rosny"]
    assert lines(city.second_buyer) == lines(city.auditor) == [] and lines(city.head_buyer) == ["À préparer"]


def test_a_message_on_a_need_that_nobody_took_awaits_the_buyers_of_its_department(city: City) -> None:
    need = started(city)
    sports = person(city, "sonia", (Role.BUYER, accounts.add_department(city.head_buyer, "Sports")))
    actions.say(city.requester, need.pk, "Avez-vous déjà un marché ?")
    told = [lines(agent) for agent in (city.buyer, city.second_buyer, city.head_buyer)]
    assert told == [["Message de Denise Rosny"]] * 3 and lines(sports) == []


def test_a_message_to_someone_who_left_awaits_his_colleagues(city: City) -> None:
    need = accepted(city)
    colleague = person(city, "carole", (Role.REQUESTER, city.department))
    actions.say(city.buyer, need.pk, "Combien ?")
    assert lines(colleague) == []
    accounts.deactivate_user(city.admin, city.requester.user.pk)
    assert lines(colleague) == ["Message de Bruno Rosny"]
    actions.say(colleague, need.pk, "Huit.")
    accounts.deactivate_user(city.admin, city.buyer.user.pk)
    assert lines(city.second_buyer) == ["Message de Carole"]


def test_a_thank_you_waits_no_more_once_its_reader_says_that_nothing_is_to_be_answered(city: City) -> None:
    need = accepted(city)
    assert refused(actions.settle, city.requester, need.pk).refusal.code == "nothing_waits"
    actions.say(city.buyer, need.pk, "Merci !")
    assert refused(actions.settle, city.buyer, need.pk).refusal.code == "nothing_waits"
    assert refused(actions.settle, city.auditor, need.pk).refusal.code == "wrong_role"
    actions.settle(city.requester, need.pk)
    assert lines(city.requester) == []
    assert refused(actions.settle, city.requester, need.pk).refusal.code == "nothing_waits"
    actions.say(city.buyer, need.pk, "Une dernière question.")
    assert lines(city.requester) == ["Message de Bruno Rosny"]
    assert verify(city.organisation.pk).problems == ()


def test_an_author_speaks_for_the_department_even_when_he_buys_too(city: City) -> None:
    both = person(city, "lea", (Role.REQUESTER, city.department), (Role.BUYER, city.department))
    need = actions.start(both, "Des jeux d'eau")
    assert queries.side(both, need) is rules.Side.DEPARTMENT
    assert queries.side(city.buyer, need) is rules.Side.PURCHASING
    actions.say(both, need.pk, "Pour juin ?")
    assert lines(both) == ["À finir"] and "Message de Lea" in lines(city.buyer)


def test_nothing_of_another_city_awaits_anyone(city: City, other_city: City) -> None:
    need = submitted(city)
    actions.say(city.requester, need.pk, "Bonjour")
    for agent in (other_city.requester, other_city.buyer, other_city.head_buyer):
        assert queries.awaiting(agent) == [] and queries.in_progress(agent, timezone.now()) == []
    assert Need.objects.count() == 1
