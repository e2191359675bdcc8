"""The fingerprint of the city's key is on all that the city gives: it ties the journal from outside."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from docx import Document

from sourcier.accounts.minutes import minutes
from sourcier.journal.keys import fingerprint
from sourcier.journal.models import Entry
from sourcier.mail.outbox import send_due
from sourcier.quotes.actions.paper import register_paper
from sourcier.quotes.models import Notification
from sourcier.quotes.paper_receipt import paper_receipt
from sourcier.sourcing import letter
from sourcier.sourcing.actions import closing, notice
from sourcier.sourcing.models import Relay
from tests.dossier.purchase import Purchase, dossier_of
from tests.pdf import text_of
from tests.quotes.requests import BEFORE, browser, make_request
from tests.sourcing.secrets import confirmation_token
from tests.sourcing.stock import FAR, LEFORT
from tests.vault import papers
from tests.web.firm import text

MESSAGES = {
    "La mairie de Rosny cherche un boulanger", "Une question et sa réponse", "Nouvelle date limite", "Consultation arrêtée",
    "Bien reçu", "Arrivé trop tard", "Réponse retirée", "Une précision sur votre devis", "Votre devis est choisi",
    "Le résultat", "Confirmez votre adresse", "Votre page",
}  # fmt: skip


def on_paper(purchase: Purchase) -> dict[str, str]:
    """What the city prints or joins of a finished purchase, as its reader copies it out."""
    sourcing, lefort = purchase.sourcing_now(), purchase.invitation(LEFORT)
    word = Document(BytesIO(letter.invitation_word(sourcing, [lefort])))
    pdfs = {
        "letter": letter.invitation_letters(sourcing, [lefort]),
        "letter as it left": letter.invitation_copy(lefort),
        "relay": letter.relay_letters(sourcing, list(Relay.objects.filter(invitation=lefort))),
        "result on paper": letter.result_letters(sourcing, [(lefort, Notification.objects.earliest("pk").body)]),
        "minutes": minutes(purchase.city.organisation),
    }
    for name, for_third_party in (("report", False), ("communicable report", True)):
        with ZipFile(BytesIO(dossier_of(purchase, for_third_party=for_third_party))) as dossier:
            pdfs[name] = dossier.read("data/rapport.pdf")
    return {name: text_of(pdf) for name, pdf in pdfs.items()} | {"Word": word.sections[0].footer.paragraphs[0].text}


def to_a_firm(purchase: Purchase) -> dict[str, str]:
    """The pages and the paper of those who answer another request, and the messages to who came by its notice; its end."""
    request = make_request(purchase.city)
    invitation = request.invite()
    with time_machine.travel(BEFORE + timedelta(minutes=1), tick=True):
        photo = SimpleUploadedFile("enveloppe.jpg", papers.JPEG)
        kept = register_paper(purchase.city.buyer, request.invite("Fournil", "").pk, photo, BEFORE, "Coffre")
        firm = browser(invitation)
        firm.post("/r/prix/", request.form())
        firm.post("/r/questions/", {"text": "Livrez-vous le lundi ?"})
        receipt, questions = text(firm, "/r/recepisse/"), text(firm, "/r/questions/")
        firm.post("/r/retirer/")
        firm.post("/r/ne-plus-ecrire/")
        notice.come(request.sourcing, FAR.siret, "lyon@pain.example", "")
        notice.confirm(confirmation_token("lyon@pain.example"))
        closing.end(purchase.city.buyer, request.sourcing.pk, "Les crèches feront leur pain.")
        send_due(timezone.now())
        return {
            "receipt": receipt,
            "receipt of a question": questions,
            "answer taken back": text(firm, "/r/recepisse/"),
            "wish": text(firm, "/r/ne-plus-ecrire/"),
            "printed receipt": text_of(paper_receipt(kept, Entry.objects.get(pk=kept.entry_id))),
        }


def test_the_fingerprint_is_on_every_letter_receipt_report_and_in_the_minutes(finished: Purchase) -> None:
    given = on_paper(finished) | to_a_firm(finished)
    messages = {message.subject: str(message.body) for message in mail.outbox}
    assert {subject.split(" : ")[0] for subject in messages} == MESSAGES
    key = fingerprint(finished.city.organisation.pk).replace(" ", "")
    assert [name for name, said in (given | messages).items() if key not in "".join(said.split())] == []
