"""A city that changed its key: the dossiers of before are the same to the byte, those of after follow the keys."""

from io import BytesIO

from django.utils import timezone
from playwright.sync_api import Page

from sourcier.dossier.offline import verifier
from sourcier.journal import keys, proofs, renewal
from sourcier.journal.models import Entry
from tests.chromium import BROWSER
from tests.dossier.purchase import Purchase, taken, zipped
from tests.dossier.verifying import judged


def receipt(purchase: Purchase) -> str:
    found = Entry.objects.filter(log=purchase.city.organisation.pk, verb="answer.received").order_by("index").first()
    assert found
    return proofs.receipt(found)


def stolen(purchase: Purchase) -> None:
    now = timezone.now()
    renewal.declare_stolen(purchase.city.organisation.pk, now, now, "Ordinateur volé.", purchase.city.head_buyer.id)


def test_after_a_renewal_both_fingerprints_and_an_old_receipt_verify_the_new_dossier(finished: Purchase) -> None:
    log = finished.city.organisation.pk
    first, old, before = keys.fingerprint(log), receipt(finished), taken(finished)
    bytes_before = zipped(before)
    renewal.renew(log, "Fin de mandat.", finished.city.head_buyer.id)
    assert zipped(before) == bytes_before
    after = zipped(taken(finished, days=4))
    for fingerprint in (first, keys.fingerprint(log)):
        report = verifier.verify(BytesIO(after), fingerprint, old)
        assert report.problems == [] and report.key_compared
    assert any(first in fact and "a signé la suivante" in fact for fact in report.facts)


def test_after_a_theft_the_old_fingerprint_is_not_enough(finished: Purchase) -> None:
    log = finished.city.organisation.pk
    first = keys.fingerprint(log)
    stolen(finished)
    after = zipped(taken(finished, days=4))
    assert verifier.verify(BytesIO(after), keys.fingerprint(log)).problems == []
    assert "perdue ou volée depuis" in " ".join(verifier.verify(BytesIO(after), first).problems)


@BROWSER[0]
@BROWSER[1]
def test_the_page_follows_the_keys_as_the_script_does(page: Page, finished: Purchase) -> None:
    log = finished.city.organisation.pk
    first = keys.fingerprint(log)
    renewal.renew(log, "Fin de mandat.", finished.city.head_buyer.id)
    second, renewed = keys.fingerprint(log), zipped(taken(finished, days=4))
    assert [judged(page, renewed, each) for each in (first, second)] == ["good", "good"]
    stolen(finished)
    third, after = keys.fingerprint(log), zipped(taken(finished, days=5))
    assert [judged(page, after, each) for each in (first, second, third)] == ["bad", "bad", "good"]
