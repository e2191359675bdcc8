"""Everything this room writes agrees with the journal, row by row; what is changed behind its back is found."""

import pytest
from django.utils import timezone

from sourcier.journal.verify import verify
from sourcier.sourcing.actions import closing, correct, invite, notice, panel, posting, questions, request
from sourcier.sourcing.models import Criterion, Sourcing
from tests.cities import City
from tests.sourcing.scenes import after_deadline, in_days, invitation_of, ready
from tests.sourcing.secrets import confirmation_token
from tests.sourcing.stock import COOP, DEPOT, FAR, LEFORT, MATHILDE

pytestmark = pytest.mark.django_db


def everything(city: City) -> Sourcing:
    """A consultation that meets every verb of the room."""
    sourcing = ready(city)
    panel.drop(city.buyer, sourcing.pk, COOP.siret, "Trop loin.")
    panel.change_kind(city.buyer, sourcing.pk, "rfi")
    sourcing = panel.change_kind(city.buyer, sourcing.pk, "rfq")
    lines = [{"designation": "Baguette", "unit": "baguette", "quantity_milli": 15_240_000}]
    asked = [{"kind": "text", "text": "Avant 7 h ?"}]
    request.save_request(city.buyer, sourcing.pk, sourcing.version, price_lines=lines, questions=asked)
    invite.send(city.buyer, sourcing.pk)
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Le samedi ?")
    questions.answer(city.buyer, question.pk, "Non.")
    posting.print_letters(city.buyer, sourcing.pk)
    posting.mark_posted(city.buyer, invitation_of(sourcing, LEFORT).pk, "Posté.")
    posting.mark_returned(city.buyer, invitation_of(sourcing, LEFORT).pk, "Inconnu à l'adresse.")
    invite.replace_address(city.buyer, invitation_of(sourcing, LEFORT).pk, "lefort@pain.example")
    correct.correct(city.buyer, sourcing.pk, "Les livraisons commencent en février.", in_days(50))
    notice.come(sourcing, FAR.siret, "lyon@pain.example")
    notice.confirm(confirmation_token("lyon@pain.example"))
    panel.keep(city.buyer, sourcing.pk, [DEPOT.siret])
    invite.widen(city.buyer, sourcing.pk, in_days(60), "Une entreprise de plus.")
    invite.extend(city.buyer, sourcing.pk, in_days(70), "Encore un peu.")
    sourcing.refresh_from_db()
    closing.close_due(after_deadline(sourcing))
    sourcing.refresh_from_db()
    return sourcing


def test_the_rows_of_a_whole_consultation_agree_with_their_entries(city: City) -> None:
    everything(city)
    report = verify(city.organisation.pk)
    assert report.ok, report.problems


@pytest.mark.parametrize("field", ["deadline", "description", "price_sentence"])
def test_a_request_changed_behind_the_journal_s_back_is_found(city: City, field: str) -> None:
    sourcing = everything(city)
    Sourcing.objects.filter(pk=sourcing.pk).update(**{field: timezone.now() if field == "deadline" else "Autre chose."})
    assert not verify(city.organisation.pk).ok


def test_a_weight_changed_behind_the_journal_s_back_is_found(city: City) -> None:
    sourcing = everything(city)
    Criterion.objects.filter(sourcing=sourcing, kind="price").update(weight=90)
    assert not verify(city.organisation.pk).ok


def test_the_end_of_a_consultation_agrees_too(city: City) -> None:
    sourcing = everything(city)
    closing.end(city.buyer, sourcing.pk, "La crèche ferme.")
    assert verify(city.organisation.pk).ok
