"""« Pain frais livré tous les jours avant 7h pour les crèches »: the whole path, through the real actions and a real server."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from re import search

from django.core.management import call_command
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.kernel.activities import Activity
from sourcier.matching.engine import match
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import ASKING, CHOICE, NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.needs.queries import rule_of_day, words
from sourcier.project.demo.city import DemoCity
from sourcier.project.demo.smtp_sink import SmtpSink
from sourcier.project.demo.telephone import Telephone
from sourcier.quotes import results
from sourcier.quotes.actions import choose, evaluate, tell
from sourcier.quotes.models import Notification
from sourcier.quotes.queries.comparison import compare, opened_submissions
from sourcier.sourcing.actions import invite, panel, posting, request
from sourcier.sourcing.letter import invitation_letters
from sourcier.sourcing.models import Candidate, Invitation, Sourcing
from sourcier.spend.queries import propose_family
from sourcier.suppliers.actions.contacts import add_contact

SENTENCE = "Pain frais livré tous les jours avant 7h pour les crèches"
RADIUS_M = 5_000
OPEN_AT_LEAST_S = 2.0
PATIENCE_S = 60.0
BAGUETTES = 60 * 230
WHY = (
    "Meilleure note au total des trois critères annoncés : le prix le plus bas, et une tournée qui passe par les huit crèches "
    "avant 6 h 45."
)


class DemoFailed(RuntimeError):
    """A step did not give what it must."""


@dataclass(frozen=True)
class Baker:
    """What one firm types on its telephone; `late` sends after the deadline."""

    price: str
    fields: dict[str, str] = field(default_factory=dict)
    late: bool = False


BAKERS = (
    Baker("0,98", {"vat": "included-550", "signer": "Mathilde D."}),
    Baker("0,88", {"vat": "excluded", "rate": "550", "signer": "Karim B.", "note": "Deux tournées, à 5 h 30 et à 6 h 15."}),
    Baker("1,05", {"vat": "exempt", "signer": "Jeanne L.", "reservation": "Oui, mais fermé la première semaine d'août."}),
    Baker("0,79", {"vat": "included-550", "signer": "Paul R."}, late=True),
)


def wait(until: Callable[[], bool], what: str) -> None:
    """Look again until it is so. Raises `DemoFailed` with what was awaited."""
    limit = time.monotonic() + PATIENCE_S
    while not until():
        if time.monotonic() > limit:
            raise DemoFailed(f"Après {PATIENCE_S:.0f} s, {what} n'est toujours pas là.")
        time.sleep(0.1)


class Bread:
    """The steps in order; each returns the sentence printed beside its time."""

    def __init__(self, city: DemoCity, sink: SmtpSink, site: str, folder: Path, slowness_s: float) -> None:
        """`slowness_s`: the seconds that this machine took to build the city; three firms need about as much to answer."""
        self.city, self.sink, self.site, self.folder = city, sink, site, folder
        self.open_for = timedelta(seconds=OPEN_AT_LEAST_S + 1.5 * slowness_s)
        self.denise, self.bruno, self.aude = (city.people[name] for name in ("denise", "bruno", "aude"))
        self.need: Need
        self.sourcing: Sourcing
        self.late: Telephone

    def say_the_need(self) -> str:
        need = needs.start(self.denise, SENTENCE)
        need = needs.save(
            self.denise, need.pk, need.version,
            what="Baguettes de tradition, cuites du matin, livrées en sac papier.",
            how_much="60 baguettes par jour, du lundi au vendredi",
            starts_on=date(2027, 1, 4), ends_on=date(2027, 12, 24), estimate_cents=16_000_00,
        )  # fmt: skip
        need = needs.set_places(self.denise, need.pk, {place.pk: "entre 6 et 9 baguettes" for place in self.city.nurseries})
        self.need = needs.submit(self.denise, need.pk)
        return f"{self.need.reference}, {len(self.city.nurseries)} crèches"

    def match(self) -> str:
        needs.accept(self.bruno, self.need.pk)
        self.need.refresh_from_db()
        found = match(words(self.need))
        ticked = [each.activity for each in found.activities[:5] if each.activity.code in ("10.71C", "47.24Z")]
        if Activity("NAFRev2", "10.71C") not in ticked:
            raise DemoFailed("La boulangerie n'est pas parmi les cinq premières activités.")
        needs.tick_activities(self.bruno, self.need.pk, ticked)
        codes = ", ".join(f"{each.activity.code} ({', '.join(each.words)})" for each in found.activities[:2])
        return f"{codes} ; sûr : {'oui' if found.sure else 'non'}"

    def read_the_rule(self) -> str:
        self.need.refresh_from_db()
        family = propose_family(self.city.organisation, [Activity("NAFRev2", "10.71C")])
        advice = rule_of_day(self.need, family, "supplies", timezone.localdate())
        needs.keep_rule(self.bruno, self.need.pk, family, "supplies", advice)
        return f"famille « {family.label if family else 'aucune'} », {advice['title']}"

    def find_the_firms(self) -> str:
        needs.declare(self.bruno, self.need.pk, PANEL, NO_INTEREST)
        self.sourcing = panel.start(self.bruno, self.need.pk, Sourcing.Kind.RFQ)
        activities = [Activity("NAFRev2", code) for code in ("10.71C", "47.24Z")]
        found = panel.search(self.bruno, self.sourcing.pk, activities, RADIUS_M)
        kept = panel.keep_all(self.bruno, self.sourcing.pk)
        for number, candidate in enumerate(self._nearest(5)):
            add_contact(
                self.bruno, candidate.firm_id, "email", f"fournil{number + 1}@boulangers.example", "", "Carte de visite"
            )
        return f"{found.total} à moins de 5 km, {len(kept)} gardées, {found.undisclosed} non diffusibles"

    def _nearest(self, count: int) -> list[Candidate]:
        return list(
            Candidate.objects.filter(sourcing=self.sourcing, state="kept")
            .select_related("firm")
            .order_by("distance_m", "pk")[:count]
        )

    def ask_them(self) -> str:
        self.sourcing.refresh_from_db()
        request.save_request(
            self.bruno, self.sourcing.pk, self.sourcing.version,
            title="Du pain pour 8 crèches, chaque matin avant 7 h", trade="un boulanger",
            description="60 baguettes de tradition par jour, du lundi au vendredi, livrées avant 7 h dans 8 crèches. "
            "Vous pouvez en servir une seule.",
            price_lines=[
                {"designation": "Baguette de tradition", "unit": "pièce", "quantity_milli": BAGUETTES * 1000, "lot": None}
            ],
            criteria=[
                {"kind": "price", "label": "Prix", "weight": 40, "detail": "Le prix d'une baguette, hors taxes"},
                {"kind": "judged", "label": "Qualité", "weight": 40, "detail": "Farine, cuisson, dégustation"},
                {"kind": "judged", "label": "Livraison", "weight": 20, "detail": "Heure et régularité"},
            ],
            price_formula="proportional",
            deadline=timezone.now() + self.open_for,
        )  # fmt: skip
        evaluate.choose_reference(self.bruno, self.sourcing.pk, "estimate")
        needs.declare(self.bruno, self.need.pk, ASKING, NO_INTEREST)
        sent = invite.send(self.bruno, self.sourcing.pk)
        self.sourcing.refresh_from_db()
        by_email = sum(invitation.channel == Invitation.Channel.EMAIL for invitation in sent)
        wait(lambda: len(self._links()) >= by_email, "un des courriels")
        return f"{by_email} courriels partis et reçus, {len(sent) - by_email} entreprises à joindre par lettre"

    def post_the_letters(self) -> str:
        by_letter = posting.print_letters(self.bruno, self.sourcing.pk)
        (self.folder / "lettres.pdf").write_bytes(invitation_letters(self.sourcing, by_letter))
        posting.mark_all_posted(self.bruno, self.sourcing.pk, "postés ensemble")
        return f"{len(by_letter)} lettres d'une page, avec leur carré et leur code, notées comme parties"

    def _links(self) -> list[str]:
        return [found[0] for message in self.sink.messages() if (found := search(r"https?://\S+/r/\S+", _text(message)))]

    def _answer(self, link: str, baker: Baker) -> str:
        telephone = Telephone(self.site)
        telephone.open("/r/" + link.rpartition("/r/")[2])
        telephone.open("/r/prix/")
        typed = dict.fromkeys(telephone.prices(), baker.price)
        telephone.send("/r/prix/", {**typed, **baker.fields, "go": "1"})
        return telephone.title()

    def three_firms_answer(self) -> str:
        links = self._links()
        titles = [self._answer(link, baker) for link, baker in zip(links, BAKERS, strict=False) if not baker.late]
        self.late = Telephone(self.site)
        self.late.open("/r/" + links[3].rpartition("/r/")[2])
        self.late.open("/r/prix/")
        if timezone.now() > (self.sourcing.deadline or timezone.now()):
            raise DemoFailed("La machine est trop lente : les réponses à l'heure sont parties après la date limite.")
        if not all(title.startswith("Bien reçu") for title in titles):
            raise DemoFailed(f"Une réponse n'a pas eu son récépissé : {titles}")
        return f"{len(titles)} récépissés donnés"

    def one_answers_too_late(self) -> str:
        """The fourth opened its page in time, and sends after the deadline."""
        wait(lambda: timezone.now() > (self.sourcing.deadline or timezone.now()), "la date limite")
        typed = dict.fromkeys(self.late.prices(), BAKERS[-1].price)
        self.late.send("/r/prix/", {**typed, **BAKERS[-1].fields, "go": "1"})
        if self.late.title() != "Trop tard":
            raise DemoFailed(f"La réponse en retard n'a pas été refusée : {self.late.title()}")
        return f"« {self.late.title()} »"

    def open_the_answers(self) -> str:
        def opened() -> bool:
            call_command("tick", stdout=StringIO())
            self.sourcing.refresh_from_db()
            return self.sourcing.state == Sourcing.State.OPENED

        wait(opened, "l'ouverture des plis par le serveur")
        needs.declare(self.denise, self.need.pk, ASKING, NO_INTEREST)
        for agent, base in ((self.bruno, 70), (self.denise, 76)):
            self._mark(agent, base)
        offers = compare(self.bruno, self.sourcing).offers
        return " · ".join(f"{offer.rank}. {offer.submission.firm.name}" for offer in offers)

    def _mark(self, agent: Agent, base: int) -> None:
        for submission in opened_submissions(self.sourcing):
            generous = 12 if submission.note else 0
            for criterion in self.sourcing.criteria.filter(kind="judged"):
                evaluate.score(agent, submission.pk, criterion.pk, base + generous, "Goûté et discuté à deux.")

    def choose(self) -> str:
        offers = compare(self.bruno, self.sourcing).offers
        needs.declare(self.bruno, self.need.pk, CHOICE, NO_INTEREST)
        award = choose.choose(self.bruno, self.sourcing.pk, None, offers[0].submission.pk, offers[1].submission.pk, WHY)
        return f"{offers[0].submission.firm.name}, {award.amount_cents / 100:,.2f} € HT".replace(",", " ").replace(".", ",")

    def tell_everyone(self) -> str:
        self.sourcing.refresh_from_db()
        parts = results.parts(self.bruno, self.sourcing)
        sentences = {part.key: "Son prix est plus élevé, à qualité égale." for part in parts if not part.won}
        told = tell.tell_all(self.bruno, self.sourcing.pk, sentences)
        unsent = Notification.objects.filter(sourcing=self.sourcing).exclude(state=Notification.State.SENT)
        wait(lambda: not unsent.exists(), "un message du résultat")
        return f"{len(told)} entreprises prévenues par courriel, la retardataire aussi"

    def take_the_dossier(self) -> str:
        export: Export = build.take(self.aude, self.need.pk)
        file = self.folder / "dossier.zip"
        with file.open("wb") as out:
            build.write(export, out)
        return f"{file.stat().st_size // 1024} Ko, {export.size} entrées au journal de la ville"


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain",))
    return body.get_content() if body else ""


STEPS: tuple[tuple[str, Callable[[Bread], str]], ...] = (
    ("Dire le besoin", Bread.say_the_need),
    ("Trouver les activités", Bread.match),
    ("Lire la règle du jour", Bread.read_the_rule),
    ("Trouver les entreprises", Bread.find_the_firms),
    ("Demander des devis", Bread.ask_them),
    ("Trois réponses à l'heure, par téléphone", Bread.three_firms_answer),
    ("Imprimer et poster les lettres", Bread.post_the_letters),
    ("Une réponse en retard", Bread.one_answers_too_late),
    ("Ouvrir et comparer", Bread.open_the_answers),
    ("Choisir et dire pourquoi", Bread.choose),
    ("Prévenir tout le monde", Bread.tell_everyone),
    ("Prendre le dossier de preuve", Bread.take_the_dossier),
)
