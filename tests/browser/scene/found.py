"""What the demonstration has, and what surrounds its purchases: ideas, words, orders, contracts, the tray."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.models import User
from sourcier.dossier import build
from sourcier.ideas import actions as ideas
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.mail.actions import file_exchange
from sourcier.mail.receiving import receive
from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.project.demo import bread
from sourcier.quotes.models import Submission
from sourcier.retention import actions as retention
from sourcier.retention.models import Clock
from sourcier.sourcing.alert_stops import stop_address
from sourcier.spend.actions import (
    add_rule,
    choose_columns,
    hand_over,
    hand_over_contracts,
    import_contracts,
    import_waiting,
)
from sourcier.spend.importing.contracts import Column as ContractColumn
from sourcier.spend.importing.lines import Column
from sourcier.spend.models import Family, RunningContract
from sourcier.suppliers import tokens
from sourcier.suppliers.actions import campaigns, give_key
from sourcier.suppliers.models import FirmKey
from sourcier.vault.actions import store_bytes
from sourcier.vocabulary import actions as vocabulary
from tests.browser.scene.stage import Scene, link, paper


def demonstration(scene: Scene) -> None:
    """Its purchases, found again by their words."""
    done = Need.objects.get(sentence=bread.SENTENCE)
    winner = Submission.objects.filter(sourcing__need=done, state="received").earliest("received_at")
    scene.tell(
        done=done.pk, done_firm=winner.firm_id, done_link=link(winner.invitation),
        submitted=Need.objects.get(sentence__startswith="Nettoyage des vitres").pk,
        blank=Need.objects.get(sentence__startswith="Des jeux d'eau").pk,
        samir=User.objects.get(email="samir@rosny.example").pk,
        department=scene.city.department.pk, place=scene.city.place.pk,
        named=needs.start(scene.requester, winner.firm.siret).pk,
    )  # fmt: skip
    # Another than the one whose walk says « Ne plus m'écrire ».
    answered = winner.sourcing.submissions.filter(state="received", invitation__channel="email")
    other = answered.exclude(firm=winner.firm_id).order_by("pk")[0].invitation
    key = give_key(scene.buyer, other.firm_id, "Kbis, au guichet")
    scene.tell(place_link=reverse("firm_open", args=[tokens.token(key.seed)]))
    scene.tell(alerts_stop=urlsplit(stop_address(key.firm)).path)
    ideas_received(scene, key)
    bread_family = Family.objects.get(organisation=scene.city.organisation, code="10.01")
    made = campaigns.make(scene.buyer, bread_family.label, [Activity(NAF_REV2, "10.71C")], 5_000)
    scene.tell(
        campaign=reverse("campaign", args=[made.pk]), campaign_new=reverse("campaign_new", args=[bread_family.pk]),
    )  # fmt: skip
    with override_settings(REPLY_TO="reponse@rosny.example"):
        mail = b"From: Fournil du Lac <fournil@lac.example>\r\nSubject: Notre devis\r\n\r\nBonjour, voici nos prix."
        lost = receive(mail, "reponse@rosny.example", sender="fournil@lac.example", at=timezone.now())
    scene.tell(mail=reverse("tray_mail", args=[lost.pk]))
    add_rule(
        scene.city.head_buyer, kinds=["supplies"], from_cents=5_000_00, first=timezone.localdate(),
        sentence="Demandez un devis à trois entreprises.", basis="Guide de l'achat de la Ville, 2026",
    )  # fmt: skip
    scene.tell(orders_given=orders_given(scene, "donné.csv"), orders_read=orders_given(scene, "lu.csv", read=True))
    contracts_given(scene)
    words_of_the_city(scene)
    scene.tell(family=f"/familles/nomenclature/{bread_family.pk}/")
    filed = file_exchange(
        scene.buyer, done.pk, channel="letter", direction="in", occurred_at=timezone.now() - timedelta(days=1),
        correspondent="M. Lefort", summary="Il remercie de l'avoir interrogé.", upload=paper("Lettre de M. Lefort.pdf"),
    )  # fmt: skip
    export = build.take(scene.city.auditor, done.pk)
    retention.hold(scene.city.head_buyer, done.pk, "Recours devant le tribunal administratif")
    clock = Clock.objects.filter(operation_id=done.pk).first()
    scene.tell(
        retention_erase=reverse("retention_erase", args=[clock.pk if clock else done.pk]),
        exchange_document=reverse("exchange_document", args=[done.pk, filed.file_id]),
        dossier_download=reverse("dossier_download", args=[done.pk, export.pk]),
        dossier_seda=reverse("dossier_seda", args=[done.pk, export.pk]),
    )


def ideas_received(scene: Scene, key: FirmKey) -> None:
    """One to answer, with its document; one answered, whose author no e-mail reaches."""
    told = ideas.Told("Réparer les vélos des agents", trade="vélos", email="lyon@velo.example")
    waiting = ideas.propose(scene.city.organisation, told, paper("Atelier.pdf"), "")
    answered = ideas.propose_as(key, ideas.Told("Un petit-déjeuner pour les écoles"), None)
    ideas.answer(scene.buyer, answered.pk, "Merci. Appelez-nous en janvier.")
    scene.tell(
        slug=scene.city.organisation.slug, idea=reverse("idea", args=[waiting.pk]),
        idea_to_tell=reverse("idea", args=[answered.pk]),
    )  # fmt: skip


def words_of_the_city(scene: Scene) -> None:
    """A phrase of the city, one suggested, and a draft whose sentence says two needs."""
    bakery = Activity(NAF_REV2, "10.71C")
    vocabulary.add(scene.city.head_buyer, "pain de la kermesse", bakery)
    two = needs.start(scene.requester, "du pain pour les crèches et réparer l'ascenseur")
    with transaction.atomic():
        vocabulary.hear(scene.city.organisation, two.pk, two.reference, "barrières pour la brocante", [bakery])
    scene.tell(two=two.pk)


def orders_given(scene: Scene, name: str, read: bool = False) -> str:
    """An export of the finance software, with a line that says nothing."""
    data = "Date;Tiers;Objet;Montant HT\n05/03/2026;Fournil;Pain;120\n06/03/2026;Fournil;Brioche;30\n07/03/2026;;;\n"
    data += "09/03/2026;Rondin;40 CHAISES PLIANTES;36000\n23/03/2026;Lac;Chaises pliantes;37500\n"
    batch = hand_over(scene.buyer, store_bytes(scene.city.organisation.pk, (data + "\n" * read).encode(), name))
    if read:
        choose_columns(scene.buyer, batch.pk, {Column(column): place for column, place in batch.columns.items()})
        import_waiting(timezone.now())
    return reverse("orders_batch", args=[batch.pk])


def contracts_given(scene: Scene) -> None:
    """A list of running contracts given, one read, with a line that says nothing; bread ends soon."""
    end = timezone.localdate() + timedelta(days=60)
    data = f"Objet;Titulaire;Fin;Maximum;Familles\nPain des fêtes;Fournil;{end:%d/%m/%Y};9000;10.01\n;;;;\nSel;;;;\n"
    given = [
        hand_over_contracts(scene.buyer, store_bytes(scene.city.organisation.pk, (data + extra).encode(), "Marchés.csv"))
        for extra in ("", "Sable;Mines;01/01/2099;;\n")
    ]
    read = given[1]
    import_contracts(scene.buyer, read.pk, {ContractColumn(name): place for name, place in read.columns.items()})
    contract = RunningContract.objects.get(organisation=scene.city.organisation, object="Pain des fêtes")
    scene.tell(
        contracts_given=reverse("contracts_batch", args=[given[0].pk]),
        contracts_read=reverse("contracts_batch", args=[read.pk]),
        contract=reverse("contract", args=[contract.pk]),
    )
