"""A purchase from its sentence to everyone told, made by the real actions, with one answer of each kind."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.journal import anchors
from sourcier.kernel.activities import Activity
from sourcier.law.advice import advise
from sourcier.mail.actions import file_exchange
from sourcier.mail.outbox import send_due
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import ASKING, CHOICE, NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.quotes import clocks, results
from sourcier.quotes.actions import answer as answering
from sourcier.quotes.actions import choose, evaluate, opening, tell
from sourcier.quotes.answer_rules import Answer, TypedPrice
from sourcier.quotes.models import Submission
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.sourcing.actions import closing, invite, panel, posting, questions, request
from sourcier.sourcing.models import Criterion, Invitation, Sourcing
from sourcier.spend.queries import propose_family
from sourcier.suppliers.actions import add_contact
from tests.cities import City
from tests.interests import declare_all
from tests.played import played_once
from tests.sourcing.stock import COOP, DEPOT, LEFORT, MATHILDE, PERRIER, WITHOUT_POINT, Shop
from tests.vault import papers

BEGUN = datetime(2026, 9, 14, 7, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
BAKER = Activity("NAFRev2", "10.71C")
SHOP = Activity("NAFRev2", "47.24Z")
LATE, REPLACED, WITHDRAWN, DRAFTED = "MARQUE-TARDIVE", "MARQUE-REMPLACEE", "MARQUE-RETIREE", "MARQUE-BROUILLON"
OPENED = "MARQUE-OUVERTE"
CLOSED_MARKS = (LATE, REPLACED, WITHDRAWN, DRAFTED)
ADDRESSES = {
    MATHILDE: "mathilde@pain.example", PERRIER: "contact@perrier.example", COOP: "coop@pain.example",
    DEPOT: "depot@pain.example",
}  # fmt: skip
FILED = (
    ("Tarif du moulin.pdf", "letter", papers.pdf_bytes() + b"\n% MOULIN"),
    ("Vitrine.jpg", "letter", papers.JPEG + b"VITRINE"),
    ("Précision.eml", "email", b"From: lefort@pain.example\nTo: achats@rosny.example\nSubject: Un mot\n\nFour en panne lundi."),
)
PIECES = ("crèche.jpg", "Fiche des crèches.pdf", *(name for name, _, _ in FILED), "devis signé.jpg")
WHY = "Meilleure note au total : le prix le plus bas, et une tournée qui passe avant 6 h 45."


@dataclass
class Purchase:
    """The stages, in order; `words` replaces what people type, so that hostile words can be tried everywhere."""

    city: City
    words: str = ""
    need: Need = field(init=False)
    sourcing: Sourcing = field(init=False)

    def said(self, text: str) -> str:
        """What somebody types: the usual words, or the hostile ones."""
        return self.words or text

    def at(self, days: float, hours: float = 0) -> Any:
        return time_machine.travel(BEGUN + timedelta(days=days, hours=hours), tick=True)

    def describe(self) -> None:
        city = self.city
        with self.at(0):
            need = needs.start(city.requester, self.said("Pain frais livré tous les jours avant 7h pour les crèches"))
            need = needs.save(
                city.requester, need.pk, need.version, what=self.said("Des baguettes fraîches, livrées chaque matin."),
                how_much=self.said("60 baguettes par jour"), where_note=self.said("Porte de service, sonnette du bas."),
                starts_on=datetime(2027, 1, 4).date(), ends_on=datetime(2027, 12, 31).date(), estimate_cents=16_000_00,
            )  # fmt: skip
            need = needs.set_places(city.requester, need.pk, {city.place.pk: self.said("60 baguettes")})
            needs.submit(city.requester, need.pk)
        with self.at(0, 3):
            need = needs.accept(city.buyer, need.pk)
            needs.save(city.buyer, need.pk, need.version, title=self.said("Pain frais des crèches"))
            needs.say(city.buyer, need.pk, self.said("Faut-il aussi du pain de mie ?"), [self._photo("crèche.jpg", "CRECHE")])
            needs.tick_activities(city.buyer, need.pk, [BAKER, SHOP])
            family = propose_family(city.organisation, [BAKER])
            rule = advise("supplies", 16_000_00, 2_450_00, timezone.localdate()).to_json()
            self.need = needs.keep_rule(city.buyer, need.pk, family, "supplies", rule)

    def ask(self) -> None:
        buyer = self.city.buyer
        with self.at(1):
            needs.declare(buyer, self.need.pk, PANEL, NO_INTEREST)
            self.sourcing = panel.start(buyer, self.need.pk, "rfq")
            panel.search(buyer, self.sourcing.pk, [BAKER, SHOP], 5_000)
            panel.keep(buyer, self.sourcing.pk, [shop.siret for shop in (*ADDRESSES, LEFORT)])
            panel.drop(buyer, self.sourcing.pk, WITHOUT_POINT.siret, self.said("Ne livre pas, d'après son site."))
            for shop, address in ADDRESSES.items():
                firm = self.city.organisation.firms.get(siret=shop.siret)
                if not firm.contacts.exists():
                    add_contact(buyer, firm.pk, "email", address, "", "Carte de visite")
            self._save_request()
            upload = SimpleUploadedFile("Fiche des crèches.pdf", papers.pdf_bytes())
            request.join_document(buyer, self.sourcing.pk, upload)
            evaluate.choose_reference(buyer, self.sourcing.pk, "estimate")
        with self.at(1, 2):
            declare_all(self.city, self.need.pk, ASKING, CHOICE)
            invite.send(buyer, self.sourcing.pk)
            self._post()
        with self.at(2):
            posting.print_letters(buyer, self.sourcing.pk)
            posting.mark_posted(buyer, self.invitation(LEFORT).pk, "posté au guichet de La Poste")

    def _save_request(self) -> None:
        self.sourcing.refresh_from_db()
        request.save_request(
            self.city.buyer, self.sourcing.pk, self.sourcing.version, title=self.said("Du pain pour les crèches"),
            trade="un boulanger", description=self.said("60 baguettes par jour, livrées avant 7 h. Une crèche suffit."),
            price_lines=[
                {"designation": self.said("Baguette de tradition"), "unit": "pièce", "quantity_milli": 13_800_000, "lot": None},
                {"designation": "Pain de mie tranché", "unit": "pièce", "quantity_milli": 460_000, "lot": None},
            ],
            criteria=[
                {"kind": "price", "label": "Prix", "weight": 40, "detail": "Le total hors taxes"},
                {"kind": "judged", "label": self.said("Qualité"), "weight": 40, "detail": self.said("Farine, cuisson")},
                {"kind": "judged", "label": "Livraison", "weight": 20, "detail": "Heure et régularité"},
            ],
            clauses={"taken": ["environment"], "reasons": {}},
            questions=[{"kind": "text", "text": self.said("À quelle heure livrez-vous ?"), "required": False}],
            price_formula="proportional", deadline=DEADLINE - timedelta(days=2),
        )  # fmt: skip

    def talk(self) -> None:
        """A question and its answer, a call written down, three papers dropped in, a later deadline."""
        buyer = self.city.buyer
        with self.at(4):
            asked = questions.ask(self.invitation(MATHILDE), self.said("Les sacs doivent-ils être en papier ?"))
        with self.at(5):
            questions.answer(buyer, asked.pk, self.said("Oui, en papier, sans marque."))
            file_exchange(
                buyer, self.need.pk, channel="phone", direction="in", occurred_at=timezone.now() - timedelta(hours=2),
                correspondent=self.said("M. Lefort"), summary=self.said("Il confirme avoir reçu la lettre."),
            )  # fmt: skip
            for name, channel, data in FILED:
                file_exchange(
                    buyer, self.need.pk, channel=channel, direction="in", occurred_at=timezone.now() - timedelta(hours=1),
                    correspondent=self.said("M. Lefort"), summary="", upload=SimpleUploadedFile(name, data),
                )  # fmt: skip
            invite.extend(buyer, self.sourcing.pk, DEADLINE, self.said("Deux jours de plus pour tous : jours fériés."))
            self._post()

    def answer(self) -> None:
        with self.at(6):
            answering.submit(self.invitation(MATHILDE), self._priced("1.20", REPLACED))
            draft = answering.draft(self.invitation(PERRIER))
            answering.add_document(draft, self._photo("brouillon.jpg", DRAFTED))
            answering.remove_document(draft, draft.documents.get().pk)
            answering.add_document(draft, self._photo("devis signé.jpg", OPENED))
            answering.submit(self.invitation(PERRIER), self._priced("1.05", self.said("Deux tournées.")), draft=draft)
        with self.at(7):
            answering.submit(self.invitation(MATHILDE), self._priced("0.95", self.said("Livré avant 6 h 45.")))
            answering.decline(self.invitation(LEFORT), "too_early", self.said("Nous ouvrons à 7 h."))
            answering.submit(self.invitation(DEPOT), self._priced("0.80", WITHDRAWN))
            answering.withdraw(self.invitation(DEPOT))
            self._post()
        with time_machine.travel(DEADLINE + timedelta(minutes=2), tick=True):
            draft = answering.draft(self.invitation(COOP))
            answering.add_document(draft, self._photo("trop tard.jpg", LATE))
            answering.submit(self.invitation(COOP), self._priced("0.70", LATE), draft=draft)

    def close(self) -> None:
        with time_machine.travel(DEADLINE + timedelta(minutes=3), tick=True):
            closing.close_due(timezone.now())
            self._post()

    def open(self) -> None:
        buyer = self.city.buyer
        with time_machine.travel(DEADLINE + timedelta(hours=3), tick=True):
            clocks.check_clocks(timezone.now())
            for agent in (buyer, self.city.second_buyer):  # two, where an authority says nothing of the time
                if not self.sourcing_now().opened_at:
                    opening.open_answers(agent, self.sourcing.pk)
            answers = {each.firm.siret: each for each in opened_submissions(self.sourcing_now())}
            asked = evaluate.clarify(buyer, answers[PERRIER.siret].pk, self.said("La livraison du lundi est-elle comprise ?"))
            evaluate.answer_clarification(self.invitation(PERRIER), asked.pk, self.said("Oui, comprise."))
            self._mark(answers)

    def _mark(self, answers: dict[str, Submission]) -> None:
        for agent, base in ((self.city.buyer, 70), (self.city.second_buyer, 76)):
            for siret in (MATHILDE.siret, PERRIER.siret):
                for criterion in self.sourcing.criteria.filter(kind=Criterion.Kind.JUDGED):
                    evaluate.score(agent, answers[siret].pk, criterion.pk, base, self.said("Goûté à deux."))
        first = self.sourcing.criteria.filter(kind=Criterion.Kind.JUDGED).first()
        assert first
        evaluate.score(
            self.city.buyer, answers[MATHILDE.siret].pk, first.pk, 82, self.said("Goûté encore."), self.said("Cuisson revue.")
        )

    def last_price(self, price: str) -> Submission:
        """Mathilde's last price, sealed again."""
        return answering.submit(self.invitation(MATHILDE), self._priced(price, "Dernier prix"))

    def choose(self) -> None:
        with time_machine.travel(DEADLINE + timedelta(days=1), tick=True):
            answers = {each.firm.siret: each for each in opened_submissions(self.sourcing_now())}
            best, second = answers[MATHILDE.siret], answers[PERRIER.siret]
            why = self.said(WHY) * (5 if self.words else 1)
            choose.choose(self.city.buyer, self.sourcing.pk, None, best.pk, second.pk, why)

    def tell(self) -> None:
        with time_machine.travel(DEADLINE + timedelta(days=1, hours=1), tick=True):
            parts = results.parts(self.city.buyer, self.sourcing_now())
            losers = {part.key: self.said("Son prix est plus élevé.") for part in parts if not part.won}
            for told in tell.tell_all(self.city.buyer, self.sourcing.pk, losers):
                if told.channel == "letter":
                    tell.mark_told(self.city.buyer, told.pk, self.said("Courrier posté le 2 octobre"))
            self._post()
        self.need.refresh_from_db()

    def sourcing_now(self) -> Sourcing:
        self.sourcing.refresh_from_db()
        return self.sourcing

    def invitation(self, shop: Shop) -> Invitation:
        return self.sourcing.invitations.select_related("firm", "sourcing").get(firm__siret=shop.siret)

    def _priced(self, price: str, note: str) -> Answer:
        lines = list(self.sourcing.price_lines.all())
        prices = tuple(TypedPrice(line.pk, int(Decimal(price) * 10_000) * (1 + 2 * n), 550) for n, line in enumerate(lines))
        question = self.sourcing.questions.get()
        return Answer(
            prices=prices, signer="Mathilde Durand", note=note, reservation=note, daily_maximum="120",
            replies={question.pk: note}, email=f"{note.lower()}@pain.example" if note in CLOSED_MARKS else "",
        )  # fmt: skip

    @staticmethod
    def _photo(name: str, mark: str) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, papers.JPEG + mark.encode())

    @staticmethod
    def _post() -> None:
        send_due(timezone.now())


