"""The index of published contracts beside a slow search in plain Python; what removing words and contracts does."""

from collections import Counter
from datetime import date
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import corresponding
from sourcier.matching.collected import AT_ONCE, Collected, Firms, ints, telling
from sourcier.matching.decp import Contract
from sourcier.matching.learned import HEAVIEST, LONGEST, MET, MUCH_LONGER, ROUNDING, TOLD, Learned, rarity
from sourcier.matching.words import words

PAIRS = [("10.71C", "10.71Y"), ("47.11B", ""), ("43.29B", "43.29Z"), ("", ""), ("", "10.71Y")]
FIRMS = [100 + number for number in range(7)]
PAIR_OF = [0, 1, 2, 0, -1, 2, 4]
NAMED = [True, True, True, False, True, True, True]
SAID = [
    *("pain", "frais", "baguette", "ascenseur", "entretien", "maintenance"),
    *("peinture", "façade", "crèche", "école", "toiture", "vélo"),
]

titles = st.lists(st.sampled_from(SAID), max_size=5).map(" ".join)
contracts = st.builds(
    Contract,
    key=st.integers(0, 60),
    title=titles,
    cpv=st.sampled_from([0, 15811100, 15811200, 15880000, 50750000]),
    sirets=st.lists(st.sampled_from(FIRMS), min_size=1, max_size=3, unique=True).map(tuple),
    notified=st.none(),
)


def collected(rows: list[Contract], at_once: int = AT_ONCE) -> Learned:
    def register(sirets: ints) -> Firms:
        places = [FIRMS.index(siret) for siret in sirets.tolist()]
        used = list(dict.fromkeys(PAIRS[PAIR_OF[place]] for place in places))
        pair = np.array([used.index(PAIRS[PAIR_OF[place]]) if PAIR_OF[place] >= 0 else -1 for place in places], np.int64)
        return Firms(np.ones(len(places), bool), np.array([NAMED[place] for place in places], bool), pair, used)

    read = Collected(date(2026, 11, 28), register, at_once)
    for row in rows:
        read.add(row)
    return read.build()


def used(rows: list[Contract]) -> list[Contract]:
    """The first of each key, when it says something and somebody known won it."""
    saying = [row for row in rows if telling(row.title) or row.cpv]
    first = list({row.key: row for row in reversed(saying)}.values())
    return [row for row in first if any(PAIR_OF[FIRMS.index(siret)] >= 0 for siret in row.sirets)]


def met(rows: list[Contract], text: str) -> list[Contract]:
    """The contracts whose title meets the text well, one by one."""
    kinds = {frozenset(telling(row.title)) for row in used(rows) if telling(row.title)}
    saying = Counter(stem for kind in kinds for stem in kind)
    stems = sorted(saying)
    weights = dict(zip(stems, map(float, rarity(len(kinds), np.array([saying[stem] for stem in stems]), stems)), strict=True))
    asked = sorted({word.stem for word in words(text)} & set(stems), key=lambda stem: -weights[stem])[:LONGEST]
    found = []
    for row in used(rows):
        title = telling(row.title)
        shared = sum(weights[stem] for stem in title & set(asked))
        says = sum(weights[stem] for stem in title)
        need = min(sum(weights[stem] for stem in asked), MUCH_LONGER * says)
        if shared and shared >= max(MET * sqrt(need * says), HEAVIEST * weights[asked[0]]) - ROUNDING:
            found.append(row)
    return found


def codes_of(row: Contract) -> set[str]:
    return {PAIRS[PAIR_OF[place]][0] for place in map(FIRMS.index, row.sirets) if PAIR_OF[place] >= 0}


