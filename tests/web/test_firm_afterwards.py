"""What a firm does besides its price: too late, its receipt, no thanks, questions, a last price, the result."""

import json
import re
import time
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from sourcier.journal import keys, registry
from sourcier.journal.models import Entry
from sourcier.kernel.receipts import check_receipt, parse_receipt
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Clarification, LastPriceRound, Notification, Submission
from sourcier.sourcing.models import FirmQuestion, Sourcing
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, answer, browser, make_request
from tests.vault import papers
from tests.web.firm import Clock, code_by_mail, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("five_in_the_morning")]


def test_a_page_open_at_the_deadline_is_told_late_and_nothing_is_opened(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    client = browser(request.invite())
    assert client.get("/r/prix/").status_code == 200
    five_in_the_morning.move_to(DEADLINE + timedelta(seconds=1))
    client = _same_cookies_later(request.sourcing)
    client.post("/r/prix/", request.form())
    page = text(client, "/r/recepisse/")
    assert "La date limite est passée (mercredi 30 septembre, 12\xa0h). Votre réponse n'a pas été prise." in page
    assert "Voulez-vous être prévenu la prochaine fois ?" in page
    assert "0,95" not in page and "reste valable" not in page
    first = text(client, "/r/")
    assert "Votre réponse n'a pas été prise." in first and "RX-" not in first, "its number is a proof"
    assert "Répondez avant" not in first and "Poser une question par écrit" not in first
    assert client.post("/r/prevenir/", {"email": "moi@pain.example"})["Location"] == "/r/"
    assert client.post("/r/prevenir/", {"email": "moi"}).status_code == 400


def test_who_changes_his_answer_too_late_learns_that_the_former_one_counts(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    browser(request.invite()).post("/r/prix/", request.form("0,95"))
    number = Submission.objects.get().receipt_number
    five_in_the_morning.move_to(DEADLINE + timedelta(seconds=1))
    client = _same_cookies_later(request.sourcing)
    client.post("/r/prix/", request.form("0,80"))
    page = text(client, "/r/recepisse/")
    assert "n'a pas été prise" in page and "reste valable : c'est elle qui compte." in page
    assert number not in page and "0,95" not in page
    assert client.post("/r/recepisse/", {"code": "000000"}).status_code == 400
    client.post("/r/recepisse/", {"code": code_by_mail(client)})
    assert "0,95" in text(client, "/r/recepisse/")


def _same_cookies_later(sourcing: Sourcing) -> Client:
    """The cookie lives twelve hours: the page was opened the same morning."""
    return browser(sourcing.invitations.get())


def test_after_the_deadline_the_form_is_not_offered(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    invitation = request.invite()
    five_in_the_morning.move_to(DEADLINE + timedelta(hours=1))
    client = browser(invitation)
    page = text(client)
    assert "La date limite est passée" in page and "Oui, je donne mon prix" not in page
    assert client.get("/r/prix/")["Location"] == "/r/"


def test_the_link_alone_neither_shows_nor_changes_an_answer_a_code_sent_to_its_firm_does(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    sender = browser(invitation)
    sender.post("/r/prix/", request.form(email="moi@pain.example"))
    number = Submission.objects.get(state="received").receipt_number
    other = browser(invitation)
    page = text(other, "/r/recepisse/")
    assert "0,95" not in page and number not in page and "24 septembre" in page and "m…@pain.example" in page
    assert "mathilde@" not in page and "moi@" not in page
    assert other.get("/r/prix/")["Location"] == "/r/recepisse/?vers=prix"
    assert other.get("/r/non/")["Location"] == "/r/recepisse/?vers=non"
    assert other.get("/r/retirer/")["Location"] == "/r/recepisse/"
    refused = other.post("/r/prix/", request.form("0,10", note="tapé ici"))
    assert refused.status_code == 400 and b"vers=prix" in refused.content and "tapé ici" in refused.content.decode()
    assert other.post("/r/non/", {"reason": "no_time"}).status_code == 400
    assert other.post("/r/recepisse/", {"code": number}).status_code == 400
    code = code_by_mail(other)
    sent_to = OutgoingMessage.objects.filter(kind="code").values_list("to_address", flat=True)
    assert set(sent_to) == {"mathilde@pain.example", "moi@pain.example"}
    assert other.post("/r/recepisse/?vers=prix", {"code": f" {code[:3]} {code[3:]}"})["Location"] == "/r/prix/"
    assert "0,95" in text(other, "/r/prix/") and "0,95" in text(other, "/r/recepisse/")
    other.post("/r/retirer/")
    assert Submission.objects.get().state == "withdrawn"
    third = browser(invitation)
    assert third.post("/r/recepisse/", {"code": code}).status_code == 400, "it served once"
    verbs = list(Entry.objects.filter(verb__startswith="code.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["code.sent", "code.accepted"] and all(registry.VERBS[name].sealed for name in verbs)


def test_a_code_lives_ten_minutes_and_five_tries_and_the_browser_that_sent_half_an_hour(
    city: City, five_in_the_morning: Clock
) -> None:
    request = make_request(city)
    invitation = request.invite()
    sender = browser(invitation)
    sender.post("/r/prix/", request.form())
    assert "0,95" in text(sender, "/r/prix/"), "the browser that has just sent it needs nothing"
    five_in_the_morning.shift(timedelta(minutes=31))
    assert "0,95" not in text(sender, "/r/recepisse/")
    code = code_by_mail(sender)
    five_in_the_morning.shift(timedelta(minutes=11))
    assert sender.post("/r/recepisse/", {"code": code}).status_code == 400
    code = code_by_mail(sender)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    began = time.perf_counter()
    for _ in range(5):
        assert sender.post("/r/recepisse/", {"code": wrong}).status_code == 400
    assert time.perf_counter() - began >= 5 * 0.2, "a wrong one takes the time of a right one"
    assert sender.post("/r/recepisse/", {"code": code}).status_code == 400
    assert sender.post("/r/recepisse/", {"code": code_by_mail(sender)}).status_code == 302
    for _ in range(3):
        code_by_mail(sender)
    page = unescape(sender.post("/r/recepisse/", {"send": "1"}).content.decode())
    assert "Trop d'essais" in page


def test_without_an_e_mail_the_number_of_the_receipt_is_the_proof_and_is_not_guessed_for_long(city: City) -> None:
    request = make_request(city)
    invitation = request.invite(email="")
    sent = act.submit(invitation, answer(request), received_at=BEFORE)
    client = browser(invitation)
    assert "0,95" not in text(client, "/r/recepisse/")
    assert client.post("/r/recepisse/", {"send": "1"}).status_code == 200 and not OutgoingMessage.objects.exists()
    assert client.post("/r/recepisse/", {"code": sent.receipt_number.lower()}).status_code == 302
    assert "0,95" in text(client, "/r/recepisse/")
    other = browser(invitation)
    for _ in range(9):
        assert other.post("/r/recepisse/", {"code": "RX-AAAA"}).status_code == 400
    page = unescape(other.post("/r/recepisse/", {"code": sent.receipt_number}).content.decode())
    assert "Trop d'essais" in page


def test_two_people_of_a_firm_the_second_shows_who_he_is_and_sees_that_it_replaced_the_first(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    one, two = browser(invitation), browser(invitation)
    assert one.get("/r/prix/").status_code == two.get("/r/prix/").status_code == 200
    one.post("/r/prix/", request.form("1,00"))
    one.post("/r/prix/", request.form("1,00"))  # a double tap
    assert two.post("/r/prix/", request.form("0,90")).status_code == 400
    two.post("/r/recepisse/", {"code": code_by_mail(two)})
    assert "Cette réponse remplacera celle du" in text(two, "/r/prix/")
    two.post("/r/prix/", request.form("0,90"))
    first = Submission.objects.filter(state="replaced").latest("received_at", "entry_id")
    assert f"remplace celle du récépissé {first.receipt_number}" in text(two, "/r/recepisse/")
    assert "a remplacé celle-ci" in text(one, "/r/recepisse/")


@pytest.mark.parametrize(("page", "typed"), [("/r/prix/", {}), ("/r/non/", {"reason": "no_time"})])
def test_what_a_telephone_sends_again_not_knowing_that_it_arrived_makes_one_answer(
    city: City, page: str, typed: dict[str, str], five_in_the_morning: Clock
) -> None:
    request = make_request(city)
    client = browser(request.invite())
    before = client.cookies.copy()
    key = re.search(r'name="envoi" value="(\w+)"', text(client, page))
    assert key

    def send() -> None:
        joined = {} if typed else {"photo": SimpleUploadedFile("page-1.jpg", papers.JPEG)}
        client.cookies = before.copy()  # the network dropped before the receipt came
        sent = client.post(page, {**(typed or request.form()), **joined, "envoi": key[1]})
        assert sent["Location"] == "/r/recepisse/"

    send()
    send()
    made = Submission.objects.get()
    assert made.receipt_number in text(client, "/r/recepisse/") and made.documents.count() == (not typed)
    five_in_the_morning.shift(timedelta(hours=1))
    send()
    assert made.receipt_number not in text(client, "/r/recepisse/"), "a page left open long ago shows nothing again"
    assert Submission.objects.count() == 1


def test_the_signed_receipt_is_a_file(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    client.post("/r/prix/", request.form())
    response = client.post("/r/recepisse/fichier/")
    number = Submission.objects.get(state="received").receipt_number
    assert response["Content-Disposition"] == f'attachment; filename="{number}.tlog-proof"'
    assert response.content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert client.get("/r/recepisse/fichier/").status_code == 405


def test_no_thanks_with_a_reason(city: City) -> None:
    client = browser(make_request(city).invite())
    assert "Pas le temps" in text(client, "/r/non/")
    assert client.post("/r/non/", {"note": "déjà pris"}).content.decode().count("déjà pris") == 1
    assert client.post("/r/non/", {"reason": "no_time", "note": "déjà pris"})["Location"] == "/r/recepisse/"
    assert "Non merci : Pas le temps." in text(client, "/r/recepisse/")
    assert "Vous avez dit non merci." in text(client)


def test_write_to_me_no_more_takes_a_post(city: City) -> None:
    invitation = make_request(city).invite()
    client = browser(invitation)
    client.get("/r/ne-plus-ecrire/")
    invitation.firm.refresh_from_db()
    assert invitation.firm.unsubscribed_at is None
    client.post("/r/ne-plus-ecrire/")
    assert "C'est noté. La mairie ne vous écrira plus pour ses achats." in text(client, "/r/ne-plus-ecrire/")
    invitation.firm.refresh_from_db()
    assert invitation.firm.unsubscribed_at is not None
    assert "Télécharger le récépissé signé" in text(client, "/r/ne-plus-ecrire/")


@pytest.mark.parametrize(
    ("path", "typed", "wish", "verb"),
    [
        ("/r/ne-plus-ecrire/", {}, "ne-plus-ecrire", "firm.unsubscribed"),
        ("/r/prevenir/", {"email": "moi@pain.example"}, "prevenir", "firm.wants_news"),
    ],
)
def test_what_a_firm_asks_for_itself_has_its_signed_receipt(
    city: City, path: str, typed: dict[str, str], wish: str, verb: str
) -> None:
    request = make_request(city)
    client, other = browser(request.invite()), browser(request.invite("Fournil", "f@pain.example"))
    address = f"/r/souhait/{wish}/recepisse/"
    assert client.post(address)["Location"] == "/r/"
    client.post(path, typed)
    given = parse_receipt(client.post(address).content.decode())
    check_receipt(given, keys.public_key(city.organisation.pk))
    assert json.loads(given.entry)["verb"] == verb
    assert other.post(address)["Location"] == "/r/" and client.post("/r/souhait/autre/recepisse/")["Location"] == "/r/"


def test_a_receipt_that_cannot_be_signed_is_said_and_what_was_sent_is_kept(city: City) -> None:
    request = make_request(city)
    client = browser(request.invite())
    client.post("/r/prix/", request.form())
    keys.key_file(city.organisation.pk).unlink()
    page = unescape(client.post("/r/recepisse/fichier/", follow=True).content.decode())
    assert "ne peut pas être donné pour l'instant" in page and "est bien arrivé" in page
    assert Submission.objects.get(state="received")


def test_a_question_leaves_and_answers_are_read_without_their_asker(city: City) -> None:
    request = make_request(city)
    other = request.invite("Fournil", "f@pain.example")
    FirmQuestion.objects.create(
        sourcing=request.sourcing, invitation=other, text="À quelle heure ?", asked_at=BEFORE, answer="Avant 7 h.",
        answered_by=city.buyer.user, answered_at=BEFORE,
    )  # fmt: skip
    client = browser(request.invite())
    page = text(client, "/r/questions/")
    assert "À quelle heure ?" in page and "Avant 7 h." in page and "Fournil" not in page
    assert "Écrivez quelques mots." in client.post("/r/questions/", {"text": " "}).content.decode()


def test_a_question_asked_shows_its_receipt_to_its_firm_alone(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city)
    client, other = browser(request.invite()), browser(request.invite("Fournil", "f@pain.example"))
    page = client.post("/r/questions/", {"text": "Livrer le samedi ?"}, follow=True).content.decode()
    question = FirmQuestion.objects.get()
    assert f"Votre récépissé : {question.receipt_number}." in page
    assert f"<strong>{question.receipt_number}</strong>" in text(client, "/r/questions/")
    assert question.receipt_number not in text(other, "/r/questions/")
    file = client.post(f"/r/questions/{question.pk}/recepisse/")
    assert file["Content-Disposition"] == f'attachment; filename="{question.receipt_number}.tlog-proof"'
    assert file.content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert other.post(f"/r/questions/{question.pk}/recepisse/")["Location"] == "/r/questions/"


def test_a_last_price_is_asked_and_keeps_the_first(city: City, five_in_the_morning: Clock) -> None:
    request = make_request(city, state="opened")
    invitation = request.invite()
    first = act.submit(invitation, answer(request), received_at=BEFORE)
    five_in_the_morning.move_to(DEADLINE + timedelta(days=1))
    asked = LastPriceRound.objects.create(
        sourcing=request.sourcing, asked_by=city.buyer.user, asked_at=timezone.now(), deadline=DEADLINE + timedelta(days=3)
    )
    asked.submissions.set([first])
    client = browser(invitation)
    assert "La mairie vous demande un dernier prix." in text(client)
    assert client.post("/r/prix/", request.form("0,90")).status_code == 302
    last = Submission.objects.get(round=2)
    first.refresh_from_db()
    assert (last.state, last.replaces, first.state) == ("received", None, "received")
    outsider = browser(request.invite("Pas gardée", "x@pain.example"))
    assert "La date limite est passée" in text(outsider)


def test_a_clarification_is_answered_once(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    sent = act.submit(invitation, answer(request), received_at=BEFORE)
    Sourcing.objects.update(state="opened")
    asked = Clarification.objects.create(
        submission=sent, question="Le mercredi aussi ?", asked_by=city.buyer.user, asked_at=timezone.now()
    )
    client = browser(invitation)
    assert "La mairie vous demande une précision." in text(client)
    assert client.post(f"/r/precision/{asked.pk}/", {"text": "Oui"}).status_code == 302
    page = text(client, f"/r/precision/{asked.pk}/")
    asked.refresh_from_db()
    assert "Bien reçue le" in page and asked.receipt_number in page
    file = client.post(f"/r/precision/{asked.pk}/recepisse/")
    assert file["Content-Disposition"] == f'attachment; filename="{asked.receipt_number}.tlog-proof"'
    other = browser(request.invite("Fournil", "f@pain.example"))
    assert other.post(f"/r/precision/{asked.pk}/recepisse/")["Location"] == "/r/"
    assert client.post(f"/r/precision/{asked.pk}/", {"text": "Non"}).status_code == 400


def test_the_result_is_read_once_told(city: City) -> None:
    request = make_request(city, state="chosen")
    invitation = request.invite()
    answered = act.submit(invitation, answer(request), received_at=BEFORE)
    told = Notification.objects.create(
        sourcing=request.sourcing, firm=invitation.firm, submission=answered, channel="email", sentence="Plus cher.",
        body="Votre devis n'est pas choisi. Votre place : 3e sur 5.",
    )  # fmt: skip
    client = browser(invitation)
    assert client.get("/r/resultat/")["Location"] == "/r/"
    told.state = "sent"
    told.save()
    assert "Lire le résultat" in text(client)
    assert "Votre place : 3e sur 5." in text(client, "/r/resultat/")
