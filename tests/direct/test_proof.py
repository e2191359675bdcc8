"""The dossier of a direct purchase: what it says, what a third party reads of it, what an erasure leaves."""

import json
from dataclasses import replace
from io import BytesIO

import pytest

from sourcier.direct import actions
from sourcier.direct.actions import Typed
from sourcier.dossier import build, communicable, history
from sourcier.dossier.offline import verifier
from sourcier.dossier.report.sections import essentials, sections
from sourcier.journal.models import Log
from sourcier.law.retention import PROCEDURE
from sourcier.retention.erasing import plan
from sourcier.retention.registry import Scope
from tests.cities import City
from tests.direct.scene import ticket

pytestmark = pytest.mark.django_db


def told(city: City, purchase: object) -> history.History:
    size = Log.objects.get(pk=city.organisation.pk).size
    return history.read(city.organisation.pk, purchase.need_id, size)  # type: ignore[attr-defined]


def test_the_dossier_of_a_direct_purchase_verifies_with_its_ticket(city: City, typed: Typed) -> None:
    made = actions.record(city.requester, replace(typed, reasons=("small_amount", "urgency")), [ticket()], "k")
    out = BytesIO()
    build.write(build.take(city.auditor, made.need_id), out)
    report = verifier.verify(BytesIO(out.getvalue()))
    assert report.problems == []
    said = json.dumps(sections(told(city, made)), ensure_ascii=False)
    for words in ("AU PAIN DE MATHILDE", "Petit montant", "CCP art. L.2122-1 et R.2122-8", "ticket.jpg", "jamais en trois ans"):
        assert words in said, words
    assert ["Acheté directement", "AU PAIN DE MATHILDE, 48\u00a0€ HT"] in essentials(told(city, made))
    actions.cancel(city.buyer, made.need_id, "Enregistré deux fois.")
    assert "Enregistré deux fois." in json.dumps(sections(told(city, made)), ensure_ascii=False)


def test_a_third_party_reads_the_firm_the_price_and_the_reasons_not_the_papers(city: City, typed: Typed) -> None:
    made = actions.record(city.requester, replace(typed, note="Vu avec Mme Durand."), [ticket()], "k")
    assert communicable.may_be_made(made.need) == ""
    shown = communicable.version_of(told(city, made))
    said = json.dumps(sections(shown), ensure_ascii=False)
    assert "AU PAIN DE MATHILDE" in said and "48\u00a0€" in said and "Petit montant" in said
    assert "12 brioches pour la fête de la crèche" in said
    bodies = b"".join(step.body or b"" for step in shown.steps if not step.withheld)
    assert b"Durand" not in bodies and b"ticket.jpg" not in bodies and "Durand" not in said and "ticket.jpg" not in said
    cancelled = actions.cancel(city.buyer, made.need_id, "Rendu.")
    assert "annulé" in communicable.may_be_made(cancelled.need.__class__.objects.get(pk=made.need_id))


def test_an_erasure_takes_the_words_and_the_papers_and_leaves_who_was_paid(city: City, typed: Typed) -> None:
    made = actions.record(city.requester, replace(typed, note="Vu avec Mme Durand."), [ticket()], "k")
    losing = plan(Scope(city.organisation.pk, PROCEDURE, made.need_id, losing=True))
    assert losing.changes == [] and losing.files == []
    whole = plan(Scope(city.organisation.pk, PROCEDURE, made.need_id))
    emptied = {type(row).__name__: values for row, values in whole.changes}
    assert emptied["DirectPurchase"] == {"note": "", "cancel_reason": ""}
    assert [file.name for file in whole.files] == ["ticket.jpg"]
