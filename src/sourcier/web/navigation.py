"""The main navigation of the city, according to the roles."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.web.rights import EVERYBODY, INSPECTION, PURCHASING, READERS


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of the navigation: shown to `roles`, current on addresses that start with one of `prefixes`.

    Of several, the last is current: an operation belongs to the consultations of who sees them, to the needs of who asked.
    """

    label: str
    url_name: str
    roles: tuple[Role, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What the template shows; `current` is the value of aria-current, or empty."""

    label: str
    url: str
    current: str


ENTRIES = (
    Entry("Accueil", "home", EVERYBODY, ()),
    Entry("Besoins", "needs", READERS, ("/besoins/", "/achats/")),
    Entry("Consultations", "sourcings", INSPECTION, ("/consultations/", "/achats/")),
    Entry("À rappeler", "calls", PURCHASING, ("/a-rappeler/",)),
    Entry("Courrier", "tray", INSPECTION, ("/courrier/",)),
    Entry("Entreprises", "firms", INSPECTION, ("/entreprises/",)),
    Entry("Familles et seuils", "families", INSPECTION, ("/familles/", "/regles/")),
    Entry("Bilan", "savings", INSPECTION, ("/bilan/",)),
    Entry("Contrôle", "control", INSPECTION, ("/controle/",)),
    Entry("Réglages", "settings_city", (Role.HEAD_BUYER, Role.ADMIN, Role.AUDITOR), ("/reglages/",)),
)


def navigation(request: HttpRequest, agent: Agent) -> list[Link]:
    """The links this agent may follow, in the order of the words; the current page or section is marked."""
    # A city that receives no e-mail here has none to sort.
    open_to = [entry for entry in ENTRIES if agent.has(*entry.roles) and (entry.url_name != "tray" or settings.REPLY_TO)]
    section = next((entry for entry in reversed(open_to) if request.path.startswith(entry.prefixes)), None)
    links = []
    for entry in open_to:
        url = reverse(entry.url_name)
        current = "page" if request.path == url else "true" if entry is section else ""
        links.append(Link(entry.label, url, current))
    return links
