"""What a sourcing gives up when its operation is erased; what keeps an address; when a firm was last asked."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from uuid import UUID

from django.db.models import Max, Q

from sourcier.kernel.french import PARIS, format_date
from sourcier.kernel.phones import mobile_in
from sourcier.kernel.transitions import Refusal
from sourcier.retention.queries import last_day_of
from sourcier.retention.registry import ERASED, Emptied, Scope, Trace
from sourcier.sourcing.models import (
    AskedPlace,
    Candidate,
    Correction,
    Draw,
    Extension,
    FirmQuestion,
    Glance,
    Invitation,
    NoticeVisit,
    Posting,
    Relay,
    RequestClause,
    RequestDocument,
    Sourcing,
)


def give_up(scope: Scope) -> Emptied:
    """Who was asked and how, what was said, whom to call; the links and codes die. Nothing while only losing answers go."""
    made = Emptied()
    if scope.losing:
        return made
    asked = Sourcing.objects.filter(need_id=scope.subject_id, organisation_id=scope.organisation_id)
    made.empty(
        asked, description="", single_reason="", contact_name="", contact_phone="", contact_hours="", ending_reason="",
    )  # fmt: skip
    inside = {"sourcing__in": asked}
    made.empty(Candidate.objects.filter(**inside), reason="", again_reason="", why=[])
    made.empty(Draw.objects.filter(**inside), reason="", proposed=[])
    made.empty(RequestClause.objects.filter(**inside), reason="")
    made.empty(Extension.objects.filter(**inside), reason="")
    made.empty(Glance.objects.filter(**inside), reason="")
    made.empty(Correction.objects.filter(**inside), text=ERASED)
    made.empty(FirmQuestion.objects.filter(**inside), text=ERASED, wording="", answer="")
    made.empty(AskedPlace.objects.filter(**inside), contact_name="", contact_phone="", note="")
    made.empty(
        Invitation.objects.filter(**inside), address="", mobile="", how="", identity_how="", token_sha256=_dead,
        code_hmac=_dead, reply_hmac="",
    )  # fmt: skip
    made.empty(Posting.objects.filter(**inside), how="")
    made.empty(
        NoticeVisit.objects.filter(**inside), name="", email="", siret="", token_sha256=lambda row: f"erased-{row.pk.hex}"
    )
    made.empty(Relay.objects.filter(invitation__sourcing__in=asked), text=ERASED, how="")
    made.files.update(RequestDocument.objects.filter(**inside).values_list("file_id", flat=True))
    return made


def _dead(invitation: Invitation) -> str:
    """No secret hashes to this."""
    return f"erased-{invitation.pk.hex}"


def keeps(organisation_id: UUID, address: str) -> Refusal | None:
    """An address in the file of a purchase that the law has the city keep. What is sealed is not looked at: it would show."""
    written = Q(address__iexact=address) | (Q(mobile=number) if (number := mobile_in(address)) else Q())
    asked = Invitation.objects.filter(written, sourcing__organisation_id=organisation_id)
    asked = asked.exclude(Q(channel=Invitation.Channel.NOTICE) & Q(sourcing__opened_at=None)).select_related("sourcing__need")
    for invitation in asked.order_by("-created_at"):
        need = invitation.sourcing.need
        until = last_day_of(organisation_id, need.pk)
        when = f"jusqu'au {format_date(until)} au moins" if until else "cinq ans au moins, à compter de la notification"
        return Refusal(
            "kept_by_law",
            f"Cette adresse est dans le dossier de l'achat {need.reference}, que la loi oblige à garder {when} "
            "(code de la commande publique, R.2184-12 et R.2184-13). Le droit à l'effacement ne s'y applique pas (RGPD, "
            "article 17, 3, b). La personne peut s'opposer à de nouveaux courriers : « Ne plus m'écrire ».",
        )
    return None


def last_asked(organisation_id: UUID, firms: Collection[UUID]) -> Mapping[UUID, date]:
    """The day each firm was last asked by the city itself."""
    asked = Invitation.objects.filter(sourcing__organisation_id=organisation_id, firm__in=firms, sent_at__isnull=False)
    asked = asked.exclude(channel=Invitation.Channel.NOTICE)
    return {
        row["firm_id"]: row["last"].astimezone(PARIS).date()
        for row in asked.values("firm_id").annotate(last=Max("sent_at")).order_by()
    }


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Addresses asked, and whom the firms were to meet; who came by a notice only once the answers are open."""
    written = Q(address__icontains=text) | (Q(mobile=number) if (number := mobile_in(text)) else Q())
    asked = Invitation.objects.filter(written, sourcing__organisation_id=organisation_id)
    asked = asked.exclude(Q(channel=Invitation.Channel.NOTICE) & Q(sourcing__opened_at=None)).select_related(
        "sourcing__need", "firm"
    )
    for invitation in asked.order_by("created_at"):
        written_to = invitation.address or invitation.mobile
        refusal = keeps(organisation_id, written_to)
        said = f"{invitation.firm.name}, {written_to} : {invitation.sourcing.title}"
        kept = refusal.sentence if refusal else ""
        yield Trace("Demande envoyée", said, invitation.created_at, invitation.sourcing.need_id, kept=kept)
    places = AskedPlace.objects.filter(sourcing__organisation_id=organisation_id).select_related("sourcing")
    for place in places.filter(Q(contact_name__icontains=text) | Q(contact_phone__icontains=text)):
        said = f"{place.name} : {place.contact_name}, {place.contact_phone}"
        kept = "Lieu de livraison d'un achat : effacé avec son dossier, à la fin de sa durée."
        yield Trace("Lieu de livraison", said, place.sourcing.sent_at, place.sourcing.need_id, kept=kept)
