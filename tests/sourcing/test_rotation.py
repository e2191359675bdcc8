"""A firm that has most of a family is asked again with a reason: without it nothing leaves, with it the journal tells."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sourcier.dossier import history
from sourcier.dossier.report.sections import sections
from sourcier.journal.models import Log
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.sourcing import rotation
from sourcier.sourcing.actions import invite, panel
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.spend.actions import load_families
from sourcier.spend.models import Commitment, Family
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import ready
from tests.sourcing.stock import LEFORT, MATHILDE, Shop
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
REASON = "Le seul four à bois du canton, deux autres interrogées."


def always_the_same(city: City, times: int = 3) -> Sourcing:
    """A request ready to leave, in a family bought from Mathilde alone."""
    sourcing = ready(city)
    load_families(city.organisation)
    family = Family.objects.get(organisation=city.organisation, code="10.01")
    Need.objects.filter(pk=sourcing.need_id).update(family=family)
    today = timezone.localdate()
    for number in range(times):
        Commitment.objects.create(
            organisation=city.organisation, family=family, siret=MATHILDE.siret[:9] + "00099", supplier="Autre adresse",
            label="Pain", amount_cents=1_000_00, engaged_on=today - timedelta(days=30 * number),
        )  # fmt: skip
    return Sourcing.objects.get(pk=sourcing.pk)


def firm(city: City, shop: Shop) -> UUID:
    return city.organisation.firms.get(siret=shop.siret).pk


def test_nothing_leaves_before_the_reason_is_written_and_the_entry_tells_the_shares(city: City) -> None:
    sourcing = always_the_same(city)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="rotation") as refused:
        invite.send(city.buyer, sourcing.pk)
    assert "100\u00a0% de la famille" in refused.value.sentence and "rien n'est perdu" in refused.value.sentence
    for reason, shop, why in (
        ("  ", MATHILDE, Refused),
        ("x" * 501, MATHILDE, Refused),
        (REASON, None, Candidate.DoesNotExist),
    ):
        with writes_nothing(city.organisation.pk), pytest.raises(why):
            panel.propose_again(city.buyer, sourcing.pk, firm(city, shop) if shop else sourcing.pk, reason)  # type: ignore[arg-type]
    with writes(city.organisation.pk, "panel.again"):
        panel.propose_again(city.buyer, sourcing.pk, firm(city, MATHILDE), REASON)
    invite.send(city.buyer, sourcing.pk)
    [told] = last_payload(sourcing, "sourcing.sent")["rotation"]
    assert (told["siret"], told["percent"], told["purchases"], told["reason"]) == (MATHILDE.siret, 100, 3, REASON)
    assert told["last"] == timezone.localdate().isoformat()
    size = Log.objects.get(pk=city.organisation.pk).size
    report = json.dumps(sections(history.read(city.organisation.pk, sourcing.need_id, size)), ensure_ascii=False)
    assert "Déjà prise dans la famille, en trois ans" in report and REASON in report


@pytest.mark.parametrize("why", ["too few", "a larger share allowed", "information"])
def test_no_reason_is_asked(city: City, why: str) -> None:
    sourcing = always_the_same(city, times=2 if why == "too few" else 3)
    if why == "a larger share allowed":
        city.organisation.rotation_percent = 100
        city.organisation.save()
    if why == "information":
        sourcing = panel.change_kind(city.buyer, sourcing.pk, "rfi")
    assert rotation.unexplained(Sourcing.objects.get(pk=sourcing.pk), list(sourcing.candidates.all())) is None


def test_the_panel_shows_the_share_and_takes_the_reason(city: City, other_city: City) -> None:
    sourcing = always_the_same(city)
    buyer, page = signed_in(city.buyer), reverse("panel", args=[sourcing.need_id])
    shown = buyer.get(page).content.decode().replace("\xa0", " ")
    assert "100 % de la famille" in shown and "prise 3 fois · dernière fois le" in shown and "Garder cette raison" in shown
    own = reverse("panel_again", args=[sourcing.need_id, firm(city, MATHILDE)])
    refused = buyer.post(own, {"again": "x" * 501})
    assert refused.status_code == 422 and "x" * 501 in refused.content.decode()
    assert signed_in(other_city.buyer).post(own, {"again": REASON}).status_code == 404
    assert signed_in(city.auditor).post(own, {"again": REASON}).status_code == 403
    assert buyer.post(reverse("panel_again", args=[sourcing.need_id, sourcing.pk]), {"again": REASON}).status_code == 404
    assert buyer.post(own, {"again": REASON}).status_code == 302
    assert f"parce que : {REASON}" in buyer.get(page).content.decode()
    assert not sourcing.candidates.get(firm__siret=LEFORT.siret).again_reason


def test_the_page_looks_at_the_family_once_for_the_firms_found_and_those_kept(city: City) -> None:
    sourcing = always_the_same(city)
    with CaptureQueriesContext(connection) as queries:
        page = signed_in(city.buyer).get(reverse("panel", args=[sourcing.need_id])).content.decode()
    assert page.count("de la famille") >= 2
    assert len([query for query in queries if 'MAX("spend_commitment"."engaged_on")' in query["sql"]]) == 1
