"""What the demonstration has not: each step of a purchase at once, made by the real actions beside the server that shows them.

`play()` runs in a process of its own, with the town's environment, and prints `{name: id or address}`.
"""

import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from sourcier.accounts.actions import (
    create_organisation,
    create_user,
    deactivate_user,
    grant,
    invite_user,
    set_opening,
    update_organisation,
)
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import Organisation, Role, User
from sourcier.dossier import build
from sourcier.ideas import actions as ideas
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.mail.actions import file_exchange
from sourcier.mail.receiving import receive
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import ASKING, CHOICE, NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.project.demo import bread
from sourcier.quotes.actions import answer as answering
from sourcier.quotes.actions import call, choose, evaluate, opening, tell
from sourcier.quotes.actions.contest import contest
from sourcier.quotes.actions.heard import hear_price
from sourcier.quotes.actions.paper import register_paper
from sourcier.quotes.answer_rules import Answer, TypedPrice
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import confirming
from sourcier.retention import actions as retention
from sourcier.retention.models import Clock
from sourcier.sourcing.actions import closing, draw, invite, notice, panel, posting, questions, request
from sourcier.sourcing.alert_stops import stop_address
from sourcier.sourcing.models import Invitation, Sourcing
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
from sourcier.suppliers.actions import add_contact, campaigns, give_key
from sourcier.suppliers.models import FirmKey
from sourcier.vault.actions import store, store_bytes
from sourcier.vocabulary import actions as vocabulary
from sourcier.web.sign_in import password_link
from tests.cities import City, siret
from tests.sourcing.scenes import BAKER, accepted_need
from tests.vault import papers

AROUND_M = 2_200
OPEN_AT_LEAST_S = 1.5
PATIENCE_S = 60.0
REFUSED_ADDRESS = "refusee@boulangers.example"

