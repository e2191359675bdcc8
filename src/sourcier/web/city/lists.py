"""Lists to export beside those of `tables`: the firms asked and told of one consultation, and what the city has settled."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils import timezone

from sourcier.accounts.models import DeliveryPlace, Department, Organisation
from sourcier.accounts.queries import Person
from sourcier.interop.export import export
from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.identifiers import format_siret
from sourcier.kernel.phones import shown
from sourcier.kernel.postal import LINES
from sourcier.quotes.models import Notification
from sourcier.sourcing.models import Invitation
from sourcier.web.downloads import attached


def invitations_table(reference: str, invitations: Iterable[Invitation]) -> Table:
    """The firms that the city asked, and whether the request reached them; never who came by the notice, nor who answered."""
    columns = (
        Column("SIRET"), Column("Nom"), Column("Adresse"), Column("Code postal"), Column("Commune"), Column("Voie"),
        Column("Courriel ou mobile"), Column("État"), Column("Partie le", Kind.MOMENT), Column("Comment"),
    )  # fmt: skip
    rows = [
        (
            format_siret(each.firm.siret), each.firm.name, each.firm.address, each.firm.postal_code, each.firm.commune,
            each.get_channel_display(), each.address or (shown(each.mobile) if each.mobile else ""), each.get_state_display(),
            each.sent_at, each.how,
        )
        for each in invitations
    ]  # fmt: skip
    return Table(f"Entreprises interrogées {reference}", columns, rows)


def addresses_file(rows: Sequence[tuple[str, ...]], form: str, organisation: Organisation) -> HttpResponse:
    """For an outsourced printer: the lines of NF Z 10-011, and what opens each firm's page, to be handed over as a secret."""
    lines = [Column(f"Ligne {number}") for number in range(1, LINES + 1)]
    columns = (Column("SIRET"), *lines, Column("Code à taper"), Column("Lien du carré"))
    content, media_type = export(Table("Adresses et codes", columns, rows), form, organisation.name, timezone.now())
    return attached(content, f"adresses.{form}", media_type)


def telling_table(reference: str, notifications: Iterable[Notification]) -> Table:
    """The firms told of the result, or still to be told."""
    columns = (
        Column("SIRET"), Column("Nom"), Column("Choisie"), Column("État"), Column("Prévenue le", Kind.MOMENT),
        Column("Comment"), Column("La raison"), Column("Ce qu'elle lit"),
    )  # fmt: skip
    rows = [
        (
            format_siret(each.firm.siret), each.firm.name, "oui" if each.won else "", each.get_state_display(), each.told_at,
            each.how or {"email": "Courriel", "sms": "SMS"}.get(each.channel, ""), each.sentence, each.body,
        )
        for each in notifications
    ]  # fmt: skip
    return Table(f"Annonce {reference}", columns, rows)


def people_table(people: Iterable[Person]) -> Table:
    """One row per role, and one for who has none any more."""
    columns = (Column("Nom"), Column("Courriel"), Column("Téléphone"), Column("Rôle"), Column("Direction"), Column("Compte"))
    rows = [
        (
            person.user.name, person.user.email, person.user.phone, membership.get_role_display() if membership else "",
            (membership.department.name if membership.department else "toutes") if membership else "",
            "ouvert" if person.active else "désactivé",
        )
        for person in people
        for membership in person.memberships or (None,)
    ]  # fmt: skip
    return Table("Personnes", columns, rows)


def places_table(places: Iterable[DeliveryPlace]) -> Table:
    columns = (
        Column("Lieu"), Column("Adresse"), Column("Code postal"), Column("Commune"), Column("Horaires"), Column("Contact"),
        Column("Téléphone"), Column("Proposé"),
    )  # fmt: skip
    rows = [
        (
            place.name, place.address, place.postal_code, place.commune, place.hours, place.contact_name,
            place.contact_phone, "oui" if place.active else "non",
        )
        for place in places
    ]  # fmt: skip
    return Table("Lieux de livraison", columns, rows)


def departments_table(departments: Iterable[Department]) -> Table:
    return Table("Directions", (Column("Direction"),), [(department.name,) for department in departments])
