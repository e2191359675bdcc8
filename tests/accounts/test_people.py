import pytest
from django.db import IntegrityError, transaction

from sourcier.accounts import actions, queries
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import Membership, Role, User
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from tests.cities import City


def verbs(city: City) -> list[str]:
    return list(Entry.objects.filter(log=city.organisation.pk).order_by("index").values_list("verb", flat=True))


def refusal_code(action: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(Refused) as refused:
        action(*args, **kwargs)  # type: ignore[operator]
    return refused.value.refusal.code


def test_an_invited_person_has_a_role_and_no_password_yet(city: City) -> None:
    user, new = actions.invite_user(city.admin, email="Nadia@Rosny.example", name="Nadia Haddad", role=Role.BUYER)
    assert new
    assert user.email == "nadia@rosny.example"
    assert not user.has_usable_password()
    agent = agent_for(user)
    assert agent
    assert agent.roles == {Role.BUYER}
    assert verbs(city)[-2:] == ["user.created", "role.granted"]


def test_a_person_known_here_is_not_invited_twice(city: City) -> None:
    before = len(verbs(city))
    code = refusal_code(actions.invite_user, city.admin, email="BRUNO@rosny.example", name="Bruno", role=Role.BUYER)
    assert code == "known"
    assert len(verbs(city)) == before


def test_a_person_of_another_city_keeps_one_account_and_his_name(city: City, other_city: City) -> None:
    user, new = actions.invite_user(city.admin, email="bruno@pantin.example", name="Autre Nom", role=Role.BUYER)
    assert not new
    assert user == other_city.buyer.user
    assert User.objects.get(pk=user.pk).name == "Bruno Pantin"
    assert {m.organisation for m in user.memberships.all()} == {city.organisation, other_city.organisation}


def test_only_the_administrator_governs_accounts(city: City) -> None:
    for agent in (city.requester, city.buyer, city.head_buyer, city.auditor):
        assert refusal_code(actions.invite_user, agent, email="x@y.example", name="X", role=Role.BUYER) == "not_allowed"
        assert refusal_code(actions.deactivate_user, agent, city.second_buyer.id) == "not_allowed"
        assert refusal_code(actions.grant_role, agent, city.second_buyer.id, Role.ADMIN) == "not_allowed"


def test_a_deactivated_person_is_nobody_and_comes_back_with_the_same_roles(city: City) -> None:
    actions.grant_role(city.admin, city.buyer.id, Role.HEAD_BUYER)
    actions.revoke(city.admin, city.buyer.memberships[0].pk)
    user = actions.deactivate_user(city.admin, city.buyer.id)
    assert not user.is_active
    assert agent_for(User.objects.get(pk=user.pk)) is None
    user = actions.reactivate_user(city.admin, city.buyer.id)
    agent = agent_for(user)
    assert agent
    assert agent.roles == {Role.HEAD_BUYER}
    assert verbs(city)[-3:] == ["role.revoked", "user.deactivated", "user.reactivated"]


def test_deactivation_twice_is_refused_and_writes_nothing(city: City) -> None:
    actions.deactivate_user(city.admin, city.buyer.id)
    before = len(verbs(city))
    assert refusal_code(actions.deactivate_user, city.admin, city.buyer.id) == "already_done"
    assert refusal_code(actions.reactivate_user, city.admin, city.auditor.id) == "not_deactivated"
    assert refusal_code(actions.grant_role, city.admin, city.buyer.id, Role.AUDITOR) == "deactivated"
    assert len(verbs(city)) == before


def test_one_city_closes_itself_alone_to_a_person_of_two(city: City, other_city: City) -> None:
    actions.invite_user(city.admin, email="bruno@pantin.example", name="Bruno", role=Role.BUYER)
    user = actions.deactivate_user(city.admin, other_city.buyer.id)
    assert user.is_active
    agent = agent_for(User.objects.get(pk=user.pk))
    assert agent
    assert agent.organisation == other_city.organisation
    assert agent_for(user, city.organisation.pk) is None


def test_the_last_administrator_stays(city: City) -> None:
    nadia, _ = actions.invite_user(city.admin, email="nadia@rosny.example", name="Nadia", role=Role.ADMIN)
    agent = agent_for(nadia)
    assert agent
    actions.deactivate_user(agent, city.admin.id)
    assert refusal_code(actions.deactivate_user, agent, nadia.pk) == "own_rights"
    membership = Membership.objects.get(user=nadia)
    assert refusal_code(actions.revoke, Agent(city.admin.user, city.organisation, city.admin.memberships), membership.pk) == (
        "last_admin"
    )


def test_a_role_of_another_city_cannot_be_touched(city: City, other_city: City) -> None:
    with pytest.raises(Membership.DoesNotExist):
        actions.revoke(city.admin, other_city.buyer.memberships[0].pk)
    with pytest.raises(User.DoesNotExist):
        actions.deactivate_user(city.admin, other_city.buyer.id)
    with pytest.raises(User.DoesNotExist):
        actions.grant_role(city.admin, other_city.buyer.id, Role.BUYER)
    with pytest.raises(User.DoesNotExist):
        actions.update_person(city.admin, other_city.buyer.id, name="X", phone="")
    with pytest.raises(User.DoesNotExist):
        queries.person(city.admin, other_city.buyer.id)


def test_a_department_of_another_city_gives_no_role(city: City, other_city: City) -> None:
    with pytest.raises(other_city.department.DoesNotExist):
        actions.grant_role(city.admin, city.buyer.id, Role.REQUESTER, other_city.department.pk)


def test_a_role_comes_once(city: City) -> None:
    assert refusal_code(actions.grant_role, city.admin, city.buyer.id, Role.BUYER) == "already_held"
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=city.buyer.user, organisation=city.organisation, role=Role.BUYER)


def test_a_name_shared_with_another_city_is_changed_by_the_person_alone(city: City, other_city: City) -> None:
    actions.invite_user(city.admin, email="bruno@pantin.example", name="Bruno", role=Role.BUYER)
    assert refusal_code(actions.update_person, city.admin, other_city.buyer.id, name="X", phone="") == "shared"
    actions.update_self(other_city.buyer, name="Bruno Petit", phone="06 00 00 00 00")
    assert User.objects.get(pk=other_city.buyer.id).name == "Bruno Petit"


@pytest.mark.parametrize("more", [0, 2])
def test_people_are_read_in_the_same_number_of_queries(city: City, more: int, django_assert_num_queries: object) -> None:
    for number in range(more):
        actions.invite_user(
            city.admin,
            email=f"p{number}@rosny.example",
            name=f"P{number}",
            role=Role.BUYER,
            department_id=city.department.pk,
        )
    with django_assert_num_queries(2):  # type: ignore[operator]
        found = queries.people(city.admin)
        assert [m.department and m.department.name for p in found for m in p.memberships]
    assert len(found) == 6 + more


def test_nobody_is_ever_deleted(city: City) -> None:
    user = city.requester.user
    for delete in (user.delete, User.objects.all().delete, User.objects.filter(pk=user.pk).delete):
        with pytest.raises(TypeError, match="never deleted"):
            delete()
    assert User.objects.filter(pk=user.pk).exists()
