"""Conflicts of interest: each declares before he acts, who has an interest abstains, and another takes his place."""

from typing import Any

import pytest
from django.urls import reverse

from sourcier.accounts.actions import create_user, grant, set_opening
from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs import interest_rules as rules
from sourcier.needs.interest_rules import ASKING, CHOICE, NO_INTEREST, Declared
from sourcier.needs.models import InterestDeclaration, Need
from sourcier.needs.retention import give_up, traces
from sourcier.quotes.actions import evaluate
from sourcier.quotes.actions.choose import choose, end_without_choice
from sourcier.quotes.interests import choice_refusal
from sourcier.quotes.queries import marking
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.retention.registry import Scope
from sourcier.sourcing.actions import closing, invite
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.quotes.requests import Request, make_request
from tests.quotes.test_choosing import mark_all, opened, received
from tests.sourcing.scenes import ready
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
FAMILY = Declared(firm="Fournil du Lac", link="family", words="Mon frère y travaille.")
WHY = "Le meilleur pain au meilleur prix, selon les critères annoncés."


def undeclared(city: City) -> Sourcing:
    """A request ready to leave, of whose firms nobody has said anything yet."""
    return ready(city, declared=False)


@pytest.mark.parametrize(
    ("way", "declared", "field"),
    [
        ("tick", Declared(none=True), None),
        ("form", NO_INTEREST, None),
        ("tick", Declared(), "none"),
        ("form", Declared(none=True, statements=("shares",)), "statements"),
        ("tick", FAMILY, None),
        ("form", Declared(link="family"), "firm"),
        ("tick", Declared(firm="Fournil"), "link"),
        ("tick", Declared(none=True, firm="Fournil", link="work"), "firm"),
        ("form", Declared(firm="x" * 201, link="work"), "firm"),
    ],
)
def test_what_makes_a_declaration(way: str, declared: Declared, field: str | None) -> None:
    found = rules.problem(way, declared)
    assert (found and found[0]) == field
    assert not found or "perdu" in found[1].sentence or "cochez" in found[1].sentence.lower()


def test_nothing_leaves_before_who_sends_has_declared_by_one_gesture_on_the_page_of_the_sending(city: City) -> None:
    sourcing = undeclared(city)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="undeclared") as refused:
        invite.send(city.buyer, sourcing.pk)
    assert "Rien n'est parti, rien n'est perdu." in refused.value.sentence
    buyer, page = signed_in(city.buyer), reverse("request_send", args=[sourcing.need_id])
    assert "Ni moi ni mes proches" in buyer.get(page).content.decode(), "the lane of a need that no rule of the city covers"
    again = buyer.post(page, {"interest-statements": ["shares"]})
    assert again.status_code == 422 and "Cochez chaque phrase" in again.content.decode()
    with writes(city.organisation.pk, "interest.declared", "sourcing.sent"):
        assert buyer.post(page, {"interest-statements": list(rules.STATEMENTS)}).status_code == 302
    assert verify(city.organisation.pk).ok


def test_an_interest_sets_its_person_apart_from_every_act_and_the_head_buyer_names_another(city: City) -> None:
    sourcing = undeclared(city)
    need = sourcing.need
    with writes(city.organisation.pk, "interest.declared"):
        actions.declare(city.buyer, need.pk, ASKING, FAMILY)
    acts: list[Any] = [
        lambda: invite.send(city.buyer, sourcing.pk),
        lambda: closing.end(city.buyer, sourcing.pk, "Sans raison", close_need=False),
        lambda: actions.send_back(city.buyer, need.pk, "À revoir"),
        lambda: actions.say(city.buyer, need.pk, "Bonjour"),
        lambda: actions.declare(city.buyer, need.pk, ASKING, NO_INTEREST),
    ]
    with writes_nothing(city.organisation.pk):
        for act in acts:
            with pytest.raises(Refused, match="abstains"):
                act()
    [line] = [each for each in queries.awaiting_interests(city.head_buyer) if "s'abstient" in each.sentence]
    assert line.url == reverse("interests", args=[need.pk])
    head = signed_in(city.head_buyer)
    page = head.get(line.url).content.decode()
    assert "Mon frère y travaille." in page and "un parent, un proche" in page
    assert "Mon frère" in signed_in(city.auditor).get(line.url).content.decode()
    assert "Mon frère" not in signed_in(city.second_buyer).get(line.url).content.decode()
    with writes_nothing(city.organisation.pk):
        for agent, user, why in ((city.buyer, city.second_buyer, "not_you"), (city.head_buyer, city.requester, "role")):
            with pytest.raises(Refused, match=why):
                actions.choose_stand_in(agent, need.pk, city.buyer.id, user.id)
    asked = {"do": "stand_in", "absent": city.buyer.id, "user": city.second_buyer.id}
    with writes(city.organisation.pk, "interest.stand_in"):
        assert head.post(line.url, asked).status_code == 302
    need.refresh_from_db()
    sourcing.refresh_from_db()
    assert need.buyer == sourcing.buyer == city.second_buyer.user, "the lead goes with it"
    assert not [each for each in queries.awaiting_interests(city.head_buyer) if "s'abstient" in each.sentence]
    actions.declare(city.second_buyer, need.pk, ASKING, NO_INTEREST)
    invite.send(city.second_buyer, sourcing.pk)
    assert verify(city.organisation.pk).ok


def two_answers(city: City) -> Request:
    request = make_request(city)
    received(request, "0.95", "1.10")
    opened(request)
    return request


