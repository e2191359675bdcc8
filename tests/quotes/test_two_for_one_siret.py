"""Someone answers the public notice with the SIRET of a bakery that was asked: both answers are kept, shown apart, and the
bakery is bound by its own alone."""

from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of, sentence
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes import results
from sourcier.quotes.actions import after_opening, evaluate, opening, tell
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions.after_opening import correct_firms
from sourcier.quotes.actions.answer import decline, submit
from sourcier.quotes.answer_rules import Answer, TypedPrice
from sourcier.quotes.models import Notification, Submission
from sourcier.quotes.queries import answers
from sourcier.quotes.queries.comparison import compare, opened_submissions
from sourcier.sourcing import limits
from sourcier.sourcing.actions import closing, identity
from sourcier.sourcing.models import Criterion, Invitation, Sourcing
from sourcier.suppliers.queries import email_of
from tests.cities import City
from tests.sourcing.scenes import after_deadline, sent
from tests.sourcing.stock import MATHILDE
from tests.sourcing.test_identity import STRANGER, asked, impostor
from tests.sourcing.test_notice import came

WHY = "Meilleure note au total, prix le plus bas et livraison avant 7 h."
HOW = "Appelée au numéro de la facture de mars."


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def quote(invitation: Invitation, price_e4: int) -> Submission:
    line = invitation.sourcing.price_lines.get()
    return submit(invitation, Answer(prices=(TypedPrice(line.pk, price_e4, 550),), signer="Mathilde"))


def opened(city: City, sourcing: Sourcing) -> None:
    """The deadline passes, the buyer opens and marks; call it in `after`."""
    closing.close_due(timezone.now())
    evaluate.choose_reference(city.buyer, sourcing.pk, "none")
    opening.open_answers(city.buyer, sourcing.pk)
    sourcing.refresh_from_db()
    for submission in opened_submissions(sourcing):
        for criterion in sourcing.criteria.filter(kind=Criterion.Kind.JUDGED):
            if submission.kind == Submission.Kind.QUOTE:
                evaluate.score(city.buyer, submission.pk, criterion.pk, 80)


def after(sourcing: Sourcing) -> Any:
    return time_machine.travel(after_deadline(sourcing), tick=True)


def test_both_are_kept_through_the_opening_and_compared_apart(city: City) -> None:
    sourcing = sent(city)
    quote(asked(sourcing), 10_000)
    quote(impostor(sourcing), 5_000)
    with after(sourcing):
        opened(city, sourcing)
        offers = compare(city.buyer, sourcing).offers
    shown = [(offer.submission.invitation.who, offer.submission.invitation.unverified, offer.rank) for offer in offers]
    assert shown == [(f"{MATHILDE.name} (avis public, {STRANGER})", True, 1), (MATHILDE.name, False, 2)]
    listed = payload_of(Entry.objects.get(verb="answers.opened"))["opened"]  # type: ignore[index]
    assert sorted((each["firm"], each["channel"], each["identity"]) for each in listed) == [
        (MATHILDE.name, "email", ""),
        (f"{MATHILDE.name} (avis public)", "notice", "to_check"),
    ]
    assert verify(city.organisation.pk).ok


def test_two_who_came_for_one_siret_are_kept_and_told_apart_too(city: City) -> None:
    sourcing = sent(city)
    for number, price in ((1, 9_000), (2, 8_000)):
        quote(came(sourcing, MATHILDE.siret, f"n{number}@mail.example"), price)
    with after(sourcing):
        opened(city, sourcing)
        offers = compare(city.buyer, sourcing).offers
    assert [offer.submission.invitation.address for offer in offers] == ["n2@mail.example", "n1@mail.example"]


def test_an_answer_whose_identity_is_not_checked_is_neither_chosen_nor_a_stand_in(city: City) -> None:
    sourcing = sent(city)
    real, false = quote(asked(sourcing), 10_000), quote(impostor(sourcing), 5_000)
    with after(sourcing):
        opened(city, sourcing)
        for chosen, stand_in, field in ((false, real, "submission"), (real, false, "stand_in")):
            with pytest.raises(Refused) as refused:
                choosing.choose(city.buyer, sourcing.pk, None, chosen.pk, stand_in.pk, WHY)
            assert (refused.value.refusal.code, refused.value.field) == ("identity", field)
            assert STRANGER in refused.value.sentence and "Appelez l'entreprise" in refused.value.sentence
        identity.check_identity(city.buyer, false.invitation_id, HOW)
        choosing.choose(city.buyer, sourcing.pk, None, false.pk, real.pk, WHY)
    made = payload_of(Entry.objects.get(verb="choice.made"))
    assert made and made["firm"] == f"{MATHILDE.name} (avis public)" and made["stand_in"] == MATHILDE.name
    assert [each["unverified"] for each in made["ranking"]] == [False, False]


