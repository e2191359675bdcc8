"""Cities, departments and people for the tests, made by the real actions."""

from dataclasses import dataclass

from stdnum import luhn

from sourcier.accounts.actions import add_department, add_place, create_organisation, create_user, grant
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import DeliveryPlace, Department, Organisation, Role
from tests.played import played_once


def siret(number: int) -> str:
    """A valid SIRET made from a number: the SIREN and the SIRET both follow Luhn."""
    base = f"{100_000_00 + number:08d}"
    siren = base + luhn.calc_check_digit(base)
    return siren + "0001" + luhn.calc_check_digit(siren + "0001")


@dataclass
class City:
    """An organisation with one person per role: `city.requester`, `city.buyer`… are agents."""

    organisation: Organisation
    department: Department
    place: DeliveryPlace
    requester: Agent
    buyer: Agent
    second_buyer: Agent
    head_buyer: Agent
    auditor: Agent
    admin: Agent


@played_once
def make_city(slug: str = "rosny", number: int = 1) -> City:
    """A city with its department « Petite enfance », a nursery, and six people (password « motdepasse-de-test »)."""
    organisation = create_organisation(
        name=f"Ville de {slug.title()}",
        slug=slug,
        siret=siret(number),
        address="20 rue Claude-Pernès",
        postal_code="93110",
        commune_code="93064",
        commune="Rosny-sous-Bois",
        lat_e6=48_871_000,
        lon_e6=2_486_000,
        email=f"achats@{slug}.example",
        dpo_email=f"dpo@{slug}.example",
        phone="01 00 00 00 00",
        phone_hours="de 9 h à 17 h",
    )

    def person(name: str, role: Role, where: Department | None = None) -> Agent:
        user = create_user(
            organisation, email=f"{name}@{slug}.example", name=f"{name.title()} {slug.title()}", password="motdepasse-de-test"
        )
        grant(organisation, user, role, where)
        agent = agent_for(user)
        assert agent
        return agent

    head_buyer = person("helene", Role.HEAD_BUYER)
    department = add_department(head_buyer, "Petite enfance")
    place = add_place(
        head_buyer, name="Crèche Jean-Mermoz", address="1 rue Jean-Mermoz", postal_code="93110",
        commune="Rosny-sous-Bois", lat_e6=48_872_000, lon_e6=2_487_000, hours="6 h 30 à 7 h",
    )  # fmt: skip
    return City(
        organisation,
        department,
        place,
        requester=person("denise", Role.REQUESTER, department),
        buyer=person("bruno", Role.BUYER),
        second_buyer=person("salima", Role.BUYER),
        head_buyer=head_buyer,
        auditor=person("aude", Role.AUDITOR),
        admin=person("adam", Role.ADMIN),
    )
