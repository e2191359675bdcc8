"""Direct purchases: what is recorded, what is refused, what a sending twice makes, what is cancelled, who else is asked."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from sourcier.accounts.actions import add_department, update_organisation
from sourcier.direct import actions, queries
from sourcier.direct.actions import Typed
from sourcier.direct.models import DirectPurchase
from sourcier.direct.parties import party, suggestions
from sourcier.journal.models import Entry
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.retention.models import Clock
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.spend.models import Commitment, RunningContract
from sourcier.spend.queries import family_total, last_price
from sourcier.vault.models import File
from tests.cities import City, make_city
from tests.direct.scene import BAKER, ticket
from tests.journal.entries import writes, writes_nothing
from tests.sourcing.stock import CLOSED, HIDDEN, LEFORT, MATHILDE, PERRIER

pytestmark = pytest.mark.django_db(transaction=False)
CENTRE = [(48_871_000, 2_486_000)]


def test_a_purchase_is_a_need_a_commitment_papers_and_an_entry_that_vouches_for_them(city: City, typed: Typed) -> None:
    with writes(city.organisation.pk, "need.started", "direct.recorded"):
        made = actions.record(city.requester, typed, [ticket()], "k")
    need = made.need
    assert (need.state, need.direct, need.estimate_cents, need.kind) == ("awarded", True, 48_00, typed.family.kind)
    assert need.reference.startswith("B-") and need.rule["total_cents"] == 48_00
    assert made.shown["taken_city"] == 0 and made.shown["near"] >= 3 and made.shown["used_cents"] == 0
    assert [file.media_type for file in made.files.all()] == ["image/jpeg"]
    commitment = Commitment.objects.get(operation_id=need.pk)
    assert (commitment.amount_cents, commitment.siret, commitment.department) == (48_00, MATHILDE.siret, city.department)
    clocks = {clock.kind: clock.started_on for clock in Clock.objects.filter(operation_id=need.pk)}
    assert clocks == {"procedure": timezone.localdate(), "contract": None}
    assert verify(city.organisation.pk).problems == ()


def test_a_page_sent_twice_makes_one_purchase_and_another_page_makes_another(city: City, typed: Typed) -> None:
    first = actions.record(city.requester, typed, [ticket()], "page")
    with writes_nothing(city.organisation.pk):
        assert actions.record(city.requester, typed, [ticket()], "page") == first
    assert actions.record(city.requester, typed, [], "other").need != first.need
    assert DirectPurchase.objects.count() == Commitment.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount_cents": 1_000_00}, "too_much", "amount"),
        ({"amount_cents": 0}, "amount", "amount"),
        ({"amount_cents": -5_00}, "amount", "amount"),
        ({"amount_cents": None}, "amount", "amount"),
        ({"reasons": ()}, "no_reason", "reasons"),
        ({"reasons": ("habit",)}, "wrong_reason", "reasons"),
        ({"reasons": ("only_one",)}, "no_note", "note"),
        ({"family": None}, "family", "family"),
        ({"siret": CLOSED.siret}, "closed", "who"),
        ({"siret": "73282932000074"}, "unknown_siret", "who"),
        ({"siret": ""}, "who", "who"),
        ({"sentence": " "}, "required", "sentence"),
    ],
)
def test_what_may_not_be_bought_on_one_screen_is_refused_beside_its_field(
    city: City, typed: Typed, change: dict[str, Any], code: str, field: str
) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused) as refused:
        actions.record(city.requester, replace(typed, **change), [], "k")
    assert (refused.value.refusal.code, refused.value.field) == (code, field)
    assert not Need.objects.exists() and not Commitment.objects.exists()


def test_a_photograph_that_is_none_and_a_table_are_refused_and_nothing_is_bought(city: City, typed: Typed) -> None:
    for name, data in (("photo.jpg", b"not a picture at all"), ("devis.csv", b"a;b\n1;2\n")):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused) as refused:
            actions.record(city.requester, typed, [SimpleUploadedFile(name, data)], "k")
        assert refused.value.field == "files" and name in refused.value.sentence
    assert not DirectPurchase.objects.exists()


def test_a_family_that_reaches_the_limit_of_the_law_asks_for_a_buyer(city: City, typed: Typed) -> None:
    Commitment.objects.create(
        organisation=city.organisation, family=typed.family, supplier="X", label="pain", amount_cents=59_970_00,
        engaged_on=timezone.localdate(),
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        actions.record(city.requester, typed, [], "k")
    assert refused.value.refusal.code == "limit" and "un acheteur doit en décider" in refused.value.sentence
    assert actions.record(city.requester, replace(typed, amount_cents=20_00), [], "k").amount_cents == 20_00


def test_a_contract_that_covers_the_family_is_ordered_on_first(city: City, typed: Typed) -> None:
    assert typed.family
    RunningContract.objects.create(
        organisation=city.organisation, object="Pain", families=[typed.family.code], holder="FOURNIL", maximum_cents=9_000_00,
        ends_on=timezone.localdate(), said_at=timezone.now(), saved_at=timezone.now(), saved_by=city.buyer.user,
    )  # fmt: skip
    with writes_nothing(city.organisation.pk), pytest.raises(Refused) as refused:
        actions.record(city.requester, typed, [], "k")
    assert (refused.value.refusal.code, refused.value.field) == ("contract_exists", "family")


def test_the_city_sets_the_amount_and_zero_lets_nobody_buy_directly(city: City, typed: Typed) -> None:
    with writes(city.organisation.pk, "organisation.updated"):
        update_organisation(city.head_buyer, direct_below_cents=0)
    with pytest.raises(Refused) as refused:
        actions.record(city.requester, typed, [], "k")
    assert refused.value.refusal.code == "closed_way"
    with pytest.raises(Refused):
        update_organisation(city.head_buyer, direct_below_cents=25_000_01)
    with pytest.raises(Refused):
        update_organisation(city.buyer, direct_below_cents=500_00)


def test_one_buys_for_the_departments_that_one_serves_alone(city: City, typed: Typed) -> None:
    roads = replace(typed, department=add_department(city.head_buyer, "Voirie"))
    with pytest.raises(PermissionDenied):
        actions.record(city.requester, roads, [], "k")
    for other in (city.auditor, city.admin):
        with pytest.raises(PermissionDenied):
            actions.record(other, typed, [], "k")
    assert actions.record(city.buyer, roads, [], "k").need.department.name == "Voirie"
    elsewhere = make_city("lyon", 2)
    with pytest.raises(PermissionDenied):
        actions.record(elsewhere.buyer, typed, [], "k")


def test_the_tool_counts_the_times_a_firm_was_taken_the_family_and_the_others_near(city: City, typed: Typed) -> None:
    roads = add_department(city.head_buyer, "Voirie")
    actions.record(city.requester, typed, [], "1")
    actions.record(city.buyer, replace(typed, department=roads), [], "2")
    chosen = party(city.requester, MATHILDE.siret, CENTRE)
    seen = queries.look(
        city.requester, city.department, typed.sentence, chosen, typed.family, 30_00, timezone.localdate()
    )  # fmt: skip
    assert seen.taken and (seen.taken.city, seen.taken.department) == (2, 1)
    assert seen.use and (seen.use.committed_cents, seen.use.here_cents) == (96_00, 30_00)
    everyone = queries.near([BAKER], CENTRE, None)
    without = queries.near([BAKER], CENTRE, chosen)
    assert everyone and without and without.count == everyone.count - 1 >= 3


def test_a_name_suggests_the_firms_known_first_then_the_nearest_never_a_closed_one(city: City, typed: Typed) -> None:
    actions.record(city.requester, replace(typed, siret=LEFORT.siret), [], "k")
    found = suggestions(city.requester, "boulangerie", CENTRE)
    assert found[0].siret == LEFORT.siret and found[0].known
    assert CLOSED.siret not in {each.siret for each in found} and HIDDEN.siret not in {each.siret for each in found}
    assert suggestions(city.requester, "bo", CENTRE) == []


def test_a_cancelled_purchase_engages_nothing_and_stays_to_be_read(city: City, typed: Typed) -> None:
    made = actions.record(city.requester, typed, [ticket()], "k")
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        actions.cancel(city.requester, made.need_id, "  ")
    with writes(city.organisation.pk, "direct.cancelled"):
        actions.cancel(city.requester, made.need_id, "Enregistré deux fois.")
    made.refresh_from_db()
    assert (made.need.state, made.cancel_reason, made.amount_cents) == ("closed", "Enregistré deux fois.", 48_00)
    assert family_total(city.organisation, typed.family, timezone.localdate().year) == 0
    assert last_price(city.organisation, typed.family) is None
    chosen = party(city.requester, MATHILDE.siret, CENTRE)
    seen = queries.look(city.requester, city.department, "", chosen, typed.family, 0, timezone.localdate())
    assert seen.taken and seen.taken.city == 0
    with pytest.raises(Refused) as refused:
        actions.cancel(city.buyer, made.need_id, "Encore.")
    assert refused.value.refusal.code == "cancelled"
    assert queries.of_year(city.buyer, timezone.localdate().year).purchases == 0
    assert verify(city.organisation.pk).problems == ()


def test_only_who_buys_for_the_department_cancels(city: City, typed: Typed) -> None:
    made = actions.record(city.requester, typed, [], "k")
    with pytest.raises(Refused):
        actions.cancel(city.auditor, made.need_id, "Non.")
    with pytest.raises(Need.DoesNotExist):
        actions.cancel(make_city("lyon", 2).head_buyer, made.need_id, "Non.")


def test_a_buyer_asks_three_others_with_all_that_was_typed(city: City, typed: Typed) -> None:
    big = replace(typed, amount_cents=4_000_00, note="Livrées le matin.")
    need = actions.ask_others(city.buyer, big, [ticket()], "k")
    assert actions.ask_others(city.buyer, big, [ticket()], "k") == need
    need.refresh_from_db()
    assert (need.state, need.direct, need.buyer, need.estimate_cents) == ("accepted", False, city.buyer.user, 4_000_00)
    assert need.rule and need.family == typed.family
    sourcing = Sourcing.objects.get(need=need)
    kept = set(Candidate.objects.filter(sourcing=sourcing, state="kept").values_list("firm__siret", flat=True))
    assert sourcing.kind == "rfq" and MATHILDE.siret in kept and len(kept) == 4
    assert PERRIER.siret in kept
    message = need.messages.get()
    assert "AU PAIN DE MATHILDE" in message.text and "Livrées le matin." in message.text and message.files.count() == 1
    assert not DirectPurchase.objects.exists() and not Commitment.objects.exists()


def test_a_requester_sends_the_need_with_who_was_thought_of_and_who_is_near(city: City, typed: Typed) -> None:
    need = actions.ask_others(city.requester, typed, [], "k")
    assert need.state == "submitted" and not Sourcing.objects.exists()
    assert "Autres entreprises proches" in need.messages.get().text
    assert need.activities.exists()


def test_the_figures_of_the_year_count_what_was_bought_directly(city: City, typed: Typed) -> None:
    actions.record(city.requester, typed, [ticket("a.jpg"), ticket("b.jpg")], "1")
    actions.record(city.buyer, replace(typed, siret=LEFORT.siret, amount_cents=100_00), [], "2")
    year = queries.of_year(city.buyer, timezone.localdate().year)
    assert (year.purchases, year.amount_cents, year.firms, year.with_paper) == (2, 148_00, 2, 1)
    assert queries.of_year(city.buyer, date.today().year - 1).purchases == 0


def test_the_entry_names_the_reasons_of_the_law_and_its_articles(city: City, typed: Typed) -> None:
    actions.record(city.requester, replace(typed, reasons=("urgency", "small_amount")), [], "k")
    said = Entry.objects.get(verb="direct.recorded").payload.body
    assert b"R.2122-8" in bytes(said) and b"urgency" in bytes(said)
    assert File.objects.count() == 0
