"""The demonstration city: departments, nurseries, schools and five people. Every person and firm is invented."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from sourcier.accounts.actions import add_department, add_place, create_organisation, create_user, grant, set_usual_places
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import DeliveryPlace, Department, Organisation, Role, User
from sourcier.needs.actions import add_lane
from sourcier.needs.lanes import Lane, Opener
from sourcier.needs.models import Kind
from sourcier.spend.actions import load_families
from sourcier.spend.models import Family

PASSWORD = "pain-frais-avant-7h"  # noqa: S105 - printed on the screen, for a fictitious city
NURSERIES = (
    ("Crèche Jean-Mermoz", "4 rue Jean-Mermoz", 48_873_100, 2_484_300),
    ("Crèche du Centre", "12 place Émile-Lécrivain", 48_871_000, 2_486_000),
    ("Crèche du Bois-Perrier", "7 avenue de la République", 48_881_200, 2_487_800),
    ("Crèche des Marnaudes", "3 rue des Marnaudes", 48_877_900, 2_497_600),
    ("Crèche de la Boissière", "21 boulevard de la Boissière", 48_875_500, 2_469_900),
    ("Crèche du Plateau d'Avron", "9 avenue du Président-Kennedy", 48_864_700, 2_500_500),
    ("Crèche des Trois-Communes", "2 rue de la Plâtrière", 48_866_300, 2_475_200),
    ("Crèche du Pré-Gentil", "15 rue du Pré-Gentil", 48_868_200, 2_491_400),
)
OTHER_PLACES = (
    ("Gymnase Pierre-Letessier", "30 rue Lavoisier", 48_869_900, 2_481_700),
    ("Hôtel de ville", "20 rue Claude-Pernès", 48_870_700, 2_485_500),
    ("Centre technique municipal", "67 rue de Lisbonne", 48_884_400, 2_481_200),
)
DEPARTMENTS = ("Petite enfance", "Sports", "Services techniques", "Communication")
HEAD_BUYER = ("helene", "Hélène Nguyen", Role.HEAD_BUYER)
PEOPLE = (
    ("denise", "Denise Marchand", Role.REQUESTER, "Petite enfance"),
    ("samir", "Samir Belkacem", Role.REQUESTER, "Sports"),
    ("bruno", "Bruno Lefèvre", Role.BUYER, None),
    ("aude", "Aude Ferrand", Role.AUDITOR, None),
    ("adam", "Adam Petit", Role.ADMIN, None),
)


@dataclass(frozen=True)
class DemoCity:
    """The organisation, its people as agents by first name, and its nurseries."""

    organisation: Organisation
    people: dict[str, Agent]
    nurseries: list[DeliveryPlace]
    places: dict[str, DeliveryPlace]


def build() -> DemoCity:
    """Create the city through the real actions."""
    organisation = create_organisation(
        name="Ville de Rosny-sous-Bois", slug="rosny", siret="21930064700019", address="20 rue Claude-Pernès",
        postal_code="93110", commune_code="93064", commune="Rosny-sous-Bois", lat_e6=48_870_700, lon_e6=2_485_500,
        phone="01 99 00 00 00", phone_hours="de 9 h à 17 h", email="achats@rosny.example", dpo_email="dpo@rosny.example",
        counter="guichet Achats, 1er étage", fictitious=True, archives_identifier="ARCHIVES-FICTIVES",
        archives_agreement="CONVENTION-FICTIVE-1",
    )  # fmt: skip
    _person(organisation, *HEAD_BUYER)
    helene = _people(organisation)["helene"]
    departments = {name: add_department(helene, name) for name in DEPARTMENTS}
    for first, name, role, department in PEOPLE:
        _person(organisation, first, name, role, departments[department] if department else None)
    # One hash for all: five more would take two seconds and protect nobody.
    User.objects.update(password=make_password(PASSWORD))
    load_families(organisation)
    _lanes(helene)
    nurseries = [_place(helene, *facts, hours="livraison avant 7 h") for facts in NURSERIES]
    others = {facts[0]: _place(helene, *facts, hours="de 8 h à 17 h") for facts in OTHER_PLACES}
    set_usual_places(helene, departments["Petite enfance"].pk, [place.pk for place in nurseries])
    set_usual_places(helene, departments["Sports"].pk, [others["Gymnase Pierre-Letessier"].pk])
    return DemoCity(organisation, _people(organisation), nurseries, others)


def _lanes(helene: Agent) -> None:
    """Small purchases of bread by the department alone, other small supplies with a buyer's glance; a buyer leads services."""
    bread = Family.objects.get(organisation=helene.organisation, code="10.01")
    add_lane(helene, lane=Lane.ALONE, up_to_cents=4_000_00, family=bread, opener=Opener.AUTHOR)
    add_lane(helene, lane=Lane.GLANCE, up_to_cents=2_500_00, kind=Kind.SUPPLIES)
    add_lane(helene, lane=Lane.LED, up_to_cents=None, kind=Kind.SERVICES)


def _person(organisation: Organisation, first: str, name: str, role: Role, department: Department | None = None) -> None:
    user = create_user(organisation, email=f"{first}@rosny.example", name=name, phone="01 99 00 00 01")
    grant(organisation, user, role, department)


def _place(helene: Agent, name: str, address: str, lat_e6: int, lon_e6: int, hours: str) -> DeliveryPlace:
    return add_place(
        helene, name=name, address=address, postal_code="93110", commune="Rosny-sous-Bois",
        lat_e6=lat_e6, lon_e6=lon_e6, hours=hours, contact_name="l'accueil", contact_phone="01 99 00 00 02",
    )  # fmt: skip


def _people(organisation: Organisation) -> dict[str, Agent]:
    agents = {}
    for membership in organisation.memberships.select_related("user"):
        if agent := agent_for(membership.user, organisation.pk):
            agents[membership.user.email.partition("@")[0]] = agent
    return agents
