"""What else goes on in the demonstration city, so that each page has something to show."""

from datetime import date, timedelta

from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.activities import Activity
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import ASKING, NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.needs.queries import rule_of_day
from sourcier.project.demo.city import DemoCity
from sourcier.project.demo.past_orders import export
from sourcier.sourcing.actions import invite, panel, request
from sourcier.sourcing.models import Sourcing
from sourcier.spend.actions import choose_columns, hand_over, import_waiting
from sourcier.spend.importing.lines import Column
from sourcier.spend.models import OrderBatch
from sourcier.spend.queries import propose_family
from sourcier.vault.actions import store_bytes


def build_others(city: DemoCity) -> None:
    """Three years of orders, a draft, a need that waits for a buyer, and a request whose answers are closed until next week."""
    import_past_orders(city.people["bruno"])
    _draft(city)
    _submitted(city)
    _asked(city)


def import_past_orders(bruno: Agent) -> OrderBatch:
    """The export of the finance software, given, its columns said, and read."""
    file = store_bytes(bruno.organisation.pk, export().data, "commandes-2024-2026.csv")
    batch = hand_over(bruno, file)
    choose_columns(bruno, batch.pk, {Column(name): place for name, place in batch.columns.items()})
    import_waiting(timezone.now())
    return batch


def _draft(city: DemoCity) -> None:
    needs.start(city.people["denise"], "Des jeux d'eau pour le jardin de la crèche du Centre")


def _submitted(city: DemoCity) -> Need:
    samir = city.people["samir"]
    need = needs.start(samir, "Nettoyage des vitres du gymnase Letessier avant la rentrée")
    need = needs.save(
        samir, need.pk, need.version, what="Vitrages intérieurs et extérieurs, 420 m², dont 60 m² en hauteur.",
        how_much="Une fois, puis deux fois par an", estimate_cents=4_200_00, unknown=["when"],
    )  # fmt: skip
    needs.set_places(samir, need.pk, {city.places["Gymnase Pierre-Letessier"].pk: ""})
    return needs.submit(samir, need.pk)


def _asked(city: DemoCity) -> None:
    """Printing: asked of the printers around, closed for ten days."""
    denise, bruno = city.people["denise"], city.people["bruno"]
    need = needs.start(denise, "Impression de 2 000 livrets d'accueil pour les familles des crèches")
    need = needs.save(
        denise, need.pk, need.version, what="Livret A5, 16 pages, quadrichromie, papier recyclé 115 g, piqué.",
        how_much="2 000 exemplaires, une fois", starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 26), estimate_cents=3_600_00,
    )  # fmt: skip
    needs.set_places(denise, need.pk, {city.places["Hôtel de ville"].pk: ""})
    needs.submit(denise, need.pk)
    needs.accept(bruno, need.pk)
    printers = [Activity("NAFRev2", "18.12Z")]
    needs.tick_activities(bruno, need.pk, printers)
    need.refresh_from_db()
    family = propose_family(city.organisation, printers)
    needs.keep_rule(bruno, need.pk, family, "supplies", rule_of_day(need, family, "supplies", timezone.localdate()))
    needs.declare(bruno, need.pk, PANEL, NO_INTEREST)
    sourcing = panel.start(bruno, need.pk, Sourcing.Kind.RFQ)
    panel.search(bruno, sourcing.pk, printers, 8_000)
    panel.keep_all(bruno, sourcing.pk)
    sourcing.refresh_from_db()
    request.save_request(
        bruno, sourcing.pk, sourcing.version, title="2 000 livrets d'accueil pour les crèches", trade="un imprimeur",
        description="Livret A5, 16 pages, quadrichromie, papier recyclé 115 g, piqué. Livraison à l'hôtel de ville.",
        price_lines=[{"designation": "Livret A5, 16 pages", "unit": "exemplaire", "quantity_milli": 2_000_000, "lot": None}],
        deadline=(timezone.localtime() + timedelta(days=10)).replace(hour=12, minute=0, second=0, microsecond=0),
    )  # fmt: skip
    needs.declare(bruno, need.pk, ASKING, NO_INTEREST)
    invite.send(bruno, sourcing.pk)
