"""The pages of the comparison and of the choice: what is typed stays, nothing is done twice, marks stay one's own."""

import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.actions.mark import Mark
from sourcier.quotes.models import Award, SavingReference, Score
from sourcier.quotes.queries.comparison import opened_submissions
from sourcier.sourcing.models import Sourcing
from sourcier.spend.actions import load_families
from sourcier.spend.models import Commitment, Family
from tests.cities import City
from tests.quotes.requests import browser, make_request
from tests.quotes.test_choosing import AFTER, WHY, mark_all, opened, received
from tests.web.clients import signed_in


@pytest.fixture(autouse=True)
def after_the_deadline() -> Any:
    with time_machine.travel(AFTER, tick=True):
        yield


def test_a_reference_without_its_amount_is_refused_beside_the_field_and_what_was_typed_stays(city: City) -> None:
    request = make_request(city)
    page = signed_in(city.buyer).post(
        reverse("reference_choose", args=[request.sourcing.need_id]), {"kind": "estimate", "amount": "douze mille"}
    )
    text = page.content.decode()
    assert page.status_code == 422 and "Écrivez un nombre" in text and "douze mille" in text
    assert not SavingReference.objects.exists()


def test_the_reference_is_read_as_one_sentence(city: City) -> None:
    request = make_request(city)
    evaluate.choose_reference(city.buyer, request.sourcing.pk, "estimate", 16_000_00)
    page = signed_in(city.buyer).get(reverse("comparison", args=[request.sourcing.need_id])).content.decode()
    assert "16 000 € HT, pour les quantités demandées." in " ".join(strip_tags(page).split())


@pytest.mark.parametrize(("name", "content"), [("facture.pdf", b""), ("facture.pdf", b"MZ\x90 not a paper"), ("f.exe", b"MZ")])
def test_a_paper_that_is_none_is_refused_in_a_sentence(city: City, name: str, content: bytes) -> None:
    request = make_request(city)
    page = signed_in(city.buyer).post(
        reverse("reference_choose", args=[request.sourcing.need_id]),
        {"kind": "last_price", "amount": "18 000", "document": SimpleUploadedFile(name, content)},
    )
    assert page.status_code == 422 and "18 000" in page.content.decode()
    assert not SavingReference.objects.exists()


def test_the_answers_open_once_and_a_second_click_says_so(city: City) -> None:
    request = make_request(city)
    received(request, "0.95")
    client = signed_in(city.buyer)
    client.post(reverse("reference_choose", args=[request.sourcing.need_id]), {"kind": "none"})
    address = reverse("answers_open", args=[request.sourcing.need_id])
    assert "Boulangerie 0" in client.post(address, follow=True).content.decode()
    assert "déjà ouvertes" in client.post(address, follow=True).content.decode()


def test_nothing_of_an_answer_is_on_the_page_before_the_opening(city: City) -> None:
    request = make_request(city)
    submission = received(request, "0.95")[0]
    client = signed_in(city.buyer)
    page = client.get(reverse("comparison", args=[request.sourcing.need_id])).content.decode()
    assert "Boulangerie 0" not in page and submission.receipt_number not in page
    assert client.get(reverse("answer", args=[request.sourcing.need_id, submission.pk])).status_code == 404


def test_an_evaluator_reads_no_mark_of_another_before_giving_his(city: City) -> None:
    request = make_request(city)
    received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request, 91)
    address = reverse("comparison", args=[request.sourcing.need_id])
    assert "Bruno Rosny" not in signed_in(city.second_buyer).get(address).content.decode().partition("<main")[2]
    mark_all(city.second_buyer, request, 60)
    assert "Les notes de chaque évaluateur" in signed_in(city.second_buyer).get(address).content.decode()