def test_the_choice_waits_for_each_one_s_word_and_says_whose(city: City) -> None:
    request = two_answers(city)
    sourcing = request.sourcing
    InterestDeclaration.objects.filter(need=sourcing.need).delete()
    assert code(city.buyer, sourcing) == "undeclared"
    actions.declare(city.buyer, sourcing.need_id, ASKING, NO_INTEREST)
    assert code(city.buyer, sourcing) == "undeclared", "once more, now that one knows who answered"
    actions.declare(city.buyer, sourcing.need_id, CHOICE, NO_INTEREST)
    refusal = choice_refusal(city.buyer, sourcing, 1)
    assert refusal and refusal.code == "others_undeclared" and city.requester.user.name in refusal.sentence
    assert [line.button for line in queries.awaiting_interests(city.requester)] == ["Déclarer"]
    page = reverse("interests", args=[sourcing.need_id])
    answered = signed_in(city.requester).post(page, {"interest-statements": list(rules.STATEMENTS)})
    assert answered.status_code == 302 and code(city.buyer, sourcing) is None
    assert queries.awaiting_interests(city.requester) == []


def code(agent: Agent, sourcing: Sourcing, cents: int = 1) -> str | None:
    refusal = choice_refusal(agent, sourcing, cents)
    return refusal.code if refusal else None


def test_a_silent_author_is_replaced_rather_than_waited_for(city: City) -> None:
    sourcing = two_answers(city).sourcing
    InterestDeclaration.objects.filter(need=sourcing.need, user=city.requester.user).delete()
    assert code(city.buyer, sourcing) == "others_undeclared"
    with pytest.raises(Refused, match="role"):
        actions.choose_stand_in(city.head_buyer, sourcing.need_id, city.requester.id, city.requester.id)
    other = create_user(city.organisation, email="paul@rosny.example", name="Paul Rosny", password="motdepasse-de-test")
    grant(city.organisation, other, Role.REQUESTER, city.department)
    actions.choose_stand_in(city.head_buyer, sourcing.need_id, city.requester.id, other.pk)
    refusal = choice_refusal(city.buyer, sourcing, 1)
    assert refusal and "Paul Rosny" in refusal.sentence and city.requester.user.name not in refusal.sentence


def test_marks_of_who_abstains_since_do_not_count_and_he_no_longer_marks_nor_ends(city: City) -> None:
    request = two_answers(city)
    sourcing = request.sourcing
    made, judged = opened_submissions(sourcing)[0], list(sourcing.criteria.filter(kind="judged"))
    mark_all(city.second_buyer, request, 60)
    assert marking.finished(sourcing) == {city.second_buyer.id}
    actions.declare(city.second_buyer, sourcing.need_id, CHOICE, FAMILY)
    assert marking.finished(sourcing) == frozenset() and not marking.evaluates(city.second_buyer, sourcing)
    for act in (
        lambda: evaluate.score(city.second_buyer, made.pk, judged[0].pk, 90, "Mieux"),
        lambda: end_without_choice(city.second_buyer, sourcing.pk, "Personne ne convient vraiment ici.", close_need=False),
        lambda: choose(city.second_buyer, sourcing.pk, None, made.pk, None, WHY),
    ):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="abstains"):
            act()


def test_above_the_city_s_limit_the_author_does_not_choose_and_who_can_is_said(city: City) -> None:
    sourcing = two_answers(city).sourcing
    Need.objects.filter(pk=sourcing.need_id).update(author=city.buyer.user)
    sourcing = Sourcing.objects.get(pk=sourcing.pk)
    assert code(city.buyer, sourcing, 400_000) is None
    refusal = choice_refusal(city.buyer, sourcing, 400_001)
    assert refusal and refusal.code == "author_chooses" and "4\u202f000" in refusal.sentence
    assert city.second_buyer.user.name in refusal.sentence and city.buyer.user.name not in refusal.sentence
    assert code(city.second_buyer, sourcing, 400_001) is None
    set_opening(
        city.head_buyer, from_cents=4_000_000, days=3, members=[], substitutes=[], author_up_to_cents=1_000_000
    )  # fmt: skip
    assert code(city.buyer, Sourcing.objects.get(pk=sourcing.pk), 400_001) is None
    with pytest.raises(Refused, match="amount"):
        set_opening(city.head_buyer, from_cents=0, days=3, members=[], substitutes=[], author_up_to_cents=-1)
    assert Organisation.objects.get(pk=city.organisation.pk).author_chooses_up_to_cents == 1_000_000


def test_only_who_acts_here_declares_and_nobody_once_it_is_over(city: City, other_city: City) -> None:
    need = undeclared(city).need
    with writes_nothing(city.organisation.pk):
        with pytest.raises(Refused, match="not_you"):
            actions.declare(city.auditor, need.pk, ASKING, NO_INTEREST)
        for stranger in (other_city.buyer, city.admin):
            with pytest.raises(Need.DoesNotExist):
                actions.declare(stranger, need.pk, ASKING, NO_INTEREST)
        Need.objects.filter(pk=need.pk).update(state="closed")
        with pytest.raises(Refused, match="over"):
            actions.declare(city.buyer, need.pk, ASKING, NO_INTEREST)


def test_what_was_declared_goes_with_the_file_of_the_purchase_and_a_person_finds_it(city: City) -> None:
    need = undeclared(city).need
    actions.declare(city.buyer, need.pk, ASKING, FAMILY)
    [trace] = traces(city.organisation.pk, "frère")
    assert trace.operation_id == need.pk and trace.kept
    emptied = give_up(Scope(city.organisation.pk, "procedure", need.pk))
    row, values = next((row, values) for row, values in emptied.changes if isinstance(row, InterestDeclaration))
    assert values["words"] == "" and row.interest
    entry = Entry.objects.filter(log_id=city.organisation.pk, verb="interest.declared").latest("index")
    assert (payload_of(entry) or {})["words"] == FAMILY.words