@played_once
def asked_purchase(city: City, words: str = "") -> Purchase:
    """Everything until the questions: the request is out, nobody has answered."""
    made = Purchase(city, words)
    for stage in (made.describe, made.ask, made.talk):
        stage()
    return made


@played_once
def answered_purchase(city: City, words: str = "") -> Purchase:
    """The deadline has passed on one answer of each kind; nothing is opened."""
    made = asked_purchase(city, words)
    made.answer()
    made.close()
    return made


@played_once
def finished_purchase(city: City, words: str = "") -> Purchase:
    """Chosen, and everyone told."""
    made = answered_purchase(city, words)
    for stage in (made.open, made.choose, made.tell):
        stage()
    return made


def taken(purchase: Purchase, days: float = 3, *, for_third_party: bool = False) -> Export:
    """Its dossier, taken by the auditor some days after the deadline."""
    with time_machine.travel(DEADLINE + timedelta(days=days), tick=True):
        return build.take(purchase.city.auditor, purchase.need.pk, for_third_party=for_third_party)


def stamped_now(purchase: Purchase) -> bytes:
    """Its dossier, taken at the real time, which is that of the authority, who stamps it at once."""
    export = build.take(purchase.city.auditor, purchase.need.pk)
    assert anchors.take_due(timezone.now()) == 1
    return zipped(export)


def zipped(export: Export) -> bytes:
    out = BytesIO()
    build.write(export, out)
    return out.getvalue()


@played_once
def export_of(purchase: Purchase) -> Export:
    """The same, of a purchase to which nothing happened but its actions: neither a lost file nor another setting."""
    return taken(purchase)


@played_once
def dossier_of(purchase: Purchase, *, for_third_party: bool = False) -> bytes:
    """The same again, downloaded."""
    return zipped(taken(purchase, for_third_party=for_third_party))


def saved(export: Export, folder: Path, name: str = "dossier.zip") -> Path:
    file = folder / name
    file.write_bytes(zipped(export))
    return file


def operation(purchase: Purchase) -> UUID:
    return purchase.need.pk