def test_a_choice_without_a_reason_keeps_what_was_ticked(city: City) -> None:
    request = make_request(city)
    submission = received(request, "0.95")[0]
    opened(request)
    mark_all(city.buyer, request)
    load_families(city.organisation)
    family = Family.objects.get(organisation=city.organisation, code="10.01")
    Need.objects.filter(pk=request.sourcing.need_id).update(family=family)
    Commitment.objects.create(
        organisation=city.organisation, family=family, siret=submission.firm.siret, supplier=submission.firm.name,
        label="Pain", amount_cents=1_000_00, engaged_on=timezone.localdate(),
    )  # fmt: skip
    page = signed_in(city.buyer).post(
        reverse("choice", args=[request.sourcing.need_id]), {"submission": str(submission.pk), "rationale": "Court"}
    )
    assert "en trois ans · prise une fois · dernière fois le" in page.content.decode()
    assert page.status_code == 422 and "il manque 15 caractères" in page.content.decode()
    assert f'value="{submission.pk}"' in page.content.decode() and "checked" in page.content.decode()
    assert not Award.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_buyers_choose_at_once_and_one_choice_stands(city: City) -> None:
    request = make_request(city)
    answers = received(request, "0.95", "1.10")
    opened(request)
    for agent in (city.buyer, city.second_buyer):
        mark_all(agent, request)
    together, told = Barrier(2), []

    def choose(agent: Any, submission: Any) -> None:
        together.wait()
        try:
            choosing.choose(agent, request.sourcing.pk, None, submission.pk, None, WHY)
            told.append("made")
        except Refused as refused:
            told.append(refused.refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=choose, args=pair) for pair in zip((city.buyer, city.second_buyer), answers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("made") == 1 == Award.objects.count()
    assert Sourcing.objects.get(pk=request.sourcing.pk).state == Sourcing.State.CHOSEN


def test_the_page_says_who_has_not_finished_and_the_head_buyer_goes_on_without_him(city: City) -> None:
    request = make_request(city)
    (submission,) = received(request, "0.95")
    opened(request)
    mark_all(city.buyer, request)
    judged = request.sourcing.criteria.filter(kind="judged").first()
    assert judged
    evaluate.score(city.second_buyer, submission.pk, judged.pk, 40)
    address = reverse("comparison", args=[request.sourcing.need_id])
    page = signed_in(city.buyer).get(address).content.decode()
    assert "Salima Rosny n'a pas fini ses notes" in page and "Continuer sans" not in page
    aside = reverse("marks_set_aside", args=[request.sourcing.need_id, city.second_buyer.id])
    assert "ou le responsable" in signed_in(city.buyer).post(aside, {"reason": "Partie"}, follow=True).content.decode()
    head = signed_in(city.head_buyer)
    assert "Continuer sans Salima Rosny" in head.get(address).content.decode()
    assert "ne comptent plus" in head.post(aside, {"reason": "Partie en congé"}, follow=True).content.decode()
    assert "pas fini" not in signed_in(city.buyer).get(address).content.decode().partition("<main")[2]


def test_a_last_price_shows_its_reservation_its_documents_and_what_keeps_its_first_price(city: City) -> None:
    request = make_request(city, lines=2, places=2)
    (first,) = received(request, "0.95", places=frozenset({city.place.pk}), reservation="PAS-LE-LUNDI")
    opened(request)
    limit = AFTER + timedelta(days=2)
    evaluate.ask_last_price(city.buyer, request.sourcing.pk, [first.pk], limit)
    telephone = browser(first.invitation)
    form = telephone.get("/r/prix/").content.decode()
    assert "le premier prix de cet article reste bon" in form and "ce que vous ne faites pas" not in form
    typed = request.form("") | {f"price-{request.lines[0].pk.hex}": "0,80", "reservation": "PAS-EN-AOUT"}
    paper = SimpleUploadedFile("nouveau devis.txt", b"0,80")
    assert telephone.post("/r/prix/", {**typed, "documents": paper}).status_code == 302
    assert "votre premier prix reste bon" in telephone.get("/r/recepisse/").content.decode()
    with time_machine.travel(limit + timedelta(minutes=1), tick=True):
        opening.open_last_prices(city.buyer, request.sourcing.pk)
        client = signed_in(city.buyer)
        page = client.get(reverse("comparison", args=[request.sourcing.need_id])).content.decode()
        assert "PAS-EN-AOUT" in page and "premier prix" in page and "incomplet" not in page
        page = client.get(reverse("answer", args=[request.sourcing.need_id, first.pk])).content.decode()
        assert "PAS-EN-AOUT" in page and "nouveau devis.txt" in page
        table = client.get(reverse("comparison", args=[request.sourcing.need_id]) + "?export=csv").content.decode()
        assert "PAS-LE-LUNDI · PAS-EN-AOUT (dernier prix)" in table and city.place.name in table and "tous" not in table


def test_each_clarification_is_written_down_in_a_form_of_its_own_which_keeps_what_was_typed(city: City) -> None:
    request = make_request(city)
    (only,) = received(request, "0.95")
    opened(request)
    first, second = (evaluate.clarify(city.buyer, only.pk, question) for question in ("Et le lundi ?", "Et en août ?"))
    client = signed_in(city.buyer)
    ids = re.findall(r' id="([^"]+)"', client.get(reverse("answer", args=[request.sourcing.need_id, only.pk])).content.decode())
    assert len(ids) == len(set(ids))
    address = reverse("clarification_record", args=[request.sourcing.need_id, second.pk])
    empty = client.post(address, {"text": " "})
    assert empty.status_code == 422 and re.search(rf'id="id_{second.pk.hex}_text_error"', empty.content.decode())
    evaluate.record_clarification(city.second_buyer, second.pk, "Fermé en août.")
    late = client.post(address, {"text": "OUVERT-EN-AOUT"})
    page = late.content.decode()
    assert late.status_code == 422 and "Fermé en août." in page and "OUVERT-EN-AOUT" in page
    evaluate.record_clarification(city.buyer, first.pk, "Ouvert le lundi.")
    page = client.get(reverse("answer", args=[request.sourcing.need_id, only.pk])).content.decode()
    assert "Noter cette réponse" not in page


def test_a_firm_that_leaves_places_is_tagged_and_its_choice_asks_what_becomes_of_them(city: City) -> None:
    request = make_request(city, places=2)
    (only,) = received(request, "0.95", places=frozenset({request.places[0].pk}))
    opened(request)
    mark_all(city.buyer, request)
    client = signed_in(city.buyer)
    for address in (
        reverse("comparison", args=[request.sourcing.need_id]),
        reverse("answer", args=[request.sourcing.need_id, only.pk]),
    ):
        page = client.get(address).content.decode()
        assert "Ne sert pas tous les lieux" in page and request.places[1].name in page
    address = reverse("choice", args=[request.sourcing.need_id])
    page = client.post(address, {"submission": str(only.pk), "rationale": WHY})
    assert (
        page.status_code == 422 and "Dites ce que vous ferez pour eux" in page.content.decode() and WHY in page.content.decode()
    )
    typed = {"submission": str(only.pk), "rationale": WHY, "other_places": "Un autre boulanger pour la crèche."}
    assert client.post(address, typed).status_code == 302 and Award.objects.count() == 1


def cells(request: Any) -> list[str]:
    """The ends of the names of the fields of the grid: answers by arrival, criteria in order."""
    judged = request.sourcing.criteria.filter(kind="judged")
    return [Mark.cell(answer.pk, criterion.pk) for answer in opened_submissions(request.sourcing) for criterion in judged]


def test_all_the_marks_are_given_in_one_form_with_one_entry_each(city: City) -> None:
    request = make_request(city)
    received(request, "0.95", "1.10")
    opened(request)
    client = signed_in(city.buyer)
    address = reverse("comparison", args=[request.sourcing.need_id])
    page = client.get(address).content.decode()
    assert all(f'name="value-{cell}"' in page and f'name="reason-{cell}"' not in page for cell in cells(request))
    typed = {f"value-{cell}": str(70 + number) for number, cell in enumerate(cells(request))}
    typed[f"note-{cells(request)[0]}"] = "Goûtée à deux.\r\nTrès bonne."
    assert client.post(reverse("marks_give", args=[request.sourcing.need_id]), typed).status_code == 302
    assert sorted(Score.objects.values_list("value", flat=True)) == [70, 71, 72, 73]
    assert Entry.objects.filter(verb="score.given").count() == 4
    page = client.get(address).content.decode()
    assert f'name="reason-{cells(request)[0]}"' in page and "Goûtée à deux." in page
    assert client.post(reverse("marks_give", args=[request.sourcing.need_id]), typed).status_code == 302
    assert Entry.objects.filter(verb__startswith="score.").count() == 4, "what did not change writes nothing"


def test_a_grid_left_empty_says_that_nothing_changed(city: City) -> None:
    request = make_request(city)
    received(request, "0.95")
    opened(request)
    address = reverse("marks_give", args=[request.sourcing.need_id])
    page = signed_in(city.buyer).post(address, {}, follow=True).content.decode()
    assert "Aucune note n&#x27;est écrite : rien n&#x27;a changé." in page and "Vos notes sont gardées." not in page


def test_one_mark_to_mend_keeps_none_and_loses_nothing_typed(city: City) -> None:
    request = make_request(city)
    received(request, "0.95", "1.10")
    opened(request)
    first, second, third, fourth = cells(request)
    typed = {f"value-{first}": "80", f"value-{second}": "douze", f"value-{third}": "140", f"note-{fourth}": "MOT-SEUL"}
    page = signed_in(city.buyer).post(reverse("marks_give", args=[request.sourcing.need_id]), typed)
    text = page.content.decode()
    assert page.status_code == 422 and not Score.objects.exists()
    assert all(words in text for words in ('value="80"', 'value="douze"', 'value="140"', "MOT-SEUL"))
    assert "Écrivez un nombre entier" in text and "Une note va de 0 à 100" in text and "Écrivez la note" in text


def test_a_correction_in_the_grid_asks_for_its_reason_beside_the_mark(city: City) -> None:
    request = make_request(city)
    received(request, "0.95")
    opened(request)
    mark_all(city.buyer, request)
    first, second = cells(request)
    client = signed_in(city.buyer)
    address = reverse("marks_give", args=[request.sourcing.need_id])
    typed = {f"value-{first}": "60", f"value-{second}": "80"}
    page = client.post(address, typed)
    assert page.status_code == 422 and "dites pourquoi" in page.content.decode() and 'value="60"' in page.content.decode()
    assert client.post(address, {**typed, f"reason-{first}": "Regoûtée."}).status_code == 302
    assert sorted(Score.objects.filter(current=True).values_list("value", flat=True)) == [60, 80]
    assert client.post(address, {f"value-{first}": "", f"value-{second}": "80"}).status_code == 422, "a mark is not emptied"


def test_the_grid_shows_to_each_his_own_marks_alone_and_to_an_auditor_no_grid(city: City) -> None:
    request = make_request(city)
    received(request, "0.95")
    opened(request)
    mark_all(city.buyer, request, 91)
    address = reverse("comparison", args=[request.sourcing.need_id])
    page = signed_in(city.second_buyer).get(address).content.decode()
    assert "Vos notes" in page and 'value="91"' not in page and "91</strong>" not in page
    assert 'id="notes"' not in signed_in(city.auditor).get(address).content.decode()
