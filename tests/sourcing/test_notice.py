"""The public notice: any firm, from anywhere, its address confirmed, its identity not yet."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.journal.registry import VERBS
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing import known_firms, limits, queries
from sourcier.sourcing.actions import closing, notice, progress
from sourcier.sourcing.models import Attempt, Invitation, NoticeVisit, Sourcing
from tests.cities import City, siret
from tests.sourcing.scenes import after_deadline, draft, sent
from tests.sourcing.secrets import confirmation_token, page_token
from tests.sourcing.stock import CLOSED, FAR, HIDDEN, MATHILDE

pytestmark = pytest.mark.django_db
LYON = "lyon@pain.example"


def came(sourcing: Sourcing, number: str = FAR.siret, email: str = LYON, name: str = "") -> Invitation:
    """Someone who came and confirmed."""
    notice.come(sourcing, number, email, name)
    return notice.confirm(confirmation_token(email))


def test_a_firm_from_anywhere_confirms_its_address_and_gets_its_page(city: City) -> None:
    sourcing = sent(city)
    notice.come(sourcing, FAR.siret, " LYON@pain.example ")
    assert not Invitation.objects.filter(channel=Invitation.Channel.NOTICE).exists()

    invitation = notice.confirm(confirmation_token(LYON))

    assert (invitation.firm.siret, invitation.firm.name, invitation.address) == (FAR.siret, FAR.name, LYON)
    assert invitation.unverified
    assert queries.invitation_by_token(page_token(LYON)) == invitation
    assert queries.is_open_to_answers(sourcing, timezone.now())


def test_nothing_of_who_comes_shows_in_the_city_before_the_opening(city: City) -> None:
    sourcing = sent(city)
    before = queries.counts(sourcing)
    invitation = came(sourcing)

    assert queries.counts(sourcing) == before
    assert invitation not in queries.invitations(sourcing)
    assert queries.listed(city.buyer).get().asked == 3  # type: ignore[attr-defined]
    assert [row["firm_id"] for row in known_firms.hidden_firms(city.organisation.pk)] == [invitation.firm_id]
    assert all(message.sealed for message in OutgoingMessage.objects.filter(to_address=LYON))
    told = [entry.verb for entry in Entry.objects.filter(stream=sourcing.need_id.hex) if entry.verb.startswith("notice.")]
    assert told == ["notice.come", "notice.confirmed"] and all(VERBS[verb].sealed for verb in told)

    closing.close_due(after_deadline(sourcing))
    sourcing.refresh_from_db()
    progress.mark_opened(sourcing, after_deadline(sourcing))
    assert not known_firms.hidden_firms(city.organisation.pk).exists()


def test_a_firm_that_the_city_knows_already_is_not_hidden(city: City) -> None:
    sourcing = sent(city)
    invitation = came(sourcing, MATHILDE.siret, "autre@pain.example")
    assert invitation.firm.origin == "register"
    assert not known_firms.hidden_firms(city.organisation.pk).exists()


def test_two_who_come_for_one_siret_are_both_kept(city: City) -> None:
    sourcing = sent(city)
    one, other = came(sourcing, FAR.siret, "un@pain.example"), came(sourcing, FAR.siret, "deux@pain.example")
    assert one.firm == other.firm and one.pk != other.pk
    assert one.token_sha256 != other.token_sha256


def test_a_firm_the_register_may_not_name_gives_its_own_name(city: City) -> None:
    sourcing = sent(city)
    with pytest.raises(Refused) as refused:
        notice.come(sourcing, HIDDEN.siret, LYON)
    assert refused.value.field == "name"
    assert came(sourcing, HIDDEN.siret, LYON, "Chez Paulette").firm.name == "Chez Paulette"


def test_a_firm_outside_the_register_or_without_a_register_may_come(city: City, settings: Any) -> None:
    sourcing = sent(city)
    assert came(sourcing, siret(900), "neuf@pain.example", "Boulangerie neuve").firm.name == "Boulangerie neuve"
    settings.REGISTER = "/nulle/part.duckdb"
    assert came(sourcing, FAR.siret, LYON, "Boulangerie de Lyon").firm.name == "Boulangerie de Lyon"


@pytest.mark.parametrize(
    ("number", "email", "name", "field"),
    [
        ("12345", LYON, "", "siret"),
        ("73282932000075", LYON, "", "siret"),
        (CLOSED.siret, LYON, "", "siret"),
        (FAR.siret, "pas une adresse", "", "email"),
        (FAR.siret, "a@b\nBcc: c@d.fr", "", "email"),
        (siret(901), LYON, "x" * 201, "name"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_writes_nothing(
    city: City, number: str, email: str, name: str, field: str
) -> None:
    sourcing = sent(city)
    before = Entry.objects.count()
    with pytest.raises(Refused) as refused:
        notice.come(sourcing, number, email, name)
    assert refused.value.field == field
    assert not NoticeVisit.objects.exists() and not Attempt.objects.exists()
    assert Entry.objects.count() == before


def test_a_link_serves_once_then_says_where_the_page_is(city: City) -> None:
    sourcing = sent(city)
    invitation = came(sourcing)
    with pytest.raises(notice.Used) as used:
        notice.confirm(confirmation_token(LYON))
    assert used.value.invitation == invitation
    assert Invitation.objects.filter(channel=Invitation.Channel.NOTICE).count() == 1


def test_an_expired_or_unknown_link_says_what_to_do(city: City) -> None:
    sourcing = sent(city)
    notice.come(sourcing, FAR.siret, LYON)
    token = confirmation_token(LYON)
    with pytest.raises(Refused) as unknown:
        notice.confirm(token[:-1])
    assert unknown.value.refusal.code == "unknown"
    with time_machine.travel(timezone.now() + timedelta(days=2, seconds=1), tick=False), pytest.raises(Refused) as expired:
        notice.confirm(token)
    assert expired.value.refusal.code == "expired"
    assert not Invitation.objects.filter(channel=Invitation.Channel.NOTICE).exists()


def test_nobody_comes_after_the_deadline_nor_to_a_draft_nor_to_a_direct_purchase(city: City) -> None:
    sourcing = draft(city)
    with pytest.raises(Refused):
        notice.come(sourcing, FAR.siret, LYON)
    with pytest.raises(Sourcing.DoesNotExist):
        queries.notice(sourcing.notice_slug)
    Sourcing.objects.filter(pk=sourcing.pk).update(state="open", public_notice=False, sent_at=timezone.now())
    with pytest.raises(Refused):
        notice.come(sourcing, FAR.siret, LYON)
    with pytest.raises(Sourcing.DoesNotExist):
        queries.notice(sourcing.notice_slug)


def test_a_link_confirmed_after_the_deadline_is_too_late(city: City) -> None:
    sourcing = sent(city)
    with time_machine.travel(after_deadline(sourcing) - timedelta(seconds=1), tick=False):
        notice.come(sourcing, FAR.siret, LYON)
    with time_machine.travel(after_deadline(sourcing), tick=False), pytest.raises(Refused) as refused:
        notice.confirm(confirmation_token(LYON))
    assert refused.value.refusal.code == "too_late"


def test_tries_are_limited_by_hour_and_the_next_hour_is_free(city: City) -> None:
    sourcing = sent(city)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        for _ in range(limits.NOTICE_BY_EMAIL):
            notice.come(sourcing, FAR.siret, LYON)
        with pytest.raises(Refused) as refused:
            notice.come(sourcing, FAR.siret, LYON)
        assert refused.value.refusal.code == "too_many"
        notice.come(sourcing, FAR.siret, "autre@pain.example")
    with time_machine.travel(now + limits.HOUR, tick=False):
        notice.come(sourcing, FAR.siret, LYON)
    assert NoticeVisit.objects.count() == limits.NOTICE_BY_EMAIL + 2


def test_one_sender_cannot_use_many_addresses(city: City) -> None:
    sourcing = sent(city)
    for number in range(limits.NOTICE_BY_SENDER):
        notice.come(sourcing, FAR.siret, f"n{number}@pain.example", sender="192.0.2.0/24")
    with pytest.raises(Refused):
        notice.come(sourcing, FAR.siret, "encore@pain.example", sender="192.0.2.0/24")
    notice.come(sourcing, FAR.siret, "encore@pain.example", sender="198.51.100.0/24")


def test_tries_are_counted_without_keeping_who_made_them_and_are_forgotten(city: City) -> None:
    sourcing = sent(city)
    notice.come(sourcing, FAR.siret, LYON, sender="192.0.2.0/24")
    assert not any("192.0" in str(row) or "lyon" in str(row).lower() for row in Attempt.objects.values("scope", "key"))
    assert limits.forget(timezone.now()) == 0
    assert limits.forget(timezone.now() + timedelta(days=1, seconds=1)) == 3


def test_the_list_of_notices_holds_those_that_may_be_answered(city: City, other_city: City) -> None:
    mine, theirs = sent(city), sent(other_city)
    assert [item.pk for item in queries.open_notices(timezone.now())] == [theirs.pk, mine.pk]
    assert not queries.open_notices(after_deadline(mine) + timedelta(days=1)).exists()