@given(st.lists(contracts, max_size=25), titles, st.integers(1, 26))
def test_the_index_counts_what_a_search_one_by_one_counts_however_many_are_held(
    rows: list[Contract], text: str, at_once: int
) -> None:
    index, expected, won = collected(rows, at_once), Counter[str](), Counter[str]()
    for row in met(rows, text):
        places = [FIRMS.index(siret) for siret in row.sirets]
        expected.update({PAIRS[PAIR_OF[place]][0] for place in places if PAIR_OF[place] >= 0})
        won.update(f"{FIRMS[place]:014d}" for place in places if NAMED[place])
    found = index.activities(text)
    assert {bought.activity.code: bought.contracts for bought in found} == {code: n for code, n in expected.items() if code}
    assert dict(index.winners(text)) == won
    assert index.won(text, [f"{siret:014d}" for siret in FIRMS]) == won
    assert [bought.contracts for bought in found] == sorted((bought.contracts for bought in found), reverse=True)
    for bought in found:
        mine = [row for row in met(rows, text) if bought.activity.code in codes_of(row)]
        saying = Counter(stem for row in mine for stem in telling(row.title))
        told = {word.surface: saying[word.stem] for word in reversed(words(text)) if saying[word.stem]}
        assert set(bought.words) <= set(told)
        assert all((told[word] >= TOLD * bought.contracts) == (word in bought.words) for word in told)


@given(st.lists(contracts, max_size=25), st.sampled_from(["15811100", "15811999", "158", "50750000", "00000000", "", "zz"]))
def test_a_cpv_code_counts_the_contracts_under_its_longest_known_beginning(rows: list[Contract], cpv: str) -> None:
    for bought in collected(rows).activities("", cpv):
        assert cpv.startswith(bought.cpv) and bought.words == ()
        under = [row for row in used(rows) if f"{row.cpv:08d}".startswith(bought.cpv)]
        pair = next(number for number, (code, _) in enumerate(PAIRS) if code == bought.activity.code)
        assert bought.contracts == sum(any(PAIR_OF[FIRMS.index(siret)] == pair for siret in row.sirets) for row in under)


def test_a_word_that_all_purchases_say_makes_no_contract_of_this_kind() -> None:
    kept = ["Entretien", *(f"Entretien de la {thing}" for thing in ("peinture", "façade", "toiture", "baguette", "pelouse"))]
    rows = [Contract(number, title, 0, (100,), None) for number, title in enumerate(kept)]
    index = collected([*rows, Contract(99, "Entretien des ascenseurs", 0, (102,), None)])
    assert [found.activity.code for found in index.activities("entretien d'un ascenseur")] == ["43.29B"]
    assert index.activities("entretien")[0].contracts == 6


def test_a_firm_that_bears_the_other_nomenclature_alone_counts_for_each_activity_that_corresponds() -> None:
    rows = [Contract(number, "Pain", 15811100, (siret,), None) for number, siret in enumerate((100, 106, 106))]
    baker, pastry = Activity(NAF_REV2, "10.71C"), Activity(NAF_REV2, "10.71D")
    bread = Activity(NAF_2025, "10.71Y")
    followed = corresponding([(baker, bread, None), (pastry, bread, 40)], None)
    index = collected(rows)
    for asked in ({"text": "du pain"}, {"text": "", "cpv": "15811100"}):
        by_code = {each.activity: each.contracts for each in index.activities(**asked, followed=followed)}
        assert by_code == {baker: 3, pastry: 2}
        assert {each.activity: each.contracts for each in index.activities(**asked)} == {baker: 1}
        recent = index.activities(**asked, nomenclature=NAF_2025, followed=followed)
        assert [(each.activity, each.contracts) for each in recent] == [(bread, 3)]


def test_an_index_of_nothing_answers_nothing() -> None:
    index = collected([])
    assert index.activities("pain", "15811100") == index.winners("pain") == ()
    assert index.won("pain", ["73282932000074"]) == {}


@pytest.mark.parametrize("text", ["a" * 50_000, "pain " * 10_000, "\x00", "🥖", "73282932000074", "<script>", "été\n\n\t;;"])
def test_any_text_gets_an_answer(text: str) -> None:
    index = collected([Contract(1, "Pain frais", 15811100, (100,), None), Contract(2, "Ascenseur", 50750000, (102,), None)])
    found = index.activities(text)
    assert [each.activity for each in found] == ([Activity(NAF_REV2, "10.71C")] if "pain" in text else [])
