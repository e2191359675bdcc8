"""Sending: once, to all kept, the same words at the same minute; then addresses, letters, deadline, more firms."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.rules import SECRET_MARK
from sourcier.mail.secrets import unseal
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict
from sourcier.sourcing import queries, words
from sourcier.sourcing.actions import invite, panel, posting, request
from sourcier.sourcing.models import Extension, Invitation, Relay, Sourcing
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers import tokens
from tests.cities import City
from tests.sourcing.entries import entries, last_payload
from tests.sourcing.scenes import draft, emailed, in_days, invitation_of, ready, sent
from tests.sourcing.stock import COOP, DEPOT, LEFORT, MATHILDE, PERRIER

pytestmark = pytest.mark.django_db
ALONE: dict[str, Any] = {"single_reason": "Seule.", "single_reasons": ["few_firms"]}


def test_every_firm_kept_is_asked_by_what_reaches_it(city: City) -> None:
    sourcing = sent(city)

    channels = dict(sourcing.invitations.values_list("firm__siret", "channel"))
    assert channels == {MATHILDE.siret: "email", PERRIER.siret: "email", LEFORT.siret: "letter"}
    assert (sourcing.state, sourcing.next_check) == (Sourcing.State.OPEN, sourcing.deadline)
    sourcing.need.refresh_from_db()
    assert sourcing.need.state == Need.State.ASKED
    payload = last_payload(sourcing, "sourcing.sent")
    assert (payload["count"], payload["by_email"], payload["by_letter"]) == (3, 2, 1)


def test_all_receive_the_same_words_with_a_link_of_their_own(city: City) -> None:
    sourcing = sent(city)
    one, other = OutgoingMessage.objects.filter(kind="invitation").order_by("to_address")

    assert (one.subject, one.body, one.created_at.minute) == (other.subject, other.body, other.created_at.minute)
    assert one.subject == "La mairie de Rosny cherche un boulanger"
    assert {queries.invitation_by_token(unseal(message.secret).rsplit("/", 1)[-1]) for message in (one, other)} == set(
        sourcing.invitations.filter(channel="email")
    )


def test_the_message_says_what_the_law_and_the_words_ask(city: City) -> None:
    sourcing = sent(city)
    body = OutgoingMessage.objects.filter(kind="invitation").latest("to_address").body
    for said in (
        "Ce n'est pas une facture. Répondre est gratuit. Pas besoin de compte.",
        "Répondez avant : ",
        "Crèche Jean-Mermoz, 1 rue Jean-Mermoz",
        "à partir du 4 janvier 2027",
        "Comment nous choisirons : prix 40, qualité 40, livraison 20. Note du prix = 100 × prix le plus bas ÷ prix proposé.",
        "Bruno Rosny, 01 00 00 00 00, de 9 h à 17 h",
        "Ne plus m'écrire",
        "répertoire public SIRENE (INSEE)",
        "dpo@rosny.example, puis la CNIL",
        "Vous n'êtes pas obligé de répondre.",
        SECRET_MARK,
    ):
        assert said in body, said
    assert words.LINK_MARK == SECRET_MARK
    for invitation in sourcing.invitations.all():
        assert tokens.token(invitation.seed) not in body


def test_a_second_click_sends_nothing(city: City) -> None:
    sourcing = sent(city)
    before = (OutgoingMessage.objects.count(), Entry.objects.count())
    with pytest.raises(Refused) as refused:
        invite.send(city.second_buyer, sourcing.pk)
    assert refused.value.refusal.code == "wrong_state"
    assert (OutgoingMessage.objects.count(), Entry.objects.count()) == before


def test_a_refused_sending_writes_nothing(city: City) -> None:
    sourcing = ready(city)
    sourcing = request.save_request(city.buyer, sourcing.pk, sourcing.version, criteria=[])
    before = Entry.objects.count()
    with pytest.raises(Refused) as refused:
        invite.send(city.buyer, sourcing.pk)
    assert (refused.value.refusal.code, refused.value.field) == ("no_criteria", "criteria")
    assert (Entry.objects.count(), Invitation.objects.count(), OutgoingMessage.objects.count()) == (before, 0, 0)


def test_who_does_not_want_to_be_written_to_is_left_out_with_the_reason(city: City) -> None:
    sourcing = ready(city)
    suppliers.unsubscribe(city.organisation.firms.get(siret=PERRIER.siret))
    suppliers.close_firm(city.organisation.firms.get(siret=LEFORT.siret))
    sourcing = request.save_request(
        city.buyer, sourcing.pk, sourcing.version, single_reason="Les deux autres ont renoncé.", single_reasons=["few_firms"]
    )

    [asked] = invite.send(city.buyer, sourcing.pk)

    assert asked.firm.siret == MATHILDE.siret
    said = {item["siret"]: item["why"] for item in last_payload(sourcing, "sourcing.sent")["excluded"]}
    assert said == {PERRIER.siret: "ne veut plus que la ville lui écrive", LEFORT.siret: "a fermé ou vendu"}
    assert {candidate.firm.siret for candidate, _ in queries.excluded(sourcing)} == set(said)


def test_only_a_buyer_sends(city: City, other_city: City) -> None:
    sourcing = ready(city)
    for agent in (city.requester, city.auditor):
        with pytest.raises(PermissionDenied):
            invite.send(agent, sourcing.pk)
    for stranger in (other_city.buyer, city.admin):
        with pytest.raises(Sourcing.DoesNotExist):
            invite.send(stranger, sourcing.pk)
    assert not Invitation.objects.exists()


def test_a_stale_save_shows_the_other_version_and_overwrites_nothing(city: City) -> None:
    sourcing = draft(city)
    request.save_request(city.second_buyer, sourcing.pk, sourcing.version, title="Titre de Salima")
    with pytest.raises(Conflict) as conflict:
        request.save_request(city.buyer, sourcing.pk, sourcing.version, title="Titre de Bruno")
    assert conflict.value.current.title == "Titre de Salima"
    assert "Salima Rosny a modifié cette page à " in conflict.value.sentence
    sourcing.refresh_from_db()
    assert sourcing.title == "Titre de Salima"


def test_saving_the_same_lines_touches_no_row(city: City) -> None:
    sourcing = draft(city)
    lines = [{"designation": "Baguette", "unit": "baguette", "quantity_milli": 1000, "lot": None}]
    sourcing = request.save_request(city.buyer, sourcing.pk, sourcing.version, price_lines=lines)
    first = sourcing.price_lines.get().pk
    sourcing = request.save_request(city.buyer, sourcing.pk, sourcing.version, price_lines=lines)
    assert sourcing.price_lines.get().pk == first


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "x" * 161}, "title"),
        ({"price_formula": "magie"}, "price_formula"),
        ({"price_lines": [{"designation": "", "unit": "u", "quantity_milli": 1000}]}, "price_lines-1-designation"),
        ({"price_lines": [{"designation": "a", "unit": "u", "quantity_milli": 0}]}, "price_lines-1-quantity"),
        ({"price_lines": [{"designation": "a", "unit": "u", "quantity_milli": 1}] * 61}, "price_lines"),
        ({"criteria": [{"kind": "judged", "label": "Qualité", "weight": 101}]}, "criteria-1-weight"),
        ({"criteria": [{"kind": "autre", "label": "Qualité", "weight": 10}]}, "criteria-1-kind"),
        ({"questions": [{"kind": "choice", "text": "Lequel ?", "choices": ["un seul"]}]}, "questions-1-choices"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_writes_nothing(city: City, fields: dict[str, Any], field: str) -> None:
    sourcing = draft(city)
    before = Entry.objects.count()
    with pytest.raises(Refused) as refused:
        request.save_request(city.buyer, sourcing.pk, sourcing.version, **fields)
    assert refused.value.field == field
    assert Entry.objects.count() == before
    sourcing.refresh_from_db()
    assert sourcing.title == "Du pain pour les crèches"


def result(sourcing: Sourcing, address: str, state: OutgoingMessage.State) -> None:
    """What the outbox tells once the SMTP server has answered."""
    message = OutgoingMessage.objects.filter(kind="invitation", to_address=address).latest("created_at")
    message.state, message.sent_at = state, timezone.now() if state == "sent" else None
    message.save()
    invite.record_result(message)


def test_what_the_mail_server_says_is_recorded_and_what_failed_is_shown(city: City) -> None:
    sourcing = sent(city)
    result(sourcing, "mathilde@pain.example", OutgoingMessage.State.SENT)
    result(sourcing, "contact@perrier.example", OutgoingMessage.State.FAILED)

    assert invitation_of(sourcing, MATHILDE).state == Invitation.State.SENT
    assert invitation_of(sourcing, MATHILDE).sent_at is not None
    shown = {item.firm.siret for item in queries.undelivered(sourcing)}
    assert shown == {PERRIER.siret, LEFORT.siret}
    counts = queries.counts(sourcing)
    assert (counts.asked, counts.sent, counts.waiting, counts.failed, counts.by_letter, counts.to_post) == (3, 1, 0, 1, 1, 1)


def test_a_corrected_address_gets_a_new_link_and_the_former_one_is_dead(city: City) -> None:
    sourcing = sent(city)
    result(sourcing, "contact@perrier.example", OutgoingMessage.State.FAILED)
    perrier = invitation_of(sourcing, PERRIER)
    old_token, old_code = tokens.token(perrier.seed), tokens.code(perrier.seed)

    invite.replace_address(city.buyer, perrier.pk, "pain@perrier.example")

    perrier.refresh_from_db()
    assert queries.invitation_by_token(old_token) is None and queries.invitation_by_code(old_code) is None
    assert queries.invitation_by_token(tokens.token(perrier.seed)) == perrier
    assert perrier.state == Invitation.State.WAITING
    result(sourcing, "contact@perrier.example", OutgoingMessage.State.FAILED)  # a late word about the former address
    perrier.refresh_from_db()
    assert perrier.state == Invitation.State.WAITING


def test_a_failing_firm_may_be_reached_by_letter(city: City) -> None:
    sourcing = sent(city)
    mathilde = invitation_of(sourcing, MATHILDE)
    with pytest.raises(Refused):
        posting.by_letter(city.buyer, mathilde.pk)
    result(sourcing, "mathilde@pain.example", OutgoingMessage.State.FAILED)
    posting.by_letter(city.buyer, mathilde.pk)
    assert {item.firm.siret for item in posting.print_letters(city.buyer, sourcing.pk)} == {MATHILDE.siret, LEFORT.siret}


def test_a_letter_is_noted_as_posted_once_with_how(city: City) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    with pytest.raises(Refused) as refused:
        posting.mark_posted(city.buyer, lefort.pk, " ")
    assert refused.value.field == "how"
    posting.mark_posted(city.buyer, lefort.pk, "Posté mardi matin.")
    assert queries.undelivered(sourcing).count() == 0
    with pytest.raises(Refused):
        posting.mark_posted(city.buyer, lefort.pk, "Encore.")
    with pytest.raises(Refused):
        posting.mark_posted(city.buyer, invitation_of(sourcing, MATHILDE).pk, "Posté.")


def test_all_letters_are_noted_as_posted_at_once(city: City) -> None:
    sourcing = sent(city)
    [posted] = posting.mark_all_posted(city.buyer, sourcing.pk, "Postés mardi.")
    assert (posted.firm.siret, posted.how) == (LEFORT.siret, "Postés mardi.")
    assert last_payload(sourcing, "letters.posted")["count"] == 1
    with pytest.raises(Refused):
        posting.mark_all_posted(city.buyer, sourcing.pk, "Encore.")


def test_the_letters_of_a_day_are_one_batch_with_its_cost(city: City) -> None:
    sourcing = sent(city)
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    invite.widen(city.buyer, sourcing.pk)
    today = timezone.localdate()
    for wrong, field in (({"posted_on": today + timedelta(days=1)}, "posted_on"), ({"cost_cents": -1}, "cost")):
        with pytest.raises(Refused) as refused:
            posting.mark_all_posted(city.buyer, sourcing.pk, "Postés.", **wrong)
        assert refused.value.field == field
    with pytest.raises(Refused):
        posting.mark_all_posted(city.buyer, sourcing.pk, "Postés.", today - timedelta(days=400))
    assert sourcing.postings.count() == 0

    left = posting.mark_all_posted(city.buyer, sourcing.pk, "Postés au guichet", today, 278)
    [batch] = sourcing.postings.all()
    assert (batch.letters, batch.cost_cents, batch.posted_on, batch.made_by) == (len(left), 278, today, city.buyer.user)
    assert {letter.posting_id for letter in left} == {batch.pk} and len(left) == 2
    told = last_payload(sourcing, "letters.posted")
    assert told["cost_cents"] == 278 and "2,78 €" in told["how"].replace("\u00a0", " ").replace("\u202f", " ")


def test_a_letter_brought_back_is_noted_and_may_leave_again(city: City) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    with pytest.raises(Refused):
        posting.mark_returned(city.buyer, lefort.pk, "Inconnu à l'adresse")
    posting.mark_posted(city.buyer, lefort.pk, "Posté.")
    with pytest.raises(Refused) as refused:
        posting.mark_returned(city.buyer, lefort.pk, " ")
    assert refused.value.field == "why"
    posting.mark_returned(city.buyer, lefort.pk, "Inconnu à l'adresse")
    lefort.refresh_from_db()
    assert lefort in queries.undelivered(sourcing)
    assert lefort.firm.mail_returned_at is not None and lefort.returned_at is not None
    assert last_payload(sourcing, "letter.returned")["why"] == "Inconnu à l'adresse"
    posting.by_letter(city.buyer, lefort.pk)
    posting.mark_posted(city.buyer, lefort.pk, "Posté de nouveau, adresse corrigée à la main.")
    assert lefort not in queries.undelivered(sourcing)


def test_a_later_deadline_is_for_all_and_told_to_all(city: City) -> None:
    sourcing = sent(city)
    later = in_days(40)
    invite.extend(city.buyer, sourcing.pk, later, "Une précision est arrivée tard.")

    sourcing.refresh_from_db()
    assert (sourcing.deadline, sourcing.next_check) == (later, later)
    told = OutgoingMessage.objects.filter(kind="extension")
    assert set(told.values_list("to_address", flat=True)) == {"mathilde@pain.example", "contact@perrier.example"}
    assert all("Une précision est arrivée tard." in message.body for message in told)
    [relay] = queries.relays(sourcing)
    assert relay.invitation.firm.siret == LEFORT.siret
    assert last_payload(sourcing, "sourcing.extended")["reason"] == "Une précision est arrivée tard."


def test_a_deadline_never_moves_earlier_nor_without_a_reason(city: City) -> None:
    sourcing = sent(city)
    assert sourcing.deadline
    for deadline, reason, field in (
        (sourcing.deadline, "Raison.", "deadline"),
        (sourcing.deadline - timedelta(days=1), "Raison.", "deadline"),
        (in_days(60), "  ", "reason"),
    ):
        with pytest.raises(Refused) as refused:
            invite.extend(city.buyer, sourcing.pk, deadline, reason)
        assert refused.value.field == field
    assert not Extension.objects.exists()


def test_more_firms_receive_the_same_request_with_the_same_deadline(city: City) -> None:
    sourcing = sent(city)
    first = OutgoingMessage.objects.filter(kind="invitation").first()
    panel.keep(city.buyer, sourcing.pk, [COOP.siret, DEPOT.siret])
    emailed(city, sourcing, COOP, "coop@pain.example")
    assert not sourcing.invitations.filter(firm__siret=COOP.siret).exists()

    invite.widen(city.buyer, sourcing.pk)

    assert {item.firm.siret for item in queries.invitations(sourcing)} == {
        shop.siret for shop in (MATHILDE, PERRIER, LEFORT, COOP, DEPOT)
    }
    message = OutgoingMessage.objects.get(to_address="coop@pain.example")
    assert first and (message.subject, message.body) == (first.subject, first.body)
    sourcing.refresh_from_db()
    assert not Extension.objects.exists()
    with pytest.raises(Refused) as refused:
        invite.widen(city.buyer, sourcing.pk)
    assert refused.value.refusal.code == "no_firm"


def test_widening_with_a_later_deadline_tells_it_to_the_first_ones_too(city: City) -> None:
    sourcing = sent(city)
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    invite.widen(city.buyer, sourcing.pk, in_days(50), "D'autres entreprises sont interrogées.")
    assert OutgoingMessage.objects.filter(kind="extension").count() == 2
    assert [entry.verb for entry in entries(sourcing)][-2:] == ["sourcing.extended", "sourcing.widened"]


def test_quotes_asked_of_one_firm_may_be_widened_since_their_criteria_were_announced(city: City) -> None:
    sourcing = ready(city, shops=(MATHILDE,))
    alone = {**ALONE, "public_notice": False}
    bare = request.save_request(city.buyer, sourcing.pk, sourcing.version, **alone, criteria=[], price_formula="")
    with pytest.raises(Refused) as refused:
        invite.send(city.buyer, sourcing.pk)
    assert refused.value.refusal.code == "no_criteria"
    criteria = [{"kind": "price", "label": "Prix", "weight": 100}]
    request.save_request(city.buyer, sourcing.pk, bare.version, criteria=criteria, price_formula="proportional")
    invite.send(city.buyer, sourcing.pk)
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    assert [asked.firm.siret for asked in invite.widen(city.buyer, sourcing.pk)] == [COOP.siret]


def test_a_request_that_left_without_criteria_says_the_way_out_and_moves_no_deadline(city: City) -> None:
    """As requests of one firm could leave before their criteria were asked for."""
    sourcing = ready(city, shops=(MATHILDE,))
    request.save_request(city.buyer, sourcing.pk, sourcing.version, public_notice=False, **ALONE)
    invite.send(city.buyer, sourcing.pk)
    sourcing.criteria.all().delete()
    panel.keep(city.buyer, sourcing.pk, [COOP.siret])
    with pytest.raises(Refused) as refused:
        invite.widen(city.buyer, sourcing.pk, in_days(50), "Une de plus.")
    assert refused.value.refusal.code == "left_without_criteria" and "Arrêtez-la" in refused.value.sentence
    assert not Extension.objects.exists() and not OutgoingMessage.objects.filter(kind="extension").exists()


def test_who_unsubscribed_since_is_left_in_peace(city: City) -> None:
    sourcing = sent(city)
    suppliers.unsubscribe(city.organisation.firms.get(siret=PERRIER.siret))
    suppliers.unsubscribe(city.organisation.firms.get(siret=LEFORT.siret))
    invite.extend(city.buyer, sourcing.pk, in_days(40), "Raison.")
    assert [message.to_address for message in OutgoingMessage.objects.filter(kind="extension")] == ["mathilde@pain.example"]
    assert not Relay.objects.exists()


def test_a_relay_is_noted_once(city: City) -> None:
    sourcing = sent(city)
    invite.extend(city.buyer, sourcing.pk, in_days(40), "Raison.")
    relay = queries.relays(sourcing).get()
    invite.mark_relayed(city.buyer, relay.pk, "Appelé, parlé à M. Lefort.")
    assert not queries.relays(sourcing).exists()
    with pytest.raises(Refused):
        invite.mark_relayed(city.buyer, relay.pk, "Encore.")


def test_rows_of_another_city_are_not_found(city: City, other_city: City) -> None:
    sourcing = sent(city)
    invitation = invitation_of(sourcing, LEFORT)
    invite.extend(city.buyer, sourcing.pk, in_days(40), "Raison.")
    relay = queries.relays(sourcing).get()
    with pytest.raises(Invitation.DoesNotExist):
        posting.mark_posted(other_city.buyer, invitation.pk, "Posté.")
    with pytest.raises(Invitation.DoesNotExist):
        invite.replace_address(other_city.buyer, invitation.pk, "x@y.example")
    with pytest.raises(Relay.DoesNotExist):
        invite.mark_relayed(other_city.buyer, relay.pk, "Appelé.")
    with pytest.raises(Sourcing.DoesNotExist):
        invite.extend(other_city.buyer, sourcing.pk, in_days(90), "Raison.")


@pytest.mark.parametrize("count", [1, 3])
def test_the_follow_up_is_read_with_the_same_queries_whatever_its_size(
    city: City, count: int, django_assert_num_queries: Any
) -> None:
    sourcing = ready(city, shops=(MATHILDE, PERRIER, LEFORT)[:count])
    sourcing = request.save_request(city.buyer, sourcing.pk, sourcing.version, **ALONE)
    invite.send(city.buyer, sourcing.pk)
    with django_assert_num_queries(3):
        assert len([item.firm.name for item in queries.invitations(sourcing)]) == count
        assert queries.counts(sourcing).asked == count
        [listed] = queries.listed(city.buyer)
        assert (listed.asked, listed.need.department.name, listed.buyer.name) == (count, "Petite enfance", "Bruno Rosny")
