"""Running contracts: a list is read whole or not at all, the same contract is recognised, and a need meets it first."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.needs import queries
from sourcier.needs.models import Need
from sourcier.sourcing.actions.invite import check_limit
from sourcier.sourcing.models import Sourcing
from sourcier.spend import contract_rules as rules
from sourcier.spend.actions import hand_over_contracts, import_contracts, load_families, save_contract
from sourcier.spend.contracts import standing
from sourcier.spend.importing.contracts import Column
from sourcier.spend.models import ContractBatch, Family, RunningContract
from sourcier.vault.actions import store_bytes
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.played import played_once
from tests.sourcing.scenes import accepted_need
from tests.spend.test_orders import xlsx

HEADINGS = [
    "Numéro",
    "Objet",
    "Familles",
    "Titulaire",
    "SIRET",
    "Nature",
    "Début",
    "Fin",
    "Maximum HT",
    "Utilisé",
    "Courriel",
]
BREAD = [
    "2026-014", "Pain frais des crèches", "10.01 ; 10.02", "Fournil du Lac", "", "Marché", "01/01/2026", "31/12/2099", "40 000",
    "12 500,50", "commandes@fournil.example",
]  # fmt: skip


def changed(**cells: str) -> list[str]:
    return [
        next((value for name, value in cells.items() if heading.startswith(name)), cell)
        for heading, cell in zip(HEADINGS, BREAD, strict=True)
    ]


def csv(*rows: list[str], headings: list[str] = HEADINGS) -> bytes:
    return "".join(";".join(f'"{cell}"' for cell in row) + "\r\n" for row in (headings, *rows)).encode()


def imported(agent: Agent, data: bytes) -> ContractBatch:
    batch = hand_over_contracts(agent, store_bytes(agent.organisation.pk, data, "marches.csv"))
    return import_contracts(agent, batch.pk, {Column(name): place for name, place in batch.columns.items()})


@played_once
def bread_contract(city: City) -> RunningContract:
    """Bread for the nurseries, 27 499,50 € left, in the family of the need of `accepted_need`."""
    load_families(city.organisation)
    imported(city.buyer, csv(BREAD))
    return RunningContract.objects.get()


def bread_need(city: City, **fields: object) -> Need:
    need = accepted_need(city, **fields)
    family = Family.objects.get(organisation=city.organisation, code="10.01")
    return needs.save(city.buyer, need.pk, need.version, family=family, kind="supplies")


@pytest.mark.django_db
def test_a_list_is_read_with_its_kinds_and_families_and_what_is_left_out_says_why(city: City) -> None:
    load_families(city.organisation)
    rows = [
        BREAD,
        changed(Num="", Objet="Fournitures de bureau", Titulaire="UGAP", Nature="", Maximum="", Utilisé="", Familles="99.99"),
        changed(Num="G7", Objet="=cmd|' /C calc'!A0", Nature="Groupement de commandes", Utilisé="0"),
        changed(Num="X1", Fin="31/02/2027"), changed(Num="X2", Fin="01/01/1902"), changed(Num="X3", Début="01/01/2109"),
        changed(Num="X4", Maximum="-5"), changed(Num="X5", Maximum="120 $"), changed(Num="X6", Nature="bail"),
        changed(Num="2026 014", Objet="Autre"),
    ]  # fmt: skip
    rows += [changed(Num=f"Y{n}", Objet=f"Lot {n}") for n in range(6)]
    with writes(city.organisation.pk, "contracts.handed_over", "contracts.imported"):
        batch = imported(city.buyer, csv(*rows))
    bread, office, group = (RunningContract.objects.get(object=row[1]) for row in rows[:3])
    assert (bread.families, bread.maximum_cents, bread.used_cents) == (["10.01", "10.02"], 4_000_000, 1_250_050)
    assert (bread.how_to_order, bread.first_on, bread.ends_on) == (BREAD[10], date(2026, 1, 1), date(2099, 12, 31))
    assert (office.kind, office.families, office.maximum_cents, group.kind) == ("body", [], None, "group")
    whys = {line: why for line, _, why in batch.unread}
    words = ("pas une date", "1904", "vraisemblable|début", "négatif", "en euros", "pas une nature", "Déjà dit à la ligne 2")
    assert len(whys) == 7 and all(
        any(part in whys[line] for part in said.split("|")) for line, said in zip(range(5, 12), words, strict=True)
    )
    assert "99.99" in batch.warnings[0] and batch.added == 9
    assert verify(city.organisation.pk).ok


@pytest.mark.django_db
def test_the_same_contract_is_recognised_and_brought_up_to_date(city: City) -> None:
    bread = bread_contract(city)
    unnumbered = changed(Num="", Objet="Produits d'entretien", Maximum="1 000")
    assert imported(city.buyer, csv(BREAD, unnumbered)).known == 1
    batch = imported(city.buyer, csv(changed(Num="2026 014", Objet="Pain", Utilisé="20 000"), [*unnumbered[:9], "600", ""]))
    assert (batch.added, batch.updated, RunningContract.objects.count()) == (0, 2, 2)
    bread.refresh_from_db()
    assert (bread.object, bread.used_cents, bread.how_to_order) == ("Pain", 2_000_000, BREAD[10])
    assert batch.columns["object"] == 1, "the columns are remembered"


@pytest.mark.django_db
def test_nothing_is_half_imported_and_taxes_are_seen_by_their_ratio(city: City) -> None:
    load_families(city.organisation)
    rows = [changed(Num=f"M{n}", Objet=f"Objet {n}", Maximum=str(1_000 * (n + 1))) for n in range(4)]
    imported(city.buyer, csv(*rows))
    taxed = [changed(Num=f"M{n}", Objet=f"Objet {n}", Maximum=str(1_200 * (n + 1))) for n in range(4)]
    headings = [heading.replace("Maximum HT", "Montant TTC") for heading in HEADINGS]
    batch = hand_over_contracts(city.buyer, store_bytes(city.organisation.pk, csv(*taxed, headings=headings), "ttc.csv"))
    columns = {Column.NUMBER: 0, Column.OBJECT: 1, Column.HOLDER: 3, Column.ENDS: 7, Column.MAXIMUM: 8}
    warned = " ".join(import_contracts(city.buyer, batch.pk, columns).warnings)
    assert "TTC" in warned and "20 %" in warned
    before = RunningContract.objects.count()
    for data, why in (
        (csv(BREAD, changed(Num="B", Fin="?"), changed(Num="C", Fin="?")), "columns"),
        (csv(BREAD, changed(Num="B"))[:-60], "cut"),
        (csv(), "empty"),
        (csv(*(changed(Num=str(n)) for n in range(3_001))), "too_many"),
    ):
        with pytest.raises(Refused, match=why):
            imported(city.buyer, data)
    assert RunningContract.objects.count() == before
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
        hand_over_contracts(city.requester, batch.file)


@pytest.mark.django_db
def test_a_workbook_with_merged_holders_and_real_dates_is_read(city: City) -> None:
    rows = [
        ["Objet", "Titulaire", "Fin", "Maximum"],
        ["Sel", "Mines", date(2099, 5, 1), 1000.5],
        ["Sable", None, date(2099, 6, 1), 2],
    ]
    imported(city.buyer, xlsx(rows, lambda book: book.active.merge_cells("B2:B3")))
    assert list(RunningContract.objects.values_list("object", "holder", "maximum_cents")) == [
        ("Sel", "Mines", 100_050), ("Sable", "Mines", 200),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_contract_typed_by_hand_is_checked_and_changed(city: City, other_city: City) -> None:
    load_families(city.organisation)
    typed = {
        "kind": "own", "number": "7", "object": "Sel de déneigement", "families": [], "holder": "Mines", "siret": "",
        "how_to_order": "", "first_on": None, "ends_on": date(2099, 1, 1), "maximum_cents": 100_000, "used_cents": None,
    }  # fmt: skip
    with writes(city.organisation.pk, "contract.added"):
        salt = save_contract(city.buyer, None, typed)
    for wrong, field in (
        ({"siret": "123"}, "siret"), ({"families": ["zz"]}, "families"), ({"first_on": date(2099, 1, 2)}, "ends_on"),
        ({"maximum_cents": -1}, "maximum_cents"), ({"object": " "}, "object"), ({"number": " 7 "}, "number"),
    ):  # fmt: skip
        with writes_nothing(city.organisation.pk), pytest.raises(Refused) as refused:
            save_contract(city.buyer, None, typed | {"number": ""} | wrong)
        assert refused.value.field == field
    with writes(city.organisation.pk, "contract.changed"):
        save_contract(city.buyer, salt.pk, typed | {"used_cents": 85_000})
    salt.refresh_from_db()
    assert standing(salt).almost and standing(salt).left_cents == 15_000
    with pytest.raises(RunningContract.DoesNotExist):
        save_contract(other_city.buyer, salt.pk, typed)


@pytest.mark.django_db
def test_ordering_on_it_ends_the_need_and_counts_as_used_until_the_next_list_says_so(city: City) -> None:
    bread, need = bread_contract(city), bread_need(city, estimate_cents=500_000, unknown=[])
    [met] = queries.contracts_met(need)
    assert met.covers and met.alike and met.standing.left_cents == 2_749_950
    for amount, why in ((None, "amount"), (0, "amount"), (2_749_951, "beyond_maximum")):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=why):
            needs.order_on_contract(city.buyer, need.pk, bread.pk, amount)
    with writes(city.organisation.pk, "need.ordered_on_contract"):
        needs.order_on_contract(city.buyer, need.pk, bread.pk, 749_950)
    need.refresh_from_db()
    assert need.state == "closed" and "Fournil du Lac" in need.reason
    assert standing(bread).left_cents == 2_000_000
    imported(city.buyer, csv(changed(Utilisé="20 000")))
    bread.refresh_from_db()
    assert standing(bread).used_cents == 2_000_000, "the list that says another amount counts the order already"
    assert verify(city.organisation.pk).ok


@pytest.mark.django_db
def test_prices_elsewhere_wait_for_the_reason_of_a_head_buyer(city: City, other_city: City) -> None:
    bread, need = bread_contract(city), bread_need(city)
    asking, learning = (Sourcing(need=need, kind=kind, organisation=city.organisation) for kind in ("rfq", "rfi"))
    check_limit(learning)
    with pytest.raises(Refused, match="contract_exists") as refused:
        check_limit(asking)
    assert "Fournil du Lac" in refused.value.sentence and "rien n'est perdu" in refused.value.sentence
    with writes_nothing(city.organisation.pk):
        for agent, act in ((city.buyer, needs.go_elsewhere), (city.head_buyer, needs.go_elsewhere)):
            with pytest.raises(Refused):
                act(agent, need.pk, bread.pk, " " if agent is city.head_buyer else "Trop cher")
        with pytest.raises(Refused, match="covers"):
            needs.not_this_contract(city.buyer, need.pk, bread.pk)
        with pytest.raises(Need.DoesNotExist):
            needs.go_elsewhere(other_city.head_buyer, need.pk, bread.pk, "Pas à moi")
    with writes(city.organisation.pk, "need.beside_contract"):
        needs.go_elsewhere(city.head_buyer, need.pk, bread.pk, "Le titulaire ne livre pas avant 8 h.")
    check_limit(asking)
    assert verify(city.organisation.pk).ok


@pytest.mark.django_db
def test_a_likeness_of_words_alone_is_shown_and_ticked_away_and_forbids_nothing(city: City) -> None:
    bread, need = bread_contract(city), accepted_need(city)
    [met] = queries.contracts_met(need)
    assert (met.covers, met.alike, queries.beside_contract(need)) == (False, True, None)
    with writes(city.organisation.pk, "need.not_this_contract"):
        needs.not_this_contract(city.buyer, need.pk, bread.pk)
    assert queries.contracts_met(need) == [] and queries.contract_answers(need)[0].by == city.buyer.user


@pytest.mark.django_db
def test_what_has_ended_or_has_not_enough_left_forbids_nothing(city: City) -> None:
    bread, need = bread_contract(city), bread_need(city, estimate_cents=2_749_951, unknown=[])
    assert not queries.contracts_met(need)[0].covers
    RunningContract.objects.filter(pk=bread.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert queries.contracts_met(need) == []


@pytest.mark.django_db
def test_a_contract_that_ends_within_four_months_opens_the_next_need_from_the_work_list(city: City) -> None:
    bread = bread_contract(city)
    assert queries.awaiting_contracts(city.buyer) == []
    ends = timezone.localdate() + timedelta(days=90)
    RunningContract.objects.filter(pk=bread.pk).update(ends_on=ends, first_on=ends - timedelta(days=364))
    [line] = queries.awaiting_contracts(city.buyer)
    assert "Pain frais des crèches" in line.sentence and line.since <= timezone.now()
    assert queries.awaiting_contracts(city.requester) == []
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
        needs.renew(city.requester, bread.pk, city.department)
    with writes(city.organisation.pk, "need.renews_contract"):
        need = needs.renew(city.buyer, bread.pk, city.department)
    assert (need.title, need.family and need.family.code, need.estimate_cents) == (bread.object, "10.01", 4_000_000)
    assert (need.starts_on, need.ends_on) == (ends + timedelta(days=1), ends + timedelta(days=365))
    assert queries.awaiting_contracts(city.buyer) == [] and queries.contracts_met(need) == []
    with pytest.raises(Refused, match="renewed"):
        needs.renew(city.buyer, bread.pk, city.department)
    needs.accept(city.buyer, need.pk)


def test_what_ends_soon_and_what_is_the_same() -> None:
    assert rules.soon(date(2026, 10, 31)) == date(2027, 2, 28) and rules.soon(date(2026, 1, 15)) == date(2026, 5, 15)
    assert rules.first_thought(date(2027, 2, 28)) == date(2026, 10, 28)
    assert rules.same_number("2026-014") == rules.same_number("2026 014") != rules.same_number("2026-0141")
    assert rules.same_contract("Fournil", "12345678900017", "Pain  frais") == rules.same_contract(
        "X", "123456789", "pain frais"
    )
