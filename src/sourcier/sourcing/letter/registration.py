"""The letter of a campaign: one page that asks a firm to make itself known, with the code of its own place."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from sourcier.journal.keys import fingerprint_line
from sourcier.kernel.french import PARIS, format_date
from sourcier.sourcing.briefs import link
from sourcier.sourcing.letter.paper import cut, door, letterhead, printer_row, typeset_letters, window
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Campaign, FirmKey

PURPOSE = "Pour vous faire connaître"


def registration_letters(campaign: Campaign, keys: Sequence[FirmKey]) -> bytes:
    """The letters as a PDF, one page for each firm; printed again, the same to the last byte."""
    return typeset_letters(_common(campaign), _sheets(campaign, keys), int(campaign.made_at.timestamp()))


def registration_word(campaign: Campaign, keys: Sequence[FirmKey]) -> bytes:
    """The same as a Word document."""
    from sourcier.sourcing.letter.word import word  # a library that no other page needs

    return word(_common(campaign), _sheets(campaign, keys))


def registration_addresses(keys: Sequence[FirmKey]) -> list[tuple[str, ...]]:
    """For an outsourced printer, one row a firm."""
    rows = []
    for key in keys:
        token, code = tokens.secrets_of(key.seed, key.token_sha256)
        rows.append(printer_row(key.firm, link(token), code))
    return rows


def _common(campaign: Campaign) -> dict[str, Any]:
    city = campaign.organisation
    return {
        **letterhead(city),
        "title": f"Faites-vous connaître : {cut(campaign.label, 90)}",
        "date": format_date(campaign.made_at.astimezone(PARIS).date()),
        "short": settings.SITE_URL.split("://")[-1] + "/r",
        "phone": ", ".join(filter(None, (city.phone, city.phone_hours))),
        "counter": f"Ou venez à la mairie, {city.counter}." if city.counter else "",
        "signer": "Le service des achats",
        "foot": [_source_of_data(campaign), fingerprint_line(city.pk)],
    }


def _sheets(campaign: Campaign, keys: Sequence[FirmKey]) -> list[dict[str, Any]]:
    words = registration_words(campaign.organisation.name, campaign.organisation.commune, campaign.label)
    sheets = []
    for key in keys:
        token, code = tokens.secrets_of(key.seed, key.token_sha256)
        sheets.append({**words, "address": window(key.firm), **door(link(token), code, PURPOSE)})
    return sheets


def registration_words(city: str, commune: str, label: str) -> dict[str, Any]:
    """What the letter says, the same for all; the preview shows it before anything is made."""
    return {
        "subject": "Faites-vous connaître de la mairie",
        "paragraphs": [
            f"{city} achète à des entreprises, par exemple : {cut(label, 120)}. Nous écrivons à toutes celles de ce métier "
            f"autour de {commune}. Vous en êtes une.",
            "Dites-nous ce que vous savez faire, avec vos mots : vos jours, vos quantités, jusqu'où vous allez. "
            "Quand nous aurons un besoin, nous saurons que vous existez.",
            "Ce n'est ni une commande, ni une facture, ni une publicité.",
        ],
        "facts": [],
        "closing": [
            "Cela prend trois minutes. C'est gratuit. Vous n'êtes pas obligé de répondre.",
            "Ne rien faire ne change rien : la mairie pourra toujours vous demander un prix, et ses avis publics sont ouverts "
            "à toutes les entreprises.",
        ],
    }


def _source_of_data(campaign: Campaign) -> str:
    """Information at first contact (RGPD, art. 14)."""
    city = campaign.organisation
    by_phone = f", ou {city.phone}" if city.phone else ""
    return (
        "Votre nom et votre adresse viennent du répertoire public SIRENE (INSEE). Nous les utilisons pour nos achats. "
        f"Pour ne plus recevoir nos courriers : même page, bouton « Ne plus m'écrire »{by_phone}. "
        f"Vos droits : {city.dpo_email or 'la mairie'}, puis la CNIL (cnil.fr)."
    )
