"""The town on which scenes are played, and what several of them ask for."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import Organisation, User
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers import tokens
from tests.cities import City
from tests.vault import papers

AROUND_M = 2_200
PATIENCE_S = 60.0
REFUSED_ADDRESS = "refusee@boulangers.example"
LOTS = ("Pain de tous les jours", "Viennoiserie du mercredi")


def paper(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.pdf_bytes())


def town_of_the_demonstration() -> City:
    """The demonstration's people, in the shape that the tests' other scenes take."""
    organisation = Organisation.objects.get(slug="rosny")

    def agent(first: str) -> Agent:
        found = agent_for(User.objects.get(email=f"{first}@rosny.example"), organisation.pk)
        assert found
        return found

    department = organisation.departments.get(name="Petite enfance")
    place = organisation.places.get(name="Crèche du Centre")
    return City(
        organisation, department, place, requester=agent("denise"), buyer=agent("bruno"), second_buyer=agent("helene"),
        head_buyer=agent("helene"), auditor=agent("aude"), admin=agent("adam"),
    )  # fmt: skip


def wait(until: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < limit, f"{what} never came"
        time.sleep(0.1)


class Scene:
    """The town, what is told of it, and how long a request of it stays open."""

    def __init__(self) -> None:
        self.city = town_of_the_demonstration()
        self.requester, self.buyer = self.city.requester, self.city.buyer
        self.told: dict[str, str] = {}
        self.open_for = timedelta(0)
        self.awaited: Callable[[], bool]

    def tell(self, **told: object) -> None:
        self.told |= {name: str(value) for name, value in told.items()}


def link(invitation: Invitation) -> str:
    return reverse("firm_open", args=[tokens.token(invitation.seed)])


def by_letter(sourcing: Sourcing) -> list[Invitation]:
    return list(sourcing.invitations.filter(channel="letter").select_related("sourcing", "firm").order_by("firm__siret"))


def by_email(sourcing: Sourcing) -> list[Invitation]:
    return list(
        sourcing.invitations.filter(channel="email")
        .exclude(address=REFUSED_ADDRESS)
        .select_related("sourcing", "firm")
        .order_by("address")
    )
