"""A firm asked by SMS: the request, then all that follows, by its own channel, with a link that gives the same rights."""

from typing import Any

import pytest
from django.utils import timezone

from sourcier.journal.queries import sentence
from sourcier.kernel.sms import LIMIT, septets
from sourcier.kernel.transitions import Refused
from sourcier.mail import secrets
from sourcier.mail.models import OutgoingMessage, OutgoingText, StoppedNumber
from sourcier.mail.rules import SECRET_MARK
from sourcier.mail.text_outbox import send_texts_due
from sourcier.sourcing import queries
from sourcier.sourcing.actions import correct, invite, posting, questions
from sourcier.sourcing.models import Invitation, Relay, Sourcing
from sourcier.sourcing.texted import texts_of
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers.models import Contact
from sourcier.suppliers.queries import mobiles_of
from tests.cities import City
from tests.mail.gateways import gateway
from tests.sourcing.entries import entries, last_payload
from tests.sourcing.scenes import in_days, invitation_of, ready
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER

MOBILE = "+33612345612"


@pytest.fixture
def texting(settings: Any) -> None:
    settings.SMS_URL = "http://127.0.0.1:1/"


def by_text(city: City) -> Sourcing:
    """Lefort, who has a mobile and no e-mail, is asked by SMS; the two others by e-mail."""
    sourcing = ready(city)
    firm = city.organisation.firms.get(siret=LEFORT.siret)
    suppliers.add_contact(city.buyer, firm.pk, "phone", "06 12 34 56 12", "", "essai")
    invite.send(city.buyer, sourcing.pk, [firm.pk])
    sourcing.refresh_from_db()
    return sourcing


def words(kind: str) -> str:
    """The SMS of that kind as it leaves."""
    text = OutgoingText.objects.get(kind=kind)
    return text.body.replace(SECRET_MARK, secrets.unseal(text.secret))


def test_the_request_leaves_by_sms_at_the_same_minute_with_the_firms_own_link(city: City, texting: None) -> None:
    sourcing = by_text(city)
    asked = invitation_of(sourcing, LEFORT)
    assert (asked.channel, asked.mobile, asked.address, asked.state) == ("sms", MOBILE, "", "waiting")
    text = OutgoingText.objects.get()
    mails = OutgoingMessage.objects.filter(kind="invitation")
    assert mails.count() == 2 and abs(text.created_at - mails[0].created_at).total_seconds() < 60
    said = words("invitation")
    assert said.startswith("Ville de Rosny vous demande un devis avant le ") and septets(said) <= LIMIT
    assert queries.invitation_by_token(said.rpartition("/r/")[2]) == asked
    told = last_payload(sourcing, "sourcing.sent")
    assert (told["by_email"], told["by_letter"], told["channels"]) == (2, 0, ["2 par courriel", "1 par SMS"])
    assert "3 entreprises : 2 par courriel, 1 par SMS. Date limite" in sentence(entries(sourcing)[-1])
    assert queries.counts(sourcing).by_text == 1


def test_what_follows_goes_by_the_same_channel_and_nothing_is_left_to_pass_on(city: City, texting: None) -> None:
    sourcing = by_text(city)
    asked = questions.ask(invitation_of(sourcing, MATHILDE), "Les tranches ?")
    questions.answer(city.buyer, asked.pk, "Non.")
    invite.extend(city.buyer, sourcing.pk, in_days(40), "Une fête.")
    correct.correct(city.buyer, sourcing.pk, "Huit crèches.")
    kinds = ["answer", "correction", "extension"]
    assert sorted(OutgoingText.objects.exclude(kind="invitation").values_list("kind", flat=True)) == kinds
    assert all(septets(words(kind)) <= LIMIT and "/r/" in words(kind) for kind in kinds)
    assert not Relay.objects.exists()
    own = questions.ask(invitation_of(sourcing, LEFORT), "À quelle heure ?")
    receipt = OutgoingText.objects.get(kind="acknowledgement")
    assert receipt.sealed and own.receipt_number in receipt.body


def test_what_became_of_it_is_told_and_a_number_refused_is_marked_then_corrected(city: City, settings: Any) -> None:
    settings.SMS_URL = "http://127.0.0.1:1/"
    sourcing = by_text(city)
    with gateway(settings) as there:
        there.by_number = {MOBILE: 400}
        send_texts_due()
    failed = invitation_of(sourcing, LEFORT)
    [line] = texts_of(sourcing)
    assert failed.state == "failed" and line.lost and line.why == "La passerelle de SMS refuse ce numéro (400)."
    assert Contact.objects.get(value="06 12 34 56 12").state == "failing" and failed in queries.undelivered(sourcing)
    former = failed.token_sha256
    invite.replace_address(city.buyer, failed.pk, "+33612345699")
    assert invitation_of(sourcing, LEFORT).token_sha256 != former
    with gateway(settings) as there:
        send_texts_due()
        assert [each["to"] for each in there.got] == ["+33612345699"]
    sent = invitation_of(sourcing, LEFORT)
    assert (sent.state, sent.mobile) == ("sent", "+33612345699") and texts_of(sourcing)[0].became == "envoyé"
    Invitation.objects.filter(pk=sent.pk).update(state="failed")
    posting.by_letter(city.buyer, sent.pk)
    invite.extend(city.buyer, sourcing.pk, in_days(40), "Une fête.")
    assert OutgoingText.objects.filter(kind="extension").count() == 0 and Relay.objects.count() == 1


def test_a_firm_without_a_mobile_is_never_asked_otherwise_than_chosen(city: City, settings: Any) -> None:
    settings.SMS_URL = "http://127.0.0.1:1/"
    sourcing = ready(city)
    perrier = city.organisation.firms.get(siret=PERRIER.siret)
    suppliers.add_contact(city.buyer, perrier.pk, "phone", "01 48 12 34 56", "", "essai")
    with pytest.raises(Refused, match="no_mobile"):
        invite.send(city.buyer, sourcing.pk, [perrier.pk])
    suppliers.add_contact(city.buyer, perrier.pk, "phone", "06 12 34 56 12", "", "essai")
    assert mobiles_of([perrier.pk]) == {perrier.pk: MOBILE}
    StoppedNumber.objects.create(organisation=city.organisation, number=MOBILE, stopped_at=timezone.now())
    assert mobiles_of([perrier.pk]) == {}
    StoppedNumber.objects.all().delete()
    settings.SMS_URL = ""
    assert mobiles_of([perrier.pk]) == {}
    assert not Invitation.objects.exists() and not OutgoingText.objects.exists()
