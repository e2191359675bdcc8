"""Letters that ask nothing of anybody: a city tries its printer, its folds and the windows of its envelopes with them."""

from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from django.conf import settings

from sourcier.accounts.models import Organisation
from sourcier.kernel.postal import postal_lines
from sourcier.sourcing.letter import around, request_words
from sourcier.sourcing.letter.paper import door, letterhead, typeset_letters
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.words import Brief, Place

# The shortest and the longest addresses of the register: two lines, six lines of 38 signs, accents, complements.
ADDRESSES = (
    ("Boulangerie Lefort", "12, rue du Général-Leclerc", "93110", "Rosny-sous-Bois"),
    ("Le Pain", "Le Bourg", "48000", "Mende"),
    (
        "Société nouvelle de boulangerie, pâtisserie et traiteur des Quatre-Saisons",
        "Centre commercial des Quatre-Saisons, bâtiment B escalier 12, 128 bis avenue du Maréchal-de-Lattre-de-Tassigny",
        "93160",
        "Saint-Maur-des-Fossés-en-Montagne-sur-Isère",
    ),
    ("L'Œuf & la Poule", "Résidence des Ormes, 3 ter impasse de l'Abbé-Grégoire", "75012", "Paris"),
    ("Fournil d'Aÿ", "1 place de l'Église", "51160", "Aÿ-Champagne"),
)
NO_KEY = "Spécimen : cette lettre n'est d'aucun achat, et son code n'ouvre rien."
NO_CODE = "SPECMEN234"


def specimen(city: Organisation, count: int, now: datetime) -> bytes:
    """`count` letters of `city` as a PDF, each for an invented firm; the same for the same `now`."""
    told = _brief(city, now)
    words = request_words(told)
    square = door(f"{settings.SITE_URL}/r/", NO_CODE, "Spécimen")
    sheets = [words | square | {"address": list(postal_lines(*address))} for address in islice(cycle(ADDRESSES), count)]
    return typeset_letters(letterhead(city) | around(told, now), sheets, int(now.timestamp()))


def invented_city() -> Organisation:
    """The sender of a specimen on a machine where no city is set up yet."""
    return Organisation(
        name="Ville de Spécimen", colour="#1d4f91", address="1 place de la Mairie", postal_code="00000", commune="Spécimen",
        phone="01 00 00 00 00", email="achats@ville.example", counter="guichet Achats",
    )  # fmt: skip


def _brief(city: Organisation, now: datetime) -> Brief:
    noon = datetime(now.year, now.month, now.day, 11, tzinfo=UTC)
    return Brief(
        kind=Sourcing.Kind.RFQ, city=city.name, title="SPÉCIMEN : pain pour huit crèches", trade="un boulanger (spécimen)",
        description="Soixante baguettes par jour, du lundi au vendredi, livrées avant 7 h.",
        places=(Place("Crèche Spécimen", "1 place de la Mairie", "avant 7 h", ""), Place("École Spécimen", "2 place", "", "")),
        where_note="", starts_on=(now + timedelta(days=60)).date(), ends_on=None, deadline=noon + timedelta(days=21),
        lots=(), lines=(), criteria=(("Prix", 40, ""), ("Qualité", 40, ""), ("Livraison", 20, "")), price_sentence="",
        questions=(), documents=(), contact_name="Votre interlocuteur", contact_phone=city.phone or "01 00 00 00 00",
        contact_hours="de 9 h à 17 h", email=city.email, dpo_email=city.dpo_email, counter=city.counter, notice_url="",
        key=NO_KEY,
    )  # fmt: skip
