"""A quote on paper, and a price said aloud: closed like the others, and nobody judges what he should not know."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from sourcier.journal.keys import fingerprint
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of, sentence
from sourcier.journal.verify import verify
from sourcier.kernel.french import PARIS, format_moment
from sourcier.kernel.receipts import parse_receipt
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes.actions import answer as act
from sourcier.quotes.actions import choose, evaluate
from sourcier.quotes.actions.heard import allow_marks, hear_price
from sourcier.quotes.actions.paper import register_paper, type_paper
from sourcier.quotes.models import HeardPrice, Submission
from sourcier.quotes.queries.comparison import compare
from sourcier.quotes.queries.marking import closed_to, evaluates
from sourcier.quotes.queries.opening import untyped
from sourcier.sourcing.models import Invitation, Question, Sourcing
from sourcier.vault.models import File
from tests.cities import City
from tests.journal.entries import writes_nothing
from tests.pdf import text_of
from tests.quotes.requests import BEFORE, DEADLINE, answer, make_request, opened
from tests.vault import papers
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
AFTER = DEADLINE + timedelta(minutes=20)
TYPO = "Le prix était mal recopié : 0,80 et non 0,85."
WHY = "Le meilleur total, et une tournée qui passe tôt."


def refused_as(code: str) -> Any:
    return pytest.raises(Refused, match=f"^{code}$")


def photo(name: str = "enveloppe Fournil.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.JPEG)


def registered(city: City, invitation: Invitation, at: datetime = BEFORE, where: str = "Coffre du courrier") -> Submission:
    with time_machine.travel(max(at, BEFORE) + timedelta(minutes=1), tick=True):
        return register_paper(city.buyer, invitation.pk, photo(), at, where)


def test_an_envelope_is_registered_closed_and_its_photograph_is_sealed(city: City) -> None:
    request = make_request(city)
    invitation = request.invite("Fournil", "f@pain.example")
    sent = registered(city, invitation)
    assert (sent.state, sent.paper, sent.received_at) == ("received", True, BEFORE)
    assert [file.name for file in File.objects.all()] == ["document scellé"]
    entry = Entry.objects.get(verb="answer.paper_registered")
    assert sentence(entry).endswith("Gardé : Coffre du courrier.") and Entry.objects.get(pk=sent.entry_id) == entry
    assert OutgoingMessage.objects.get(kind="acknowledgement").to_address == "f@pain.example"
    opened(request)
    assert [each.file.name for each in sent.documents.all()] == ["enveloppe Fournil.jpg"]
    assert list(untyped(request.sourcing)) == [sent]
    kinds = ("submission", "file", "quoted", "heard")
    assert [p.sentence for p in verify(city.organisation.pk).problems if p.sentence.split()[2].startswith(kinds)] == []


@pytest.mark.parametrize(
    ("arrived", "state", "former"),
    [
        pytest.param(BEFORE + timedelta(hours=1), "received", "replaced", id="after the one sent by the link"),
        pytest.param(BEFORE - timedelta(hours=1), "replaced", "received", id="before it"),
        pytest.param(DEADLINE + timedelta(seconds=1), "late", "received", id="too late"),
    ],
)
def test_the_last_to_arrive_in_time_stands(city: City, arrived: datetime, state: str, former: str) -> None:
    request = make_request(city)
    request.sourcing.sent_at = BEFORE - timedelta(days=1)
    request.sourcing.save()
    invitation = request.invite()
    first = act.submit(invitation, answer(request), received_at=BEFORE)
    sent = registered(city, invitation, arrived)
    first.refresh_from_db()
    assert (sent.state, first.state) == (state, former)


def test_an_envelope_is_refused_without_place_in_the_future_or_once_all_is_open(city: City, other_city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    for at, where, code in (
        (BEFORE, " ", "no_place"),
        (BEFORE + timedelta(days=1), "Coffre", "future"),
        (BEFORE - timedelta(days=1), "Coffre", "before_sending"),
    ):
        with (
            writes_nothing(city.organisation.pk),
            time_machine.travel(BEFORE + timedelta(minutes=1)),
            pytest.raises(Refused, match=f"^{code}$"),
        ):
            register_paper(city.buyer, invitation.pk, photo(), at, where)
    text = SimpleUploadedFile("x.txt", b"pas une photo")
    with writes_nothing(city.organisation.pk), time_machine.travel(BEFORE + timedelta(hours=1)), refused_as("not_a_picture"):
        register_paper(city.buyer, invitation.pk, text, BEFORE, "Coffre")
    with pytest.raises(Refused, match="not_a_buyer"):
        register_paper(city.requester, invitation.pk, photo(), BEFORE, "Coffre")
    with pytest.raises(Invitation.DoesNotExist):
        register_paper(other_city.buyer, invitation.pk, photo(), BEFORE, "Coffre")
    opened(request)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_waiting"):
        register_paper(city.buyer, invitation.pk, photo(), BEFORE, "Coffre")


def test_a_paper_quote_is_typed_beside_its_scan_mended_and_compared_before_any_choice(city: City) -> None:
    request = make_request(city)
    early = Question.objects.create(sourcing=request.sourcing, position=1, kind="text", text="À quelle heure ?")
    act.submit(request.invite(), answer(request, "0.95"), received_at=BEFORE)
    sent = registered(city, request.invite("Fournil", ""))
    opened(request)
    with time_machine.travel(AFTER, tick=True):
        for submission in Submission.objects.all():
            for criterion in request.sourcing.criteria.filter(kind="judged"):
                evaluate.score(city.buyer, submission.pk, criterion.pk, 80)
        best = compare(city.buyer, request.sourcing).offers[0].submission.pk
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="untyped") as told:
            choose.choose(city.buyer, request.sourcing.pk, None, best, None, WHY)
        assert "Fournil" in told.value.sentence
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="no_scan"):
            type_paper(city.buyer, sent.pk, answer(request, "0.80"))
        type_paper(city.buyer, sent.pk, answer(request, "0.85", replies={early.pk: "Avant 7 h"}), photo("devis.jpg"))
        assert sent.answers.get().text == "Avant 7 h"
        again = answer(request, "0.80", note="Paiement à 30 jours")
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="no_reason"):
            type_paper(city.second_buyer, sent.pk, again)
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_a_picture"):
            type_paper(city.second_buyer, sent.pk, again, SimpleUploadedFile("x.txt", b"pas une photo"), TYPO)
        type_paper(city.second_buyer, sent.pk, again, reason=TYPO)
        sent.refresh_from_db()
        assert sent.answers.get().text == "", "taken out by the correction"
        assert sent.lines.get().typed_price_e4 == 8_000 and sent.note == "Paiement à 30 jours"
        assert TYPO in sentence(Entry.objects.get(verb="answer.paper_corrected"))
        assert Entry.objects.filter(verb="answer.paper_typed").count() == 1
        award = choose.choose(city.buyer, request.sourcing.pk, None, sent.pk, None, WHY)
        assert award.submission == sent
        with pytest.raises(Refused, match="chosen"):
            type_paper(city.buyer, sent.pk, answer(request, "0.70"), reason=TYPO)
    kinds = ("submission", "file", "quoted")
    assert [p.sentence for p in verify(city.organisation.pk).problems if p.sentence.split()[2].startswith(kinds)] == []


def test_an_answer_that_came_by_the_link_is_not_typed(city: City) -> None:
    request = make_request(city)
    sent = act.submit(request.invite(), answer(request), received_at=BEFORE)
    opened(request)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_paper"):
        type_paper(city.buyer, sent.pk, answer(request), photo())


# --- a price said aloud ----------------------------------------------------------------------------------------------------


def test_who_heard_a_price_gives_no_mark_and_somebody_else_does(city: City) -> None:
    request = make_request(city)
    sent = act.submit(request.invite(), answer(request), received_at=BEFORE)
    hear_price(city.buyer, request.sourcing.pk, "Au téléphone, le gérant me l'a dit.")
    with writes_nothing(city.organisation.pk):
        hear_price(city.buyer, request.sourcing.pk, "Encore.")
    assert HeardPrice.objects.get().how == "Au téléphone, le gérant me l'a dit."
    opened(request)
    request.sourcing.refresh_from_db()
    assert evaluates(city.second_buyer, request.sourcing) and not evaluates(city.buyer, request.sourcing)
    criteria = list(request.sourcing.criteria.filter(kind="judged"))
    with time_machine.travel(AFTER, tick=True):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=r"^heard$"):
            evaluate.score(city.buyer, sent.pk, criteria[0].pk, 80)
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="nobody_marked"):
            choose.choose(city.buyer, request.sourcing.pk, None, sent.pk, None, WHY)
        for criterion in criteria:
            evaluate.score(city.second_buyer, sent.pk, criterion.pk, 80)
        assert choose.choose(city.buyer, request.sourcing.pk, None, sent.pk, None, WHY).submission == sent


def test_the_head_buyer_may_let_who_heard_a_price_judge_and_says_why(city: City) -> None:
    request = make_request(city)
    sent = act.submit(request.invite(), answer(request), received_at=BEFORE)
    hear_price(city.buyer, request.sourcing.pk, "Au téléphone, le gérant me l'a dit.")
    why = "Lui seul connaît ce métier dans la ville."
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        allow_marks(city.head_buyer, request.sourcing.pk, city.buyer.id, why)  # before the opening
    opened(request)
    with time_machine.travel(AFTER, tick=True):
        for agent, reason, code in (
            (city.buyer, why, "not_a_head_buyer"),
            (city.second_buyer, why, "not_a_head_buyer"),
            (city.head_buyer, "ok", "no_reason"),
        ):
            with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=code):
                allow_marks(agent, request.sourcing.pk, city.buyer.id, reason)
        client = signed_in(city.head_buyer)
        address = reverse("heard_allow", args=[request.sourcing.need_id, city.buyer.id])
        assert city.buyer.user.name in client.get(reverse("comparison", args=[request.sourcing.need_id])).content.decode()
        assert client.post(address, {"reason": why}).status_code == 302
        assert signed_in(city.buyer).post(address, {"reason": why}).status_code == 403
        for criterion in request.sourcing.criteria.filter(kind="judged"):
            evaluate.score(city.buyer, sent.pk, criterion.pk, 80)
    heard = HeardPrice.objects.get()
    assert (heard.allowed_by, heard.allowed_reason) == (city.head_buyer.user, why)
    assert Entry.objects.filter(verb="price.heard_allowed").count() == 1


def test_whose_marks_are_closed_is_asked_at_once_of_all_the_requests(
    city: City, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    requests = [make_request(city) for _ in range(3)]
    hear_price(city.buyer, requests[1].sourcing.pk, "Au marché, le gérant me l'a dit.")
    for request in requests:
        act.submit(request.invite(request.sourcing.need.reference, ""), answer(request), received_at=BEFORE)
        opened(request)
    sourcings = list(Sourcing.objects.select_related("need"))
    for some in (sourcings[:1], sourcings):
        with django_assert_num_queries(4):
            closed_to(city.buyer, some)
    assert requests[1].sourcing not in closed_to(city.buyer, sourcings) and len(closed_to(city.buyer, sourcings)) == 2


def test_a_price_is_heard_before_the_opening_by_who_would_judge(city: City) -> None:
    request = make_request(city)
    for agent, how, code in ((city.auditor, "Au marché", "not_an_evaluator"), (city.buyer, " ", "no_words")):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=code):
            hear_price(agent, request.sourcing.pk, how)
    opened(request)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=r"^opened$"):
        hear_price(city.buyer, request.sourcing.pk, "Après coup")


# --- pages -----------------------------------------------------------------------------------------------------------------


def page(client: Client, name: str, *ids: Any, data: dict[str, Any] | None = None) -> str:
    address = reverse(name, args=ids)
    response = client.post(address, data, follow=True) if data is not None else client.get(address)
    return response.content.decode().replace("&#x27;", "'")


def test_the_receipt_of_an_envelope_is_printed_by_who_registered_it_and_by_nobody_else_before_the_opening(city: City) -> None:
    request = make_request(city)
    sent = registered(city, request.invite("Fournil du Raincy", ""))
    late = registered(city, request.invite("Pain d'Antan", ""), DEADLINE + timedelta(seconds=1))
    ids, bruno = [request.sourcing.need_id, sent.pk], signed_in(city.buyer)
    entry = Entry.objects.get(pk=sent.entry_id)
    shown = page(bruno, "paper_kept", *ids)
    assert "Imprimer le récépissé" in shown and f"Le pli {sent.receipt_number}" in shown
    printed = bruno.get(reverse("paper_receipt", args=ids)).content
    assert printed == bruno.get(reverse("paper_receipt", args=ids)).content and b"/StructTreeRoot" in printed
    told = text_of(printed)
    for words in (
        city.organisation.name, request.sourcing.title, "Fournil du Raincy", format_moment(BEFORE), sent.receipt_number,
        f"Écriture n° {entry.index} ", bytes(entry.leaf_hash).hex(), fingerprint(city.organisation.pk), "/verifier/",
        "Vous n'êtes pas d'accord", "tribunal administratif", "Personne ne l'ouvre avant",
    ):  # fmt: skip
        assert " ".join(words.split()) in told.replace("’", "'"), (words, told)
    assert "après la date limite" in text_of(bruno.get(reverse("paper_receipt", args=[ids[0], late.pk])).content)
    proof = bruno.post(reverse("paper_proof", args=ids))
    assert parse_receipt(proof.content.decode()).entry == bytes(entry.raw)
    for other in (city.second_buyer, city.head_buyer):
        assert signed_in(other).get(reverse("paper_kept", args=ids)).status_code == 404
        assert signed_in(other).get(reverse("paper_receipt", args=ids)).status_code == 404
        assert signed_in(other).post(reverse("paper_proof", args=ids)).status_code == 404
    opened(request)
    assert signed_in(city.head_buyer).get(reverse("paper_receipt", args=ids)).content == printed


def test_the_pages_lead_from_the_envelope_to_the_comparison(city: City) -> None:
    request = make_request(city)
    invitation = request.invite("Fournil du Raincy", "")
    bruno, ids = signed_in(city.buyer), [request.sourcing.need_id, request.sourcing.pk]
    at = BEFORE.astimezone(PARIS)
    typed = {
        "firm": str(invitation.pk), "arrived_at_0": at.strftime("%Y-%m-%d"), "arrived_at_1": at.strftime("%H:%M"),
        "where": "Coffre", "photo": photo(),
    }  # fmt: skip
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=True):
        assert "Un devis est arrivé sur papier" in page(bruno, "asked", *ids)
        wrong = page(bruno, "paper_register", *ids, data=typed | {"firm": "", "photo": ""})
        assert "Choisissez l'entreprise." in wrong and "Joignez la photo" in wrong and 'value="Coffre"' in wrong
        done = page(bruno, "paper_register", *ids, data=typed | {"photo": photo()})
        assert "Pli enregistré, fermé : " in done and "Fournil du Raincy" not in done.split("Pli enregistré")[1][:150]
        assert "quelqu'un d'autre" in page(bruno, "price_heard", *ids, data={"how": "Au guichet"}).lower()
    opened(request)
    sent = Submission.objects.get()
    with time_machine.travel(AFTER, tick=True):
        seen = page(bruno, "comparison", *ids)
        assert "a répondu sur papier" in seen and "Taper ce devis" in seen and "Vous avez entendu un prix" in seen
        missing = page(bruno, "paper_type", ids[0], sent.pk, data=request.form("0,80"))
        assert "Joignez le devis" in missing and 'value="0,80"' in missing
        done = page(bruno, "paper_type", ids[0], sent.pk, data=request.form("0,80", scan=photo("devis.jpg")))
        assert "Le devis papier est tapé" in done and "tapé par la ville" in done and "devis.jpg" in done
        assert "Heure notée par la ville" in done
        assert "L'enveloppe fermée : <a" in done and "Le devis, numérisé : <a" in done
        assert "Pourquoi corriger" in page(bruno, "paper_type", ids[0], sent.pk)
    assert payload_of(Entry.objects.get(verb="answer.paper_typed"))
