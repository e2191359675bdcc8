"""« Proposez-m'en 12 »: the list is frozen before the seed is known, the draw is an entry, another one says why."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from sourcier.journal import anchors, proofs
from sourcier.journal.models import Anchor
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.sourcing import balanced
from sourcier.sourcing.actions import draw, panel
from sourcier.sourcing.balanced import Listed
from sourcier.sourcing.models import Candidate, Draw, Sourcing
from sourcier.suppliers import actions as suppliers
from tests.cities import City
from tests.journal.authority import Authority, made_authority, served
from tests.journal.entries import writes, writes_nothing
from tests.sourcing.entries import entries, last_payload
from tests.sourcing.scenes import BAKER, SHOP, draft, sent
from tests.sourcing.stock import COOP, DEPOT, HIDDEN, LEFORT, MATHILDE, PERRIER, WITHOUT_POINT

pytestmark = pytest.mark.django_db

NAMED = {shop.siret for shop in (MATHILDE, PERRIER, LEFORT, COOP, DEPOT, WITHOUT_POINT)}


@pytest.fixture
def searched(city: City) -> Sourcing:
    """Six firms that may be asked, and one not to be named."""
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)
    return sourcing


@pytest.fixture
def authority(city: City, settings: Any, tmp_path: Path) -> Iterator[Authority]:
    made = made_authority(tmp_path / "authority")
    with served(made):
        settings.TSA = (made.url,)
        yield made


def sirets(proposed: list[dict[str, Any]]) -> list[str]:
    return [each["siret"] for each in proposed]


def replayed(sourcing: Sourcing) -> list[str]:
    """From the entries alone."""
    listed, drawn = last_payload(sourcing, "panel.listed"), last_payload(sourcing, "panel.drawn")
    facts = [Listed.read(each) for each in listed["firms"]]
    return balanced.propose(facts, listed["count"], listed["on"], bytes.fromhex(drawn["seed"]))


def test_without_an_authority_the_draw_is_made_at_once_by_the_root_just_after_the_list(city: City, searched: Sourcing) -> None:
    with writes(city.organisation.pk, "panel.listed", "panel.drawn") as (written):
        made = draw.propose(city.buyer, searched.pk, 4)

    frozen = written[0].index
    assert (made.state, made.source) == ("drawn", "root")
    assert made.seed == proofs.root(city.organisation.pk, frozen + 1).hex()
    assert made.chance == "tirage rejouable, hasard non prouvé"
    assert len(made.proposed) == 4 and set(sirets(made.proposed)) <= NAMED
    assert replayed(searched) == sirets(made.proposed)
    assert verify(city.organisation.pk).ok


def test_the_frozen_list_says_of_each_firm_all_that_the_rules_look_at(city: City, searched: Sourcing) -> None:
    draw.propose(city.buyer, searched.pk, 3)
    listed = last_payload(searched, "panel.listed")
    assert {each["siret"] for each in listed["firms"]} == NAMED
    assert HIDDEN.siret not in str(listed)
    (lefort,) = (each for each in listed["firms"] if each["siret"] == LEFORT.siret)
    assert (lefort["created_on"], lefort["size_class"], lefort["category"]) == ("1998-05-01", "03", "PME")
    assert (lefort["asked"], lefort["incumbent"]) == (False, False)
    assert [each["name"] for each in lefort["why"]] == ["Activité", "Distance", "Fraîcheur", "Ses mots"]
    assert (listed["count"], listed["rules"]) == (3, 1) and listed["build"] == searched.searches.get().register_build


def test_who_said_no_or_was_dropped_is_not_in_the_list_and_it_says_why(city: City, searched: Sourcing) -> None:
    panel.keep(city.buyer, searched.pk, [PERRIER.siret])
    suppliers.unsubscribe(city.organisation.firms.get(siret=PERRIER.siret))
    panel.drop(city.buyer, searched.pk, COOP.siret, "Ne livre pas.")
    made = draw.propose(city.buyer, searched.pk, 12)
    assert set(sirets(made.proposed)) == NAMED - {PERRIER.siret, COOP.siret}
    assert (made.among, made.left_out) == (4, 2)
    said = {each["siret"]: each["why"] for each in last_payload(searched, "panel.listed")["left_out"]}
    assert said == {COOP.siret: "écartée : Ne livre pas.", PERRIER.siret: "elle ne veut plus que la ville lui écrive"}


def test_who_is_asked_too_often_or_was_asked_for_this_purchase_is_left_out(city: City) -> None:
    sourcing = sent(city)
    city.organisation.asks_a_year = 1
    city.organisation.save()
    made = draw.propose(city.buyer, sourcing.pk, 12)
    assert set(sirets(made.proposed)).isdisjoint({MATHILDE.siret, PERRIER.siret, LEFORT.siret})


def test_with_an_authority_the_draw_waits_for_its_token_which_is_the_seed(
    city: City, searched: Sourcing, authority: Authority
) -> None:
    made = draw.propose(city.buyer, searched.pk, 4)
    assert (made.state, made.seed, made.proposed) == ("waiting", "", [])
    assert draw.finish_due(timezone.now()) == 0

    anchors.take_due(timezone.now())
    assert draw.finish_due(timezone.now()) == 1
    made.refresh_from_db()
    token = Anchor.objects.get(log=city.organisation.pk)
    assert (made.source, made.seed) == ("token", sha256(bytes(token.reply)).hexdigest())
    assert token.checkpoint.size > made.listed_index
    assert made.chance.startswith("hasard attesté par 127.0.0.1")
    assert replayed(searched) == sirets(made.proposed)
    assert draw.finish_due(timezone.now()) == 0
    assert verify(city.organisation.pk).ok


def test_a_token_that_came_before_the_list_is_never_its_seed(city: City, searched: Sourcing, authority: Authority) -> None:
    anchors.take_due(timezone.now())
    draw.propose(city.buyer, searched.pk, 4)
    assert draw.finish_due(timezone.now()) == 0


def test_an_authority_that_fails_for_thirty_seconds_gives_way_to_the_root(
    city: City, searched: Sourcing, settings: Any
) -> None:
    settings.TSA = ("http://127.0.0.1:9/",)
    made = draw.propose(city.buyer, searched.pk, 4)
    assert draw.finish_due(made.listed_at + timedelta(minutes=5)) == 0, "nobody asked it yet"
    anchors.take_due(timezone.now())
    assert draw.finish_due(made.listed_at + timedelta(seconds=29)) == 0
    assert draw.finish_due(made.listed_at + timedelta(seconds=30)) == 1
    made.refresh_from_db()
    assert (made.source, made.seed) == ("root", proofs.root(city.organisation.pk, made.listed_index + 1).hex())


def test_another_draw_takes_a_reason_and_the_first_stays(city: City, searched: Sourcing) -> None:
    first = draw.propose(city.buyer, searched.pk, 4)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused) as refused:
        draw.propose(city.buyer, searched.pk, 4, "  ")
    assert refused.value.field == "reason"

    second = draw.propose(city.buyer, searched.pk, 4, "Deux ont fermé.")
    assert (second.number, second.reason) == (2, "Deux ont fermé.")
    assert list(searched.draws.values_list("pk", flat=True)) == [first.pk, second.pk]
    assert [entry.verb for entry in entries(searched)][-4:] == ["panel.listed", "panel.drawn"] * 2
    assert first.seed != second.seed


def test_no_other_draw_is_asked_for_while_one_waits(city: City, searched: Sourcing, authority: Authority) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused) as refused:
        draw.propose(city.buyer, searched.pk, 4, "Encore.")
    assert refused.value.refusal.code == "waiting"


@pytest.mark.parametrize("count", [0, 2, 51, -1])
def test_a_strange_number_is_refused(city: City, searched: Sourcing, count: int) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        draw.propose(city.buyer, searched.pk, count)


def test_no_draw_before_a_search_nor_over_an_empty_one_nor_by_who_may_not(city: City) -> None:
    sourcing = draft(city)
    with pytest.raises(Refused):
        draw.propose(city.buyer, sourcing.pk, 12)
    panel.search(city.buyer, sourcing.pk, [SHOP], 500)
    panel.drop(city.buyer, sourcing.pk, DEPOT.siret, "Dépôt, ne cuit pas.")
    with pytest.raises(Refused):
        draw.propose(city.buyer, sourcing.pk, 12)
    with pytest.raises(PermissionDenied):
        draw.propose(city.auditor, sourcing.pk, 12)
    assert not Draw.objects.exists()


def test_what_was_drawn_is_kept_in_one_act_but_who_was_dropped(city: City, searched: Sourcing) -> None:
    made = draw.propose(city.buyer, searched.pk, 4)
    gone, *others = sirets(made.proposed)
    panel.drop(city.buyer, searched.pk, gone, "Le four est en panne.")
    with writes(city.organisation.pk, "panel.kept"):
        kept, not_kept = panel.keep_drawn(city.buyer, searched.pk, 1)
    assert sorted(each.firm.siret for each in kept) == sorted(others)
    assert not_kept == [made.proposed[0]["name"]]
    assert {each.origin for each in kept} == {"drawn"}
    assert Candidate.objects.filter(sourcing=searched, state="kept").count() == 3


def test_a_draw_that_waits_cannot_be_kept(city: City, searched: Sourcing, authority: Authority) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        panel.keep_drawn(city.buyer, searched.pk, 1)
