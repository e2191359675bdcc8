"""« Conservation »: what is kept, until when and why; who decides; what the pages of an erased purchase still say."""

from datetime import UTC, date, datetime
from uuid import uuid4

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.dossier import build
from sourcier.journal.models import Entry
from sourcier.law.retention import CONTACT, CONTRACT, PROCEDURE
from sourcier.retention import actions
from sourcier.retention.models import Clock, Hold, Visa
from sourcier.suppliers.models import Contact
from sourcier.web.awaiting import awaiting
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import Purchase, finished_purchase
from tests.safety.addresses import filled, ids, of_the_city, read
from tests.sourcing.stock import MATHILDE
from tests.vault import papers
from tests.web.clients import signed_in

OVER = datetime(2033, 1, 1, 8, tzinfo=UTC)


def page(agent: Agent, name: str, *ids_given: object) -> str:
    response = signed_in(agent).get(reverse(name, args=ids_given))
    assert response.status_code == 200
    return response.content.decode()


def send(agent: Agent, name: str, target: object, **fields: object) -> tuple[int, str]:
    response = signed_in(agent).post(reverse(name, args=[target]), fields, follow=True)
    return response.status_code, response.content.decode()


def clock(purchase: Purchase, kind: str) -> Clock:
    return Clock.objects.get(operation_id=purchase.need.pk, kind=kind)


def test_the_list_says_until_when_under_which_article_and_what_nobody_knows_yet(city: City) -> None:
    purchase = finished_purchase(city)
    shown = page(city.head_buyer, "retention")
    assert "1er octobre 2031" in shown and "R.2184-12" in shown and "R.2184-13" in shown
    assert purchase.need.reference in shown and "personne n'a dit quand" in shown.replace("&#x27;", "'")
    assert "Rien n'est arrivé à son terme" in shown.replace("&#x27;", "'")
    exported = signed_in(city.auditor).get(reverse("retention") + "?export=csv").content.decode("utf-8-sig")
    assert "R.2184-13" in exported and "2031" in exported


def test_a_head_buyer_holds_notes_signs_and_destroys_by_the_pages(city: City) -> None:
    purchase = finished_purchase(city)
    head, need = city.head_buyer, purchase.need.pk
    assert send(head, "retention_hold", need, **{"hold-reason": "court"})[0] == 422
    assert send(head, "retention_hold", need, **{"hold-reason": "Recours devant le tribunal"})[0] == 200
    assert "En attente : contentieux" in page(head, "retention_operation", need)
    assert send(head, "retention_release", need, **{"release-reason": "Jugement définitif"})[0] == 200
    with time_machine.travel(OVER, tick=True):
        status, told = send(head, "retention_end", need, **{"end-on": "2199-01-01"})
        assert status == 422 and "pas encore venu" in told
        assert send(head, "retention_end", need, **{"end-on": "2027-12-31"})[0] == 200
        paper = SimpleUploadedFile("visa.pdf", papers.pdf_bytes())
        visa = {"visa-reference": "AD93-117", "visa-signed_on": "2032-12-01", "visa-document": paper}
        assert send(head, "retention_visa", need, **visa)[0] == 200
        contract = clock(purchase, CONTRACT).pk
        preview = page(head, "retention_erase", contract)
        assert "contenus du journal" in preview and "devis signé.jpg" in preview and "Détruire définitivement" in preview
        assert send(head, "retention_erase", contract)[0] == 422
        assert Clock.objects.get(pk=contract).erased_at is None
        assert send(head, "retention_erase", contract, sure="on")[0] == 200
    assert Clock.objects.get(pk=contract).erased_at
    assert Visa.objects.get().reference == "AD93-117" and Hold.objects.get().lifted_at


def at_their_term(agent: Agent) -> list[str]:
    return [line.sentence for line in awaiting(agent) if line.url == reverse("retention")]


