"""« Proposer une idée »: said by anyone, read by the city alone, routed, answered in time, with a receipt that verifies."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.actions import add_department, update_organisation
from sourcier.accounts.agents import Agent
from sourcier.ideas import queries, rules
from sourcier.ideas.actions import Told, answer, propose
from sourcier.ideas.models import Idea
from sourcier.ideas.routing import propose as route
from sourcier.journal.keys import public_key
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.kernel.receipts import check_receipt, parse_receipt
from sourcier.mail.actions import send_due
from sourcier.mail.models import OutgoingMessage
from sourcier.needs.models import NeedActivity
from sourcier.retention.clocks import today
from sourcier.suppliers.actions import forget_itself
from sourcier.web.uploads import welcome
from tests.cities import City
from tests.correspondences import insee_table
from tests.quotes.requests import make_request
from tests.vault import papers
from tests.web.clients import signed_in
from tests.web.test_place_pages import insider, met, said

pytestmark = pytest.mark.django_db
PAGE = "/proposer-une-idee/rosny/"
WORDS = "Nous réparons les vélos des agents <b>à la mairie</b>, chaque mardi."
TOLD = {"words": WORDS, "name": "Vélo Lyon", "email": "Lyon@velo.example"}


@pytest.fixture(autouse=True)
def vault(settings: Any, tmp_path: Path) -> None:
    settings.VAULT = tmp_path / "vault"


def proposed(city: City, **more: str) -> Idea:
    return propose(
        city.organisation, Told(**{"words": WORDS, "trade": "vélos", "email": "lyon@velo.example", **more}), None, ""
    )


def lines(agent: Agent) -> list[str]:
    return [line.sentence for line in queries.awaiting(agent)]


def test_anyone_proposes_and_leaves_with_a_receipt_that_verifies(city: City) -> None:
    client = Client()
    page = said(client, PAGE)
    assert "30 jours au plus" in page and "ni les autres entreprises, ni le public" in page
    sent = said(client, PAGE, {**TOLD, "file": SimpleUploadedFile("plan.pdf", papers.pdf_bytes())})
    idea = Idea.objects.get()
    assert idea.receipt_number in sent and "identité non vérifiée" in sent
    text = client.post(f"{PAGE}recepisse/").content.decode()
    proof = parse_receipt(text)
    check_receipt(proof, public_key(city.organisation.pk))
    assert Entry.objects.get(verb="idea.received").raw == proof.entry
    send_due()
    letter = mail.outbox[0]
    assert "lyon@velo.example" in letter.to[0] and WORDS not in str(letter.body)
    assert [name for name, *_ in letter.attachments] == [f"{idea.receipt_number}.tlog-proof"]
    assert not verify(city.organisation.pk).problems
    stranger = Client()
    assert stranger.get(f"{PAGE}envoyee/").status_code == stranger.post(f"{PAGE}recepisse/").status_code == 302


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"words": "  "}, "en quelques mots"),
        ({"name": ""}, "Dites qui vous êtes"),
        ({"email": "lyon"}, "n'est pas complète"),
        ({"siret": "123"}, "14 chiffres"),
        ({"complement": "https://casino.example"}, "doit rester vide"),
        ({"file": SimpleUploadedFile("x.exe", b"MZ" + bytes(99))}, "Choisissez de nouveau le document"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(city: City, wrong: dict[str, Any], says: str) -> None:
    page = said(Client(), PAGE, {**TOLD, **wrong}, 422)
    assert says in page and not Idea.objects.exists() and not OutgoingMessage.objects.exists()
    assert WORDS in page or "words" in wrong


def test_the_number_of_ideas_is_limited_per_address_range_and_the_weight_of_a_file_before_it_is_read(
    city: City, rf: Any
) -> None:
    def tried(sender: str, email: str) -> int:
        return Client(REMOTE_ADDR=sender).post(PAGE, {**TOLD, "email": email}).status_code

    assert [tried("203.0.113.7", f"a{n}@b.example") for n in range(rules.BY_SENDER)] == [302] * rules.BY_SENDER
    assert tried("203.0.113.99", "c@b.example") == 429 and tried("198.51.100.1", "c@b.example") == 302
    heavy = {"CONTENT_LENGTH": str(rules.LIGHT_FILE)}
    assert welcome(rf.post(PAGE, **heavy)) and not welcome(rf.post("/avis/x/", **heavy))
    assert not welcome(rf.post(PAGE, CONTENT_LENGTH=str(rules.LIGHT_FILE + 1_000_000)))


def test_an_idea_goes_to_the_department_that_asks_for_such_things_and_a_person_may_send_it_elsewhere(city: City) -> None:
    bread = make_request(city).sourcing.need
    NeedActivity.objects.create(need=bread, nomenclature="NAFRev2", code="10.71C", label="Boulangerie", words=[], proposed=True)
    lost = proposed(city, words="Zzz", trade="", name="Zed")
    idea = proposed(city, words="Du pain au levain, livré aux crèches", trade="boulanger")
    assert (lost.department, idea.department) == (None, city.department)
    assert "« pain »" in idea.routed_because and "Petite enfance l'a demandée une fois" in idea.routed_because
    assert [len(lines(agent)) for agent in (city.requester, city.buyer, city.auditor)] == [1, 1, 0]
    elsewhere = add_department(city.head_buyer, "Cantines")
    client = signed_in(city.requester)
    page = said(client, reverse("idea_route", args=[idea.pk]), {"department": city.department.pk}, 422)
    assert "y est déjà" in page
    page = said(client, reverse("idea_route", args=[idea.pk]), {"department": elsewhere.pk})
    assert "Aucune idée encore" in page, "it is no longer his to read"
    assert lines(city.requester) == [] and len(lines(city.buyer)) == 2
    assert client.get(reverse("idea", args=[idea.pk])).status_code == 404
    assert client.post(reverse("idea_answer", args=[idea.pk]), {"answer": "Oui"}).status_code == 404


def test_a_department_whose_needs_bear_naf_2025_is_found_by_what_corresponds(city: City, settings: Any) -> None:
    bread = make_request(city).sourcing.need
    told = {"code": "10.71H", "label": "Pain", "words": [], "proposed": False}
    ticked = NeedActivity.objects.create(need=bread, nomenclature="NAF2025", **told)
    with insee_table(settings, ("10.71C", "10.71H")):
        assert route(city.organisation, "Du pain au levain").department == city.department
        ticked.nomenclature = "NAFRev2"
        ticked.save()
        assert route(city.organisation, "Du pain au levain").department is None, "the same code of the other is another"


def test_an_idea_is_late_after_the_city_s_own_delay_and_the_head_buyer_sees_it(city: City) -> None:
    update_organisation(city.head_buyer, idea_days=10)
    city.organisation.refresh_from_db()
    idea = proposed(city, words="Zzz", trade="menuisier")
    assert idea.answer_by == today() + timedelta(days=10)
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        for agent in (city.buyer, city.head_buyer):
            assert lines(agent)[0].startswith("Idée en retard, réponse promise avant le")
        page = said(signed_in(city.auditor), reverse("ideas"))
        assert "En retard" in page and "menuisier" in page
        assert "Envoyer la réponse" not in said(signed_in(city.auditor), reverse("idea", args=[idea.pk]))


def test_the_answer_leaves_once_by_e_mail_and_the_journal_tells_all_of_it(city: City) -> None:
    idea, client = proposed(city), signed_in(city.buyer)
    page = said(client, reverse("idea", args=[idea.pk]))
    assert WORDS in page and "identité non vérifiée" in page
    assert "Dites comment" in said(client, reverse("idea_check", args=[idea.pk]), {"how": " "}, 422)
    said(client, reverse("idea_check", args=[idea.pk]), {"how": "Rappel au numéro du répertoire"})
    assert "Écrivez votre réponse" in said(client, reverse("idea_answer", args=[idea.pk]), {"answer": " "}, 422)
    said(client, reverse("idea_answer", args=[idea.pk]), {"answer": "Merci. Venez nous voir mardi."})
    send_due()
    assert "Venez nous voir mardi." in str(mail.outbox[-1].body)
    idea.refresh_from_db()
    assert (idea.state, idea.told_how, idea.unverified) == ("answered", "par courriel", False)
    assert "déjà sa réponse" in said(client, reverse("idea_answer", args=[idea.pk]), {"answer": "Encore"})
    told = [verb for verb in Entry.objects.order_by("index").values_list("verb", flat=True) if verb.startswith("idea.")]
    assert told == ["idea.received", "idea.checked", "idea.answered", "idea.told"]
    assert lines(city.buyer) == [] and not verify(city.organisation.pk).problems
    forget = reverse("idea_forget", args=[idea.pk])
    head = signed_in(city.head_buyer)
    found = head.post(reverse("person_request"), {"text": "lyon@velo.example"}).content.decode()
    assert reverse("idea", args=[idea.pk]) in found and forget in said(head, reverse("idea", args=[idea.pk]))
    assert client.post(forget).status_code == 403
    assert "à la demande de son auteur" in said(head, forget, {}) and "déjà effacée" in said(head, forget, {})
    left = str([payload_of(entry) for entry in Entry.objects.all()]) + str(list(OutgoingMessage.objects.values()))
    left += str(Idea.objects.values())
    assert [left[max(0, at.start() - 60) : at.end() + 20] for at in re.finditer("Venez|vélos des agents", left)] == []
    assert not verify(city.organisation.pk).problems


def test_from_its_place_a_firm_reads_the_answer_which_somebody_passes_on_when_no_e_mail_reaches_it(
    city: City, other_city: City
) -> None:
    firm = met(city)
    client = insider(city, firm)
    assert client.get("/place/idees/")["Location"] == "/place/"
    said(client, "/place/ouvrir/", {})
    page = said(client, "/place/idees/", {"words": WORDS, "file": SimpleUploadedFile("velo.jpg", papers.JPEG)})
    idea = Idea.objects.get()
    assert idea.receipt_number in page and (idea.firm, idea.name, idea.unverified) == (firm, firm.name, False)
    answer(city.buyer, idea.pk, "Passez mardi.")
    assert "Passez mardi." in said(client, "/place/idees/")
    assert lines(city.buyer) == ["Réponse à une idée, à transmettre autrement : Au pain de Mathilde"]
    agent = signed_in(city.buyer)
    assert b"".join(agent.get(reverse("idea_file", args=[idea.pk])).streaming_content) == papers.JPEG  # type: ignore[arg-type]
    said(agent, reverse("idea_told", args=[idea.pk]), {"how": "Lue au téléphone"})
    assert lines(city.buyer) == []
    receipt = f"/place/idees/{idea.pk}/recepisse/"
    assert client.post(receipt)["Content-Disposition"].endswith('.tlog-proof"')
    stranger = met(other_city)
    assert insider(other_city, stranger).post(receipt).status_code == 404
    assert "Récépissé" not in said(signed_in(other_city.buyer), reverse("ideas"))
    forget_itself(firm.keys.first())
    idea.refresh_from_db()
    assert (idea.state, idea.file, idea.answer) == ("erased", None, "") and WORDS not in str(Idea.objects.values())
    # The firm of this scene was met without an entry.
    assert {problem.code for problem in verify(city.organisation.pk).problems} <= {"row_unknown"}
