"""Requests whose deadline is over, each at its own step: closed, opened, marked, chosen, stopped."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.actions import set_opening
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import CHOICE, NO_INTEREST
from sourcier.quotes.actions import answer as answering
from sourcier.quotes.actions import choose, evaluate, opening, tell
from sourcier.quotes.actions.contest import contest
from sourcier.quotes.actions.heard import hear_price
from sourcier.quotes.actions.paper import register_paper
from sourcier.quotes.answer_rules import Answer, TypedPrice
from sourcier.quotes.models import Submission
from sourcier.sourcing.actions import closing, notice
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers import tokens
from tests.browser.scene.requests import request_sent
from tests.browser.scene.stage import LOTS, Scene, by_email, by_letter, link, paper, wait
from tests.cities import siret
from tests.vault import papers

WHY = "Meilleure note au total : le prix le plus bas, et une tournée qui passe avant 6 h 45."


def after_the_deadline(scene: Scene) -> None:
    """Requests closed at about the same time, then each brought to its own step."""
    two_open_from(scene, 0)
    closed = request_answered(scene)
    two_open_from(scene, 4_000_000)
    opened = request_answered(scene)
    envelope = register_paper(  # at once: its deadline is some seconds away
        scene.buyer, by_letter(opened)[1].pk, SimpleUploadedFile("enveloppe.jpg", papers.JPEG), timezone.now(), "Coffre"
    )
    contest(envelope, "Mon devis disait deux tournées.")
    chosen, stopped = request_answered(scene), request_answered(scene)
    lots, learned = request_answered(scene, lots=LOTS), request_answered(scene, kind="rfi", stranger=True)
    alone = request_sent(scene)
    submit(by_email(alone)[0], 9_900)
    hear_price(scene.city.requester, lots.pk, "Au marché, le gérant me l'a dit.")
    requests = (closed, opened, chosen, stopped, lots, learned, alone)
    deadline = max(each.deadline for each in requests if each.deadline)
    wait(lambda: timezone.now() > deadline, "the deadline")
    closing.close_due(timezone.now())
    for each in requests:  # of the first, a second person must agree
        with suppress(Refused):  # the server may have opened it by itself
            opening.open_answers(scene.buyer, each.pk)
    evaluate.ask_last_price(scene.buyer, lots.pk, [quotes(lots)[0].pk], timezone.now() + timedelta(seconds=1))
    best, second = marked(scene, chosen)
    for each in (chosen, alone):
        needs.declare(scene.buyer, each.need_id, CHOICE, NO_INTEREST)
    choose.choose(scene.buyer, chosen.pk, None, best.pk, second.pk, WHY)
    choose.end_without_choice(scene.buyer, stopped.pk, "Les crèches feront leur pain.", close_need=False)
    tell.tell_all(scene.buyer, stopped.pk, {})
    evaluated(scene, opened)
    [only] = marked(scene, alone)
    choose.choose(scene.buyer, alone.pk, None, only.pk, None, WHY)
    scene.tell(
        alone=alone.need_id,
        envelope=envelope.pk, paper_link=link(envelope.invitation), paper_number=envelope.receipt_number,
        closed=closed.need_id, chosen=chosen.need_id, stopped=stopped.need_id, lots=lots.need_id, learned=learned.need_id,
        choice_lot=reverse("choice_lot", args=[lots.need_id, lots.need.lots.earliest("number").pk]),
        late_link=link(by_email(closed)[2]),
    )  # fmt: skip


def request_answered(scene: Scene, stranger: bool = False, **sent: Any) -> Sourcing:
    """Two answers, the second by letter, with a document and a reservation; a refusal; all in time."""
    sourcing = request_sent(scene, **sent)
    first, third, *_ = by_email(sourcing)
    second = by_letter(sourcing)[0]
    submit(first, 9_500)
    begun = answering.draft(second)
    answering.add_document(begun, paper("Devis signé.pdf"))
    submit(second, 10_400, begun, reservation="Fermé la première semaine d'août.")
    answering.decline(third, "too_early", "Nous ouvrons à 7 h.", received_at=sourcing.sent_at)
    if stranger:
        visit = notice.come(sourcing, siret(2), "ailleurs@boulangers.example", "Le fournil de la gare")
        submit(notice.confirm(tokens.token(visit.seed)), 9_900)
        scene.tell(stranger=visit.sourcing.invitations.get(channel="notice").firm_id)
    return sourcing


def submit(invitation: Invitation, price_e4: int, draft: Submission | None = None, **more: str) -> None:
    sourcing = invitation.sourcing
    lines = () if sourcing.kind == "rfi" else sourcing.price_lines.all()
    chosen = {question.pk: "Oui" for question in sourcing.questions.filter(kind="choice")}
    prices = tuple(TypedPrice(line.pk, price_e4, 550) for line in lines)
    said = Answer(prices=prices, signer="Mathilde D.", note="Livré avant 6 h 45.", replies=chosen, **more)
    answering.submit(invitation, said, draft=draft, received_at=sourcing.sent_at)


def two_open_from(scene: Scene, cents: int) -> None:
    members = [scene.buyer.id, scene.city.head_buyer.id]
    set_opening(scene.city.head_buyer, from_cents=cents, days=3, members=members, substitutes=[])


def marked(scene: Scene, sourcing: Sourcing) -> list[Submission]:
    found = quotes(sourcing)
    for each in found:
        for criterion in sourcing.criteria.filter(kind="judged"):
            evaluate.score(scene.buyer, each.pk, criterion.pk, 80, "Goûté à deux.")
    return found


def evaluated(scene: Scene, sourcing: Sourcing) -> None:
    """Marked once, and one firm asked twice to make its answer clear: it will answer once."""
    second = quotes(sourcing)[1]
    criterion = sourcing.criteria.filter(kind="judged")[0]
    evaluate.score(scene.buyer, second.pk, criterion.pk, 80, "Goûté à deux.")
    asked = evaluate.clarify(scene.buyer, second.pk, "La livraison du lundi est-elle comprise ?")
    evaluate.clarify(scene.buyer, second.pk, "Qui appeler si la tournée a du retard ?")
    document = second.documents.get()
    scene.tell(
        opened=sourcing.need_id, answer=second.pk, clarified_link=link(second.invitation),
        answer_file=reverse("answer_file", args=[sourcing.need_id, second.pk, document.file_id]),
        firm_clarification=reverse("firm_clarification", args=[asked.pk]),
    )  # fmt: skip


def quotes(sourcing: Sourcing) -> list[Submission]:
    return list(sourcing.submissions.filter(state="received").exclude(kind="decline").order_by("created_at"))