def test_the_home_page_of_who_decides_counts_what_has_come_to_its_term(city: City) -> None:
    purchase = finished_purchase(city)
    own = Clock.objects.filter(operation_id=purchase.need.pk)
    Clock.objects.exclude(operation_id=purchase.need.pk).delete()
    assert at_their_term(city.head_buyer) == [] and "conservation" not in page(city.head_buyer, "home")
    with time_machine.travel(OVER, tick=True):
        assert at_their_term(city.head_buyer) == ["Un dossier arrive au terme de sa conservation."]
        shown = page(city.head_buyer, "home")
        assert f'href="{reverse("retention")}"' in shown and "au terme de sa" in shown
        assert at_their_term(city.auditor) == at_their_term(city.buyer) == []
        Clock.objects.create(
            organisation=city.organisation, kind=CONTACT, subject_id=uuid4(), years=3, event="le dernier contact",
            article="RGPD", opened_at=OVER, started_on=date(2027, 1, 1), ends_on=date(2030, 1, 1),
        )  # fmt: skip
        assert at_their_term(city.head_buyer) == ["2 dossiers arrivent au terme de leur conservation."]
        actions.hold(city.head_buyer, purchase.need.pk, "Recours devant le tribunal")
        assert own.exists() and len(at_their_term(city.head_buyer)) == 1
        assert at_their_term(city.head_buyer)[0].startswith("Un dossier")


def test_an_auditor_reads_and_a_buyer_does_not(city: City) -> None:
    purchase = finished_purchase(city)
    shown = page(city.auditor, "retention_operation", purchase.need.pk)
    assert "R.2184-12" in shown and "Mettre en attente" not in shown and "Verser le visa" not in shown
    before = Entry.objects.count()
    for agent in (city.auditor, city.buyer, city.requester, city.admin):
        client = signed_in(agent)
        for name in ("retention_hold", "retention_release", "retention_end", "retention_visa"):
            assert client.post(reverse(name, args=[purchase.need.pk])).status_code == 403
        assert client.post(reverse("retention_erase", args=[clock(purchase, PROCEDURE).pk]), {"sure": "on"}).status_code == 403
    assert Entry.objects.count() == before
    assert signed_in(city.buyer).get(reverse("retention")).status_code == 403


def test_the_pages_of_an_erased_purchase_answer_and_name_nobody(city: City) -> None:
    purchase = finished_purchase(city)
    with time_machine.travel(OVER, tick=True):
        actions.note_end(city.head_buyer, purchase.need.pk, date(2027, 12, 31))
        paper = SimpleUploadedFile("visa.pdf", papers.pdf_bytes())
        actions.record_visa(city.head_buyer, purchase.need.pk, "AD93", date(2032, 1, 1), paper)
        actions.destroy(city.head_buyer, clock(purchase, CONTRACT).pk)
        export = build.take(city.auditor, purchase.need.pk)
        values = ids(purchase, export)
        client = signed_in(city.head_buyer)
        for pattern in of_the_city():
            if {"need_id", "sourcing_id"} & set(pattern.pattern.converters):
                for query, response in read(client, pattern, values):
                    assert response.status_code in (200, 302, 403, 404, 405), filled(pattern, values) + query
                    text = b"".join(response.streaming_content) if response.streaming else response.content
                    assert b"Mathilde Durand" not in text and b"tourn\xc3\xa9e qui passe" not in text, pattern.name


def test_a_person_of_a_kept_file_is_told_why_on_the_page(city: City) -> None:
    finished_purchase(city)
    contact = Contact.objects.get(value="mathilde@pain.example", firm__siret=MATHILDE.siret)
    address = reverse("firm_contact_forget", args=[contact.firm_id, contact.pk])
    assert signed_in(city.buyer).post(address).status_code == 403
    told = signed_in(city.head_buyer).post(address, follow=True).content.decode()
    assert "que la loi oblige à garder" in told and Contact.objects.filter(pk=contact.pk).exists()
