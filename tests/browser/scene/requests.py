"""Requests not sent yet, and requests that are out."""

import time
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from sourcier.mail.receiving import receive
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import ASKING, NO_INTEREST, PANEL
from sourcier.quotes.actions import call, evaluate
from sourcier.quotes.queries import confirming
from sourcier.sourcing.actions import invite, notice, panel, posting, questions, request
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers import tokens
from sourcier.suppliers.actions import add_contact
from tests.browser.scene.stage import AROUND_M, REFUSED_ADDRESS, Scene, by_email, by_letter, link, paper
from tests.cities import siret
from tests.sourcing.scenes import BAKER, accepted_need
from tests.vault import papers

OPEN_AT_LEAST_S = 1.5
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


def request_written(scene: Scene, kind: str = "rfq", lots: tuple[str, ...] = (), asking: bool = True) -> Sourcing:
    """A request ready to leave, with its document and the bakers around."""
    need = accepted_need(scene.city)
    needs.set_lots(scene.buyer, need.pk, lots)
    needs.declare(scene.buyer, need.pk, PANEL, NO_INTEREST)
    sourcing = panel.start(scene.buyer, need.pk, kind)
    told: dict[str, Any] = {"questions": QUESTIONS if asking else []} | ({"criteria": CRITERIA} if kind == "rfq" else {})
    request.save_request(
        scene.buyer, sourcing.pk, sourcing.version, title="Du pain pour la crèche du Centre", trade="un boulanger",
        description="60 baguettes fraîches par jour, livrées avant 7 h.", **told,
    )  # fmt: skip
    panel.search(scene.buyer, sourcing.pk, [BAKER], AROUND_M)
    kept = panel.keep_all(scene.buyer, sourcing.pk)
    panel.drop(scene.buyer, sourcing.pk, kept[-1].firm.siret, "Ne livre pas, d'après son site.")
    request.join_document(scene.buyer, sourcing.pk, paper("Fiche des crèches.pdf"))
    return sourcing


def request_sent(scene: Scene, **written: Any) -> Sourcing:
    sourcing = request_written(scene, **written)
    evaluate.choose_reference(scene.buyer, sourcing.pk, "none")
    sourcing.refresh_from_db()
    request.save_request(scene.buyer, sourcing.pk, sourcing.version, deadline=timezone.now() + scene.open_for)
    leave(scene, sourcing)
    sourcing.refresh_from_db()
    return sourcing


def leave(scene: Scene, sourcing: Sourcing) -> None:
    """Sent, once each has declared his interests."""
    for agent in (scene.buyer, scene.city.head_buyer, scene.city.requester):
        needs.declare(agent, sourcing.need_id, ASKING, NO_INTEREST)
    invite.send(scene.buyer, sourcing.pk)


def request_not_sent(scene: Scene) -> None:
    """A request not sent yet. The time it takes tells how long this machine needs to send one and to hear of it."""
    began = time.monotonic()
    sourcing = request_written(scene)
    scene.open_for = timedelta(seconds=OPEN_AT_LEAST_S + 3 * (time.monotonic() - began))
    document = sourcing.documents.get()
    scene.tell(draft=sourcing.need_id, request_document=reverse("request_document", args=[sourcing.need_id, document.pk]))


def request_that_is_out(scene: Scene) -> None:
    """A request that is out: letters to post, an address that fails, questions, a firm kept since, a visitor."""
    sourcing = request_written(scene)
    wrong = sourcing.candidates.filter(state="kept", firm__contacts=None).order_by("distance_m", "pk")[0]
    add_contact(scene.buyer, wrong.firm_id, "email", REFUSED_ADDRESS, "", "Carte de visite")
    sourcing.refresh_from_db()
    leave(scene, sourcing)
    first = by_email(sourcing)[0]
    talk(scene, sourcing, first)
    scene.tell(confirm_link=replied(sourcing, first))
    posted = by_letter(sourcing)[0]
    posting.mark_posted(scene.buyer, posted.pk, "posté au guichet de La Poste")
    dropped = sourcing.candidates.exclude(state="kept").get()
    panel.keep(scene.buyer, sourcing.pk, [dropped.firm.siret])
    visit = notice.come(sourcing, siret(1), "avis@boulangers.example", "Le fournil d'ailleurs")
    scene.tell(
        asked=sourcing.need_id, notice=sourcing.notice_slug, link=link(first),
        notice_confirm=reverse("notice_confirm", args=[tokens.token(visit.seed)]),
        exchange_letter=reverse("exchange_letter", args=[sourcing.need_id, posted.pk]),
        firm_document=reverse("firm_document", args=[sourcing.documents.get().file_id]),
    )  # fmt: skip
    refused = sourcing.invitations.filter(address=REFUSED_ADDRESS, state="failed")
    scene.awaited = refused.exists


def replied(sourcing: Sourcing, other: Invitation) -> str:
    """Another firm replied to its e-mail: the link that its acknowledgement brings."""
    asked = next(each for each in by_email(sourcing) if each != other and each.address != REFUSED_ADDRESS)
    token = tokens.reply_token(asked.seed)
    Invitation.objects.filter(pk=asked.pk).update(reply_hmac=tokens.reply_hmac(token))
    mail = EmailMessage()
    mail["From"], mail["Subject"] = f"Le fournil <{asked.address}>", "Re: Du pain"
    mail.set_content("Voici mon devis.")
    mail.add_attachment(papers.pdf_bytes(), maintype="application", subtype="pdf", filename="devis.pdf")
    with override_settings(REPLY_TO="reponse@rosny.example"):
        receive(mail.as_bytes(), f"reponse+{token}@rosny.example", sender=asked.address, at=timezone.now())
    return urlsplit(confirming.link(asked.submissions.get())).path


def talk(scene: Scene, sourcing: Sourcing, invitation: Invitation) -> None:
    answered = questions.ask(invitation, "Les sacs doivent-ils être en papier ?")
    questions.answer(scene.buyer, answered.pk, "Oui, en papier, sans marque.")
    questions.ask(invitation, "Peut-on livrer la veille au soir ?")
    call.record(scene.buyer, call.ask(invitation, "06 12 34 56 78", "noon").pk, "missed")
    sourcing.refresh_from_db()
    later = (sourcing.deadline or timezone.now()) + timedelta(days=2)
    invite.extend(scene.buyer, sourcing.pk, later, "Deux jours de plus pour tous : jours fériés.")


def on_a_telephone(scene: Scene) -> None:
    """A request of one price, out, and how three of its firms come to it; each of the others has a link."""
    sourcing = request_written(scene, asking=False)
    leave(scene, sourcing)
    linked, kept, shared = by_email(sourcing)[:3]
    scanned, typed = by_letter(sourcing)[:2]
    scene.tell(
        by_link=link(linked), by_qr=link(scanned), by_code=tokens.code(typed.seed), by_photo=link(kept),
        by_nobody=link(shared), by_photo_invitation=kept.pk.hex,
    )  # fmt: skip
