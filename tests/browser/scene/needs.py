"""Needs at each step before a request is written."""

from django.urls import reverse

from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import NO_INTEREST, PANEL
from sourcier.sourcing.actions import draw, panel
from sourcier.spend.models import Family
from tests.browser.scene.stage import AROUND_M, LOTS, Scene, paper
from tests.sourcing.scenes import BAKER, accepted_need


def needs_at_each_step(scene: Scene) -> None:
    """One begun, with a file and lots; one sent back; one accepted, with lots; one that takes its family over the limit."""
    begun = needs.start(scene.requester, "Du pain et des viennoiseries pour la fête des crèches")
    begun = needs.set_lots(scene.requester, begun.pk, LOTS)
    said = needs.say(scene.requester, begun.pk, "Voici la liste de l'an dernier.", [paper("Liste de l'an dernier.pdf")])
    returned = needs.start(scene.requester, "Un goûter pour la réunion des familles")
    returned = needs.save(
        scene.requester, returned.pk, returned.version, unknown=["what", "how_much", "where", "when", "estimate"]
    )
    needs.submit(scene.requester, returned.pk)
    needs.send_back(scene.buyer, returned.pk, "Dites pour combien de familles, et quel jour.")
    needs.say(scene.buyer, returned.pk, "Appelez-moi si vous hésitez.")
    accepted = accepted_need(scene.city)
    needs.set_lots(scene.buyer, accepted.pk, LOTS)
    crossing = accepted_need(scene.city)
    crossing = needs.save(scene.buyer, crossing.pk, crossing.version, estimate_cents=70_000_00)
    bread_family = Family.objects.get(organisation=scene.city.organisation, code="10.01")
    needs.keep_rule(scene.buyer, crossing.pk, bread_family, "supplies", {})
    file = said.files.get()
    scene.tell(
        crossing=crossing.pk,
        begun=begun.pk,
        returned=returned.pk,
        accepted=accepted.pk,
        need_file=reverse("need_file", args=[begun.pk, file.pk]),
    )


def of_a_department(scene: Scene) -> None:
    """Two purchases that their department leads, with a buyer's glance: one just sent, one whose request is ready."""
    bread = Family.objects.get(organisation=scene.city.organisation, code="10.01")
    lane = needs.add_lane(scene.city.head_buyer, lane="glance", up_to_cents=500_00, family=bread, opener="author")
    found = []
    for _ in range(2):
        need = needs.start(scene.requester, "Pain frais pour le goûter des crèches")
        unknown = ["what", "how_much", "when"]
        needs.save(scene.requester, need.pk, need.version, unknown=unknown, estimate_cents=400_00)
        needs.set_places(scene.requester, need.pk, {scene.city.place.pk: ""})
        needs.tick_activities(scene.requester, need.pk, [BAKER])
        found.append(needs.submit(scene.requester, need.pk))
    needs.end_lane(scene.city.head_buyer, lane.pk)
    needs.declare(scene.requester, found[1].pk, PANEL, NO_INTEREST)
    sourcing = panel.start(scene.requester, found[1].pk, "rfq")
    panel.search(scene.requester, sourcing.pk, [BAKER], AROUND_M)
    drawn = draw.propose(scene.requester, sourcing.pk, 5)
    panel.keep(scene.requester, sourcing.pk, [each["siret"] for each in drawn.proposed[:3]])
    scene.tell(led=found[0].pk, glanced=found[1].pk)