def test_each_is_told_his_own_result_and_reads_no_other(city: City) -> None:
    sourcing = sent(city)
    real, false = quote(asked(sourcing), 10_000), quote(impostor(sourcing), 5_000)
    with after(sourcing):
        opened(city, sourcing)
        choosing.choose(city.buyer, sourcing.pk, None, real.pk, None, WHY)
        sourcing.refresh_from_db()
        assert {part.submission.pk: part.won for part in results.parts(city.buyer, sourcing)} == {
            real.pk: True,
            false.pk: False,
        }
        tell.tell_all(city.buyer, sourcing.pk, {(false.pk, None): "Son identité n'a pas pu être vérifiée."})
    assert verify(city.organisation.pk).ok
    Notification.objects.update(state=Notification.State.SENT)
    mine, his = answers.result(real.invitation), answers.result(false.invitation)
    assert mine and his and mine.won and not his.won
    assert "Votre devis est choisi" in mine.body and "Son identité n'a pas pu" in his.body
    told = {message.to_address: message.subject for message in OutgoingMessage.objects.filter(kind="result")}
    assert told["mathilde@pain.example"].startswith("Votre devis est choisi") and told[STRANGER].startswith("Le résultat")


@pytest.mark.parametrize(("reason", "field"), [("closed", "closed_at"), ("left_trade", "trade_left_at")])
def test_a_refusal_corrects_the_firm_only_once_who_said_it_is_checked(city: City, reason: str, field: str) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    decline(stranger, reason)
    with after(sourcing):
        opened(city, sourcing)
        assert correct_firms(timezone.now()) == 0
        assert getattr(asked(sourcing).firm, field) is None
        identity.check_identity(city.buyer, stranger.pk, HOW)
        assert correct_firms(timezone.now()) == 1
    assert getattr(asked(sourcing).firm, field)


def test_the_address_left_by_who_came_waits_for_the_check_of_his_identity(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    after_opening.be_told(stranger, f" {STRANGER.upper()} ")
    firm = asked(sourcing).firm
    with after(sourcing):
        opened(city, sourcing)
        after_opening.be_told(stranger, "encore@mail.example")
        assert after_opening.note_wishes(timezone.now()) == 0
        assert email_of(firm) == "mathilde@pain.example" and firm.contacts.count() == 1
        identity.check_identity(city.buyer, stranger.pk, HOW)
        assert after_opening.note_wishes(timezone.now()) == 2
    assert set(firm.contacts.filter(added_by=None).values_list("value", flat=True)) == {STRANGER, "encore@mail.example"}
    assert Entry.objects.filter(verb="firm.wants_news").first().actor == stranger.pk.hex  # type: ignore[union-attr]
    assert verify(city.organisation.pk).ok


def test_addresses_left_are_limited_by_hour(city: City) -> None:
    stranger = impostor(sent(city))
    for number in range(limits.NEWS_BY_INVITATION):
        after_opening.be_told(stranger, f"n{number}@mail.example")
    with pytest.raises(Refused) as refused:
        after_opening.be_told(stranger, "encore@mail.example")
    assert refused.value.refusal.code == "too_many" and "Rien n'est perdu" in refused.value.sentence


def test_a_refusal_to_an_information_request_corrects_nothing_either(city: City) -> None:
    sourcing = sent(city)
    stranger = impostor(sourcing)
    Sourcing.objects.filter(pk=sourcing.pk).update(kind="rfi")
    stranger.sourcing.refresh_from_db()
    decline(stranger, "closed")
    assert asked(sourcing).firm.closed_at is None


def test_the_journal_tells_who_came_by_the_notice_from_the_firm_asked(city: City) -> None:
    sourcing = sent(city)
    real, stranger = asked(sourcing), impostor(sourcing)
    quote(real, 10_000)
    quote(stranger, 5_000)
    first, second = Entry.objects.filter(verb="answer.received").order_by("index")
    assert first.actor == real.firm_id.hex and second.actor == stranger.pk.hex
    assert sentence(first).startswith(f"{MATHILDE.name} a répondu")
    assert sentence(second).startswith(f"{MATHILDE.name} (avis public) a répondu")
