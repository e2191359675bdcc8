"""A request that has left changes for all at once, in the same words, or not at all."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing import queries
from sourcier.sourcing.actions import closing
from sourcier.sourcing.actions.correct import correct
from sourcier.sourcing.models import Correction, Extension, Relay, Sourcing
from tests.cities import City
from tests.quotes.requests import browser
from tests.sourcing.entries import entries, last_payload
from tests.sourcing.scenes import after_deadline, draft, in_days, invitation_of, sent
from tests.sourcing.stock import LEFORT, MATHILDE
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
WORDS = "Neuf crèches, et non huit."
PLAN = "La neuvième crèche est au 3 rue Neuve.".encode()


def test_all_are_told_the_same_words_by_their_own_channel_and_may_read_them_again(city: City) -> None:
    sourcing = sent(city)
    made = correct(city.buyer, sourcing.pk, f"  {WORDS}  ")
    told = OutgoingMessage.objects.filter(kind="correction", subject_id=made.pk)
    by_email = sourcing.invitations.filter(channel="email")
    assert set(told.values_list("to_address", flat=True)) == set(by_email.values_list("address", flat=True))
    assert len(set(told.values_list("body", flat=True))) == 1 and WORDS in told[0].body
    [relay] = Relay.objects.filter(subject=Relay.Subject.CORRECTION)
    assert relay.invitation == invitation_of(sourcing, LEFORT) and WORDS in relay.text
    assert last_payload(sourcing, "request.corrected")["text"] == WORDS
    assert WORDS in browser(invitation_of(sourcing, MATHILDE)).get("/r/").content.decode()
    assert WORDS in signed_in(city.buyer).get(reverse("notice", args=[sourcing.notice_slug])).content.decode()


def test_a_document_comes_to_all_with_its_fingerprint(city: City) -> None:
    sourcing = sent(city)
    correct(city.buyer, sourcing.pk, WORDS, document=SimpleUploadedFile("plan.txt", PLAN))
    [document] = sourcing.documents.select_related("file")
    page = browser(invitation_of(sourcing, MATHILDE)).get("/r/").content.decode()
    assert "plan.txt" in page and document.file.sha256[:12] in page


def test_past_the_deadline_a_new_one_opens_the_request_again(city: City) -> None:
    sourcing = sent(city)
    closing.close_due(after_deadline(sourcing))
    Sourcing.objects.filter(pk=sourcing.pk).update(deadline=in_days(-1))
    with pytest.raises(Refused) as refused:
        correct(city.buyer, sourcing.pk, WORDS)
    assert refused.value.field == "deadline"
    correct(city.buyer, sourcing.pk, WORDS, in_days(9))
    sourcing.refresh_from_db()
    assert sourcing.state == Sourcing.State.OPEN
    assert Extension.objects.get(sourcing=sourcing).reason == WORDS
    assert not OutgoingMessage.objects.filter(kind="extension").exists()  # one message says both


@pytest.mark.parametrize(("text", "days", "field"), [(" ", None, "text"), ("x" * 4_001, None, "text"), (WORDS, 1, "deadline")])
def test_what_is_refused_tells_nobody_anything(city: City, text: str, days: int | None, field: str) -> None:
    sourcing = sent(city)
    with pytest.raises(Refused) as refused:
        correct(city.buyer, sourcing.pk, text, in_days(days) if days else None)
    assert refused.value.field == field
    assert not Correction.objects.exists() and not entries(sourcing, "request.corrected")
    assert not OutgoingMessage.objects.filter(kind="correction").exists()


def test_a_draft_is_edited_and_only_buyers_of_this_city_correct(city: City, other_city: City) -> None:
    with pytest.raises(Refused) as refused:
        correct(city.buyer, draft(city).pk, WORDS)
    assert "corrigée" in refused.value.sentence
    sourcing = sent(city)
    with pytest.raises(PermissionDenied):
        correct(city.auditor, sourcing.pk, WORDS)
    with pytest.raises(Sourcing.DoesNotExist):
        correct(other_city.buyer, sourcing.pk, WORDS)
    assert queries.get(city.buyer, sourcing.pk).corrections.count() == 0
