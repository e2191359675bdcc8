"""What someone asks on a firm's page: who came by the notice speaks for his address alone until a buyer has checked him."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.journal.queries import sentence
from sourcier.journal.registry import VERBS
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing import known_firms, queries
from sourcier.sourcing.actions import closing, identity, progress, questions
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers.queries import email_of
from tests.cities import City
from tests.sourcing.scenes import after_deadline, sent
from tests.sourcing.stock import MATHILDE
from tests.sourcing.test_notice import came

pytestmark = pytest.mark.django_db
STRANGER = "escroc@mail.example"


def impostor(sourcing: Sourcing) -> Invitation:
    """Someone who gives the SIRET of a bakery asked, and his own address."""
    return came(sourcing, MATHILDE.siret, STRANGER)


def asked(sourcing: Sourcing) -> Invitation:
    """The bakery that the city asked."""
    return sourcing.invitations.exclude(channel="notice").select_related("firm", "sourcing").get(firm__siret=MATHILDE.siret)


def opened(sourcing: Sourcing) -> Sourcing:
    closing.close_due(after_deadline(sourcing))
    sourcing.refresh_from_db()
    return progress.mark_opened(sourcing, timezone.now())


def written_to(kind: str) -> set[str]:
    return set(OutgoingMessage.objects.filter(kind=kind).values_list("to_address", flat=True))


def test_who_came_by_the_notice_is_left_in_peace_and_the_firm_he_names_is_left_as_it_is(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)

    identity.stop(stranger)
    identity.stop(stranger)

    firm = asked(sourcing).firm
    assert firm.unsubscribed_at is None and email_of(firm) == "mathilde@pain.example"
    stranger.refresh_from_db()
    assert queries.is_stopped(stranger) and not queries.is_stopped(asked(sourcing))
    told = Entry.objects.get(verb="notice.stopped")
    assert VERBS[told.verb].sealed and told.stream == sourcing.need_id.hex and told.actor == stranger.pk.hex
    question = questions.ask(asked(sourcing), "Le samedi ?")
    questions.answer(city.buyer, question.pk, "Non.")
    assert "mathilde@pain.example" in written_to("answer") and STRANGER not in written_to("answer")
    assert verify(city.organisation.pk).ok


def test_a_firm_asked_that_stops_is_left_in_peace_for_every_purchase(city: City) -> None:
    sourcing = sent(city)
    identity.stop(asked(sourcing))
    firm = asked(sourcing).firm
    assert firm.unsubscribed_at and email_of(firm) == "" and queries.is_stopped(asked(sourcing))
    assert not Entry.objects.filter(verb="notice.stopped").exists()


def test_a_firm_that_wants_no_letter_still_hears_of_the_notice_it_came_by(city: City) -> None:
    sourcing = sent(city)
    suppliers.unsubscribe(asked(sourcing).firm)
    visitor = came(sourcing, MATHILDE.siret, "patronne@pain.example")
    question = questions.ask(visitor, "Le samedi ?")
    questions.answer(city.buyer, question.pk, "Non.")
    assert "patronne@pain.example" in written_to("answer") and "mathilde@pain.example" not in written_to("answer")


def test_a_buyer_checks_an_identity_once_and_the_journal_says_how(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    opened(sourcing)
    assert stranger.unverified

    checked = identity.check_identity(city.buyer, stranger.pk, " Appelée au 01 48 00 00 00, parlé à Mme Roy. ")

    assert not checked.unverified and checked.identity_checked_by == city.buyer.user and checked.identity_checked_at
    entry = Entry.objects.get(verb="notice.identity_checked")
    assert entry.stream == sourcing.need_id.hex
    for said in ("Bruno Rosny", MATHILDE.name, STRANGER, "parlé à Mme Roy."):
        assert said in sentence(entry)
    with pytest.raises(Refused) as again:
        identity.check_identity(city.second_buyer, stranger.pk, "Moi aussi.")
    assert again.value.refusal.code == "checked"
    assert verify(city.organisation.pk).ok


@pytest.mark.parametrize("how", ["", "   ", "x" * 201])
def test_a_check_says_how_it_was_made(city: City, how: str) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    opened(sourcing)
    with pytest.raises(Refused) as refused:
        identity.check_identity(city.buyer, stranger.pk, how)
    assert refused.value.field == "how"


def test_nobody_checks_before_the_opening_nor_without_the_right_nor_a_firm_asked(city: City, other_city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    before = Entry.objects.count()
    with pytest.raises(Refused) as refused:
        identity.check_identity(city.buyer, stranger.pk, "Appelée.")
    assert refused.value.refusal.code == "wrong_state"
    opened(sourcing)
    for agent in (city.requester, city.auditor):
        with pytest.raises(PermissionDenied):
            identity.check_identity(agent, stranger.pk, "Appelée.")
    for invitation, agent in ((stranger, other_city.buyer), (asked(sourcing), city.buyer)):
        with pytest.raises(Invitation.DoesNotExist):
            identity.check_identity(agent, invitation.pk, "Appelée.")
    stranger.refresh_from_db()
    assert stranger.unverified and Entry.objects.filter(verb="notice.identity_checked").count() == 0
    assert Entry.objects.count() == before + 1  # the closing


def test_a_check_changed_behind_the_journal_s_back_is_found(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    Invitation.objects.filter(pk=stranger.pk).update(identity_checked_at=timezone.now())
    assert not verify(city.organisation.pk).ok


def test_a_firm_known_by_notices_alone_is_unverified_until_one_who_came_is_checked(city: City) -> None:
    def unverified() -> list[Any]:
        return [firm.siret for firm in known_firms.with_identity(city.organisation.firms.all()) if firm.unverified]  # type: ignore[attr-defined]

    sourcing = sent(city)
    known, new = impostor(sourcing), came(sourcing)
    opened(sourcing)
    assert unverified() == [new.firm.siret]
    identity.check_identity(city.buyer, known.pk, "Appelée.")
    identity.check_identity(city.buyer, new.pk, "Appelée.")
    assert unverified() == []
