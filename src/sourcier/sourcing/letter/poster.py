"""Posters and small cards with a public square: for the shop window, for the firms whose address SIRENE does not give."""

from importlib.resources import files
from tempfile import TemporaryDirectory

from django.conf import settings
from django.urls import reverse

from sourcier.kernel.french import format_moment
from sourcier.kernel.transitions import refuse
from sourcier.kernel.typesetting import typeset
from sourcier.sourcing import words
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.letter.paper import cut, letterhead, square
from sourcier.sourcing.models import Sourcing


def poster(sourcing: Sourcing, *, cards: bool = False) -> bytes:
    """One A4 page as a PDF: a poster, or ten cards of 85 × 54 mm. Raises `Refused` without a public notice to lead to."""
    told = brief(sourcing)
    if not told.notice_url:
        raise refuse("no_notice", "Cette consultation n'a pas d'avis public : une affiche ne mènerait nulle part.")
    data = {
        **letterhead(sourcing.organisation),
        "title": cut(told.title, 120),
        "headline": cut(words.headline(told), 140).replace("-", "\N{NON-BREAKING HYPHEN}"),
        "what": cut(told.title, 160),
        "deadline": format_moment(told.deadline),
        # The address of this notice has too many signs to be typed: the list of all of them has not.
        "short": settings.SITE_URL.split("://")[-1] + reverse("notices"),
        "qr": square(told.notice_url),
        "reach": f"Ou appelez : {words.contact(told)}." if told.contact_phone else "",
        "cards": cards,
    }
    template = files(__package__).joinpath("poster.typ").read_bytes()
    moment = sourcing.sent_at or sourcing.created_at
    with TemporaryDirectory() as empty:
        return typeset(template, data, root=empty, timestamp=int(moment.timestamp()))