LOTS = ("Pain de tous les jours", "Viennoiserie du mercredi")
CRITERIA = [
    {"kind": "price", "label": "Prix", "weight": 40, "detail": "Le total hors taxes"},
    {"kind": "judged", "label": "Qualité", "weight": 40, "detail": "Farine, cuisson"},
    {"kind": "judged", "label": "Livraison", "weight": 20, "detail": "Heure et régularité"},
]
QUESTIONS = [
    {"kind": "text", "text": "À quelle heure livrez-vous ?", "required": False},
    {"kind": "choice", "text": "Votre pain est-il biologique ?", "choices": ["Oui", "Non", "En partie"], "required": True},
    {"kind": "file", "text": "Votre fiche technique, si vous en avez une", "required": False},
]
WHY = "Meilleure note au total : le prix le plus bas, et une tournée qui passe avant 6 h 45."


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
    """One method per moment; each puts what it made in `told`."""

    def __init__(self) -> None:
        self.city = town_of_the_demonstration()
        self.requester, self.buyer = self.city.requester, self.city.buyer
        self.told: dict[str, str] = {}
        self.open_for = timedelta(0)

    def tell(self, **told: object) -> None:
        self.told |= {name: str(value) for name, value in told.items()}

    # --- the demonstration's own -------------------------------------------------------------------------------------------

    def demonstration(self) -> None:
        """Its purchases, found again by their words."""
        done = Need.objects.get(sentence=bread.SENTENCE)
        winner = Submission.objects.filter(sourcing__need=done, state="received").earliest("received_at")
        self.tell(
            done=done.pk, done_firm=winner.firm_id, done_link=self.link(winner.invitation),
            submitted=Need.objects.get(sentence__startswith="Nettoyage des vitres").pk,
            blank=Need.objects.get(sentence__startswith="Des jeux d'eau").pk,
            samir=User.objects.get(email="samir@rosny.example").pk,
            department=self.city.department.pk, place=self.city.place.pk,
        )  # fmt: skip
        # Another than the one whose walk says « Ne plus m'écrire ».
        answered = winner.sourcing.submissions.filter(state="received", invitation__channel="email")
        other = answered.exclude(firm=winner.firm_id).order_by("pk")[0].invitation
        key = give_key(self.buyer, other.firm_id, "Kbis, au guichet")
        self.tell(place_link=reverse("firm_open", args=[tokens.token(key.seed)]))
        self.tell(alerts_stop=urlsplit(stop_address(key.firm)).path)
        self.ideas(key)
        bread_family = Family.objects.get(organisation=self.city.organisation, code="10.01")
        made = campaigns.make(self.buyer, bread_family.label, [Activity(NAF_REV2, "10.71C")], 5_000)
        self.tell(
            campaign=reverse("campaign", args=[made.pk]), campaign_new=reverse("campaign_new", args=[bread_family.pk]),
        )  # fmt: skip
        with override_settings(REPLY_TO="reponse@rosny.example"):
            mail = b"From: Fournil du Lac <fournil@lac.example>\r\nSubject: Notre devis\r\n\r\nBonjour, voici nos prix."
            lost = receive(mail, "reponse@rosny.example", sender="fournil@lac.example", at=timezone.now())
        self.tell(mail=reverse("tray_mail", args=[lost.pk]))
        add_rule(
            self.city.head_buyer, kinds=["supplies"], from_cents=5_000_00, first=timezone.localdate(),
            sentence="Demandez un devis à trois entreprises.", basis="Guide de l'achat de la Ville, 2026",
        )  # fmt: skip
        self.tell(orders_given=self.orders("donné.csv"), orders_read=self.orders("lu.csv", read=True))
        self.contracts()
        self.words()
        self.tell(family=f"/familles/nomenclature/{bread_family.pk}/")
        filed = file_exchange(
            self.buyer, done.pk, channel="letter", direction="in", occurred_at=timezone.now() - timedelta(days=1),
            correspondent="M. Lefort", summary="Il remercie de l'avoir interrogé.", upload=paper("Lettre de M. Lefort.pdf"),
        )  # fmt: skip
        export = build.take(self.city.auditor, done.pk)
        retention.hold(self.city.head_buyer, done.pk, "Recours devant le tribunal administratif")
        clock = Clock.objects.filter(operation_id=done.pk).first()
        self.tell(
            retention_erase=reverse("retention_erase", args=[clock.pk if clock else done.pk]),
            exchange_document=reverse("exchange_document", args=[done.pk, filed.file_id]),
            dossier_download=reverse("dossier_download", args=[done.pk, export.pk]),
            dossier_seda=reverse("dossier_seda", args=[done.pk, export.pk]),
        )

    def ideas(self, key: FirmKey) -> None:
        """One to answer, with its document; one answered, whose author no e-mail reaches."""
        told = ideas.Told("Réparer les vélos des agents", trade="vélos", email="lyon@velo.example")
        waiting = ideas.propose(self.city.organisation, told, paper("Atelier.pdf"), "")
        answered = ideas.propose_as(key, ideas.Told("Un petit-déjeuner pour les écoles"), None)
        ideas.answer(self.buyer, answered.pk, "Merci. Appelez-nous en janvier.")
        self.tell(
            slug=self.city.organisation.slug, idea=reverse("idea", args=[waiting.pk]),
            idea_to_tell=reverse("idea", args=[answered.pk]),
        )  # fmt: skip

    def words(self) -> None:
        """A phrase of the city, one suggested, and a draft whose sentence says two needs."""
        bakery = Activity(NAF_REV2, "10.71C")
        vocabulary.add(self.city.head_buyer, "pain de la kermesse", bakery)
        two = needs.start(self.requester, "du pain pour les crèches et réparer l'ascenseur")
        with transaction.atomic():
            vocabulary.hear(self.city.organisation, two.pk, two.reference, "barrières pour la brocante", [bakery])
        self.tell(two=two.pk)

    # --- needs -------------------------------------------------------------------------------------------------------------

    def orders(self, name: str, read: bool = False) -> str:
        """An export of the finance software, with a line that says nothing."""
        data = "Date;Tiers;Objet;Montant HT\n05/03/2026;Fournil;Pain;120\n06/03/2026;Fournil;Brioche;30\n07/03/2026;;;\n"
        data += "09/03/2026;Rondin;40 CHAISES PLIANTES;36000\n23/03/2026;Lac;Chaises pliantes;37500\n"
        batch = hand_over(self.buyer, store_bytes(self.city.organisation.pk, (data + "\n" * read).encode(), name))
        if read:
            choose_columns(self.buyer, batch.pk, {Column(column): place for column, place in batch.columns.items()})
            import_waiting(timezone.now())
        return reverse("orders_batch", args=[batch.pk])

    def contracts(self) -> None:
        """A list of running contracts given, one read, with a line that says nothing; bread ends soon."""
        end = timezone.localdate() + timedelta(days=60)
        data = f"Objet;Titulaire;Fin;Maximum;Familles\nPain des fêtes;Fournil;{end:%d/%m/%Y};9000;10.01\n;;;;\nSel;;;;\n"
        given = [
            hand_over_contracts(self.buyer, store_bytes(self.city.organisation.pk, (data + extra).encode(), "Marchés.csv"))
            for extra in ("", "Sable;Mines;01/01/2099;;\n")
        ]
        read = given[1]
        import_contracts(self.buyer, read.pk, {ContractColumn(name): place for name, place in read.columns.items()})
        contract = RunningContract.objects.get(organisation=self.city.organisation, object="Pain des fêtes")
        self.tell(
            contracts_given=reverse("contracts_batch", args=[given[0].pk]),
            contracts_read=reverse("contracts_batch", args=[read.pk]),
            contract=reverse("contract", args=[contract.pk]),
        )

    def needs(self) -> None:
        """One begun, with a file and lots; one sent back; one accepted, with lots; one that takes its family over the limit."""
        begun = needs.start(self.requester, "Du pain et des viennoiseries pour la fête des crèches")
        begun = needs.set_lots(self.requester, begun.pk, LOTS)
        said = needs.say(self.requester, begun.pk, "Voici la liste de l'an dernier.", [paper("Liste de l'an dernier.pdf")])
        returned = needs.start(self.requester, "Un goûter pour la réunion des familles")
        returned = needs.save(
            self.requester, returned.pk, returned.version, unknown=["what", "how_much", "where", "when", "estimate"]
        )
        needs.submit(self.requester, returned.pk)
        needs.send_back(self.buyer, returned.pk, "Dites pour combien de familles, et quel jour.")
        needs.say(self.buyer, returned.pk, "Appelez-moi si vous hésitez.")
        accepted = accepted_need(self.city)
        needs.set_lots(self.buyer, accepted.pk, LOTS)
        crossing = accepted_need(self.city)
        crossing = needs.save(self.buyer, crossing.pk, crossing.version, estimate_cents=70_000_00)
        bread_family = Family.objects.get(organisation=self.city.organisation, code="10.01")
        needs.keep_rule(self.buyer, crossing.pk, bread_family, "supplies", {})
        file = said.files.get()
        self.tell(
            crossing=crossing.pk,
            begun=begun.pk,
            returned=returned.pk,
            accepted=accepted.pk,
            need_file=reverse("need_file", args=[begun.pk, file.pk]),
        )

    def of_a_department(self) -> None:
        """Two purchases that their department leads, with a buyer's glance: one just sent, one whose request is ready."""
        bread = Family.objects.get(organisation=self.city.organisation, code="10.01")
        lane = needs.add_lane(self.city.head_buyer, lane="glance", up_to_cents=500_00, family=bread, opener="author")
        found = []
        for _ in range(2):
            need = needs.start(self.requester, "Pain frais pour le goûter des crèches")
            unknown = ["what", "how_much", "when"]
            needs.save(self.requester, need.pk, need.version, unknown=unknown, estimate_cents=400_00)
            needs.set_places(self.requester, need.pk, {self.city.place.pk: ""})
            needs.tick_activities(self.requester, need.pk, [BAKER])
            found.append(needs.submit(self.requester, need.pk))
        needs.end_lane(self.city.head_buyer, lane.pk)
        needs.declare(self.requester, found[1].pk, PANEL, NO_INTEREST)
        sourcing = panel.start(self.requester, found[1].pk, "rfq")
        panel.search(self.requester, sourcing.pk, [BAKER], AROUND_M)
        drawn = draw.propose(self.requester, sourcing.pk, 5)
        panel.keep(self.requester, sourcing.pk, [each["siret"] for each in drawn.proposed[:3]])
        self.tell(led=found[0].pk, glanced=found[1].pk)

    # --- requests ----------------------------------------------------------------------------------------------------------

    def written(self, kind: str = "rfq", lots: tuple[str, ...] = (), asking: bool = True) -> Sourcing:
        """A request ready to leave, with its document and the bakers around."""
        need = accepted_need(self.city)
        needs.set_lots(self.buyer, need.pk, lots)
        needs.declare(self.buyer, need.pk, PANEL, NO_INTEREST)
        sourcing = panel.start(self.buyer, need.pk, kind)
        told: dict[str, Any] = {"questions": QUESTIONS if asking else []} | ({"criteria": CRITERIA} if kind == "rfq" else {})
        request.save_request(
            self.buyer, sourcing.pk, sourcing.version, title="Du pain pour la crèche du Centre", trade="un boulanger",
            description="60 baguettes fraîches par jour, livrées avant 7 h.", **told,
        )  # fmt: skip
        panel.search(self.buyer, sourcing.pk, [BAKER], AROUND_M)
        kept = panel.keep_all(self.buyer, sourcing.pk)
        panel.drop(self.buyer, sourcing.pk, kept[-1].firm.siret, "Ne livre pas, d'après son site.")
        request.join_document(self.buyer, sourcing.pk, paper("Fiche des crèches.pdf"))
        return sourcing

    def sent(self, **written: Any) -> Sourcing:
        sourcing = self.written(**written)
        evaluate.choose_reference(self.buyer, sourcing.pk, "none")
        sourcing.refresh_from_db()
        request.save_request(self.buyer, sourcing.pk, sourcing.version, deadline=timezone.now() + self.open_for)
        self.leave(sourcing)
        sourcing.refresh_from_db()
        return sourcing

    def leave(self, sourcing: Sourcing) -> None:
        """Sent, once each has declared his interests."""
        for agent in (self.buyer, self.city.head_buyer, self.city.requester):
            needs.declare(agent, sourcing.need_id, ASKING, NO_INTEREST)
        invite.send(self.buyer, sourcing.pk)

    def draft(self) -> None:
        """A request not sent yet. The time it takes tells how long this machine needs to send one and to hear of it."""
        began = time.monotonic()
        sourcing = self.written()
        self.open_for = timedelta(seconds=OPEN_AT_LEAST_S + 3 * (time.monotonic() - began))
        document = sourcing.documents.get()
        self.tell(draft=sourcing.need_id, request_document=reverse("request_document", args=[sourcing.need_id, document.pk]))

    def waiting(self) -> None:
        """A request that is out: letters to post, an address that fails, questions, a firm kept since, a visitor."""
        sourcing = self.written()
        wrong = sourcing.candidates.filter(state="kept", firm__contacts=None).order_by("distance_m", "pk")[0]
        add_contact(self.buyer, wrong.firm_id, "email", REFUSED_ADDRESS, "", "Carte de visite")
        sourcing.refresh_from_db()
        self.leave(sourcing)
        first = self.by_email(sourcing)[0]
        self.talk(sourcing, first)
        self.tell(confirm_link=self.replied(sourcing, first))
        posted = self.by_letter(sourcing)[0]
        posting.mark_posted(self.buyer, posted.pk, "posté au guichet de La Poste")
        dropped = sourcing.candidates.exclude(state="kept").get()
        panel.keep(self.buyer, sourcing.pk, [dropped.firm.siret])
        visit = notice.come(sourcing, siret(1), "avis@boulangers.example", "Le fournil d'ailleurs")
        self.tell(
            asked=sourcing.need_id, notice=sourcing.notice_slug, link=self.link(first),
            notice_confirm=reverse("notice_confirm", args=[tokens.token(visit.seed)]),
            exchange_letter=reverse("exchange_letter", args=[sourcing.need_id, posted.pk]),
            firm_document=reverse("firm_document", args=[sourcing.documents.get().file_id]),
        )  # fmt: skip
        refused = sourcing.invitations.filter(address=REFUSED_ADDRESS, state="failed")
        self.awaited = refused.exists

    def replied(self, sourcing: Sourcing, other: Invitation) -> str:
        """Another firm replied to its e-mail: the link that its acknowledgement brings."""
        asked = next(each for each in self.by_email(sourcing) if each != other and each.address != REFUSED_ADDRESS)
        token = tokens.reply_token(asked.seed)
        Invitation.objects.filter(pk=asked.pk).update(reply_hmac=tokens.reply_hmac(token))
        mail = EmailMessage()
        mail["From"], mail["Subject"] = f"Le fournil <{asked.address}>", "Re: Du pain"
        mail.set_content("Voici mon devis.")
        mail.add_attachment(papers.pdf_bytes(), maintype="application", subtype="pdf", filename="devis.pdf")
        with override_settings(REPLY_TO="reponse@rosny.example"):
            receive(mail.as_bytes(), f"reponse+{token}@rosny.example", sender=asked.address, at=timezone.now())
        return urlsplit(confirming.link(asked.submissions.get())).path

    def talk(self, sourcing: Sourcing, invitation: Invitation) -> None:
        answered = questions.ask(invitation, "Les sacs doivent-ils être en papier ?")
        questions.answer(self.buyer, answered.pk, "Oui, en papier, sans marque.")
        questions.ask(invitation, "Peut-on livrer la veille au soir ?")
        call.record(self.buyer, call.ask(invitation, "06 12 34 56 78", "noon").pk, "missed")
        sourcing.refresh_from_db()
        later = (sourcing.deadline or timezone.now()) + timedelta(days=2)
        invite.extend(self.buyer, sourcing.pk, later, "Deux jours de plus pour tous : jours fériés.")

    def on_a_telephone(self) -> None:
        """A request of one price, out, and how three of its firms come to it; each of the others has a link."""
        sourcing = self.written(asking=False)
        self.leave(sourcing)
        linked, kept, shared = self.by_email(sourcing)[:3]
        scanned, typed = self.by_letter(sourcing)[:2]
        self.tell(
            by_link=self.link(linked), by_qr=self.link(scanned), by_code=tokens.code(typed.seed), by_photo=self.link(kept),
            by_nobody=self.link(shared), by_photo_invitation=kept.pk.hex,
        )  # fmt: skip

    # --- after the deadline ------------------------------------------------------------------------------------------------

    def answered(self, stranger: bool = False, **sent: Any) -> Sourcing:
        """Two answers, the second by letter, with a document and a reservation; a refusal; all in time."""
        sourcing = self.sent(**sent)
        first, third, *_ = self.by_email(sourcing)
        second = self.by_letter(sourcing)[0]
        self.submit(first, 9_500)
        begun = answering.draft(second)
        answering.add_document(begun, paper("Devis signé.pdf"))
        self.submit(second, 10_400, begun, reservation="Fermé la première semaine d'août.")
        answering.decline(third, "too_early", "Nous ouvrons à 7 h.", received_at=sourcing.sent_at)
        if stranger:
            visit = notice.come(sourcing, siret(2), "ailleurs@boulangers.example", "Le fournil de la gare")
            self.submit(notice.confirm(tokens.token(visit.seed)), 9_900)
            self.tell(stranger=visit.sourcing.invitations.get(channel="notice").firm_id)
        return sourcing

    def submit(self, invitation: Invitation, price_e4: int, draft: Submission | None = None, **more: str) -> None:
        sourcing = invitation.sourcing
        lines = () if sourcing.kind == "rfi" else sourcing.price_lines.all()
        chosen = {question.pk: "Oui" for question in sourcing.questions.filter(kind="choice")}
        prices = tuple(TypedPrice(line.pk, price_e4, 550) for line in lines)
        said = Answer(prices=prices, signer="Mathilde D.", note="Livré avant 6 h 45.", replies=chosen, **more)
        answering.submit(invitation, said, draft=draft, received_at=sourcing.sent_at)

    def after_the_deadline(self) -> None:
        """Requests closed at about the same time, then each brought to its own step."""
        self.two_open_from(0)
        closed = self.answered()
        self.two_open_from(4_000_000)
        opened = self.answered()
        envelope = register_paper(  # at once: its deadline is some seconds away
            self.buyer, self.by_letter(opened)[1].pk, SimpleUploadedFile("enveloppe.jpg", papers.JPEG), timezone.now(), "Coffre"
        )
        contest(envelope, "Mon devis disait deux tournées.")
        chosen, stopped = self.answered(), self.answered()
        lots, learned = self.answered(lots=LOTS), self.answered(kind="rfi", stranger=True)
        alone = self.sent()
        self.submit(self.by_email(alone)[0], 9_900)
        hear_price(self.city.requester, lots.pk, "Au marché, le gérant me l'a dit.")
        requests = (closed, opened, chosen, stopped, lots, learned, alone)
        deadline = max(each.deadline for each in requests if each.deadline)
        wait(lambda: timezone.now() > deadline, "the deadline")
        closing.close_due(timezone.now())
        for each in requests:  # of the first, a second person must agree
            with suppress(Refused):  # the server may have opened it by itself
                opening.open_answers(self.buyer, each.pk)
        evaluate.ask_last_price(self.buyer, lots.pk, [self.quotes(lots)[0].pk], timezone.now() + timedelta(seconds=1))
        best, second = self.marked(chosen)
        for each in (chosen, alone):
            needs.declare(self.buyer, each.need_id, CHOICE, NO_INTEREST)
        choose.choose(self.buyer, chosen.pk, None, best.pk, second.pk, WHY)
        choose.end_without_choice(self.buyer, stopped.pk, "Les crèches feront leur pain.", close_need=False)
        tell.tell_all(self.buyer, stopped.pk, {})
        self.evaluated(opened)
        [only] = self.marked(alone)
        choose.choose(self.buyer, alone.pk, None, only.pk, None, WHY)
        self.tell(
            alone=alone.need_id,
            envelope=envelope.pk, paper_link=self.link(envelope.invitation), paper_number=envelope.receipt_number,
            closed=closed.need_id, chosen=chosen.need_id, stopped=stopped.need_id, lots=lots.need_id, learned=learned.need_id,
            choice_lot=reverse("choice_lot", args=[lots.need_id, lots.need.lots.earliest("number").pk]),
            late_link=self.link(self.by_email(closed)[2]),
        )  # fmt: skip

    def two_open_from(self, cents: int) -> None:
        members = [self.buyer.id, self.city.head_buyer.id]
        set_opening(self.city.head_buyer, from_cents=cents, days=3, members=members, substitutes=[])

    def marked(self, sourcing: Sourcing) -> list[Submission]:
        quotes = self.quotes(sourcing)
        for each in quotes:
            for criterion in sourcing.criteria.filter(kind="judged"):
                evaluate.score(self.buyer, each.pk, criterion.pk, 80, "Goûté à deux.")
        return quotes

    def evaluated(self, sourcing: Sourcing) -> None:
        """Marked once, and one firm asked twice to make its answer clear: it will answer once."""
        second = self.quotes(sourcing)[1]
        criterion = sourcing.criteria.filter(kind="judged")[0]
        evaluate.score(self.buyer, second.pk, criterion.pk, 80, "Goûté à deux.")
        asked = evaluate.clarify(self.buyer, second.pk, "La livraison du lundi est-elle comprise ?")
        evaluate.clarify(self.buyer, second.pk, "Qui appeler si la tournée a du retard ?")
        document = second.documents.get()
        self.tell(
            opened=sourcing.need_id, answer=second.pk, clarified_link=self.link(second.invitation),
            answer_file=reverse("answer_file", args=[sourcing.need_id, second.pk, document.file_id]),
            firm_clarification=reverse("firm_clarification", args=[asked.pk]),
        )  # fmt: skip

    @staticmethod
    def quotes(sourcing: Sourcing) -> list[Submission]:
        return list(sourcing.submissions.filter(state="received").exclude(kind="decline").order_by("created_at"))

    @staticmethod
    def by_letter(sourcing: Sourcing) -> list[Invitation]:
        return list(sourcing.invitations.filter(channel="letter").select_related("sourcing", "firm").order_by("firm__siret"))

    @staticmethod
    def by_email(sourcing: Sourcing) -> list[Invitation]:
        return list(
            sourcing.invitations.filter(channel="email")
            .exclude(address=REFUSED_ADDRESS)
            .select_related("sourcing", "firm")
            .order_by("address")
        )

    @staticmethod
    def link(invitation: Invitation) -> str:
        return reverse("firm_open", args=[tokens.token(invitation.seed)])

    # --- people ------------------------------------------------------------------------------------------------------------

    def people(self) -> None:
        """Someone of two organisations, someone gone, someone who forgot a password, someone with a second code; and a logo."""
        organisation = self.city.organisation
        school = create_organisation(
            name="Caisse des écoles de Rosny-sous-Bois", slug="caisse", siret=siret(93), address="20 rue Claude-Pernès",
            postal_code="93110", commune_code="93064", commune="Rosny-sous-Bois", lat_e6=48_870_700, lon_e6=2_485_500,
            email="caisse@rosny.example", phone="01 99 00 00 02", phone_hours="de 9 h à 17 h", fictitious=True,
        )  # fmt: skip
        made = {}
        for first, name in (("lea", "Léa Martin"), ("ines", "Inès Dubois"), ("fred", "Fred Morel"), ("tom", "Tom Garnier")):
            made[first] = create_user(organisation, email=f"{first}@rosny.example", name=name)
            grant(organisation, made[first], Role.BUYER)
        # The password of the demonstration, hashed once for all: one more takes half a second and protects nobody.
        User.objects.filter(pk__in=[user.pk for user in made.values()]).update(password=self.buyer.user.password)
        grant(school, made["lea"], Role.HEAD_BUYER)
        invited, _ = invite_user(self.city.admin, email="nina@rosny.example", name="Nina Haddad", role=Role.BUYER)
        deactivate_user(self.city.admin, made["ines"].pk)
        picture = io.BytesIO()
        Image.new("RGB", (120, 60), "#0b6e69").save(picture, "PNG")
        logo = store(organisation.pk, SimpleUploadedFile("logo.png", picture.getvalue()))
        update_organisation(self.city.head_buyer, logo_file_id=logo.pk, logo=logo)
        self.tell(
            new_password=urlsplit(password_link(User.objects.get(pk=made["fred"].pk))).path,
            gone=made["ines"].pk,
            invited=invited.pk,
            city_logo=reverse("city_logo", args=[logo.pk]),
        )


def play() -> None:
    scene = Scene()
    scene.demonstration()
    scene.needs()
    scene.of_a_department()
    scene.draft()
    scene.waiting()
    scene.on_a_telephone()
    scene.after_the_deadline()
    scene.people()
    wait(scene.awaited, "the refusal of an address")
    json.dump(scene.told, sys.stdout)
