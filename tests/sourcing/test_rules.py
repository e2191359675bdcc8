"""States, roles and what keeps a request from leaving. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.accounts.models import Role
from sourcier.sourcing import rules
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rules import Facts, State, Verb

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
WHOLE = Facts(
    kind="rfq", firms=3, title="Du pain", description="60 baguettes", deadline=NOW + timedelta(days=10), contact_name="Bruno",
    contact_phone="01 00 00 00 00", price_lines=1, price_formula="proportional", price_criteria=1, weights=(40, 40, 20),
    single_reason="", single_reasons=("few_firms",), public_notice=True,
)  # fmt: skip
BUYERS = {Role.BUYER, Role.HEAD_BUYER}
BEFORE_OPENING = {State.DRAFT, State.OPEN, State.CLOSED}
# The life of a sourcing, written a second time: verb → {state: next state}.
LIFE = {
    Verb.PANEL: {State.DRAFT: State.DRAFT, State.OPEN: State.OPEN, State.CLOSED: State.CLOSED},
    Verb.EDIT: {State.DRAFT: State.DRAFT},
    Verb.SEND: {State.DRAFT: State.OPEN},
    Verb.POST: {State.OPEN: State.OPEN},
    Verb.READDRESS: {State.OPEN: State.OPEN},
    Verb.EXTEND: {State.OPEN: State.OPEN, State.CLOSED: State.OPEN},
    Verb.CORRECT: {State.OPEN: State.OPEN, State.CLOSED: State.OPEN},
    Verb.WIDEN: {State.OPEN: State.OPEN, State.CLOSED: State.OPEN},
    Verb.REPLY: {State.OPEN: State.OPEN},
    Verb.RELAY: {state: state for state in State if state != State.DRAFT},
    Verb.CHECK: {state: state for state in (State.OPENED, State.CHOSEN, State.DONE)},
    Verb.END: dict.fromkeys(BEFORE_OPENING, State.ENDED),
    Verb.ASK: {State.OPEN: State.OPEN},
    Verb.COME: {State.OPEN: State.OPEN},
    Verb.CLOSE: {State.OPEN: State.CLOSED},
    Verb.OPEN_ANSWERS: {State.CLOSED: State.OPENED},
    Verb.CHOOSE: {State.OPENED: State.CHOSEN, State.CHOSEN: State.CHOSEN},
    Verb.FINISH: {State.OPENED: State.DONE, State.CHOSEN: State.DONE},
    Verb.END_OPENED: {State.OPENED: State.ENDED},
}


def test_the_states_of_the_rules_are_those_of_the_rows() -> None:
    assert [state.value for state in State] == Sourcing.State.values


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("role", Role)
def test_each_state_verb_and_role(state: State, verb: Verb, role: Role) -> None:
    possible = state in LIFE[verb]
    assert rules.after(state, verb) == LIFE[verb].get(state)
    assert (rules.state_guard(state, verb) is None) == possible
    refusal = rules.may(state, verb, {role})
    by_the_city = verb not in (Verb.ASK, Verb.COME, Verb.CLOSE)
    assert (refusal is None) == (possible and by_the_city and role in BUYERS)
    if refusal and role not in BUYERS:
        assert refusal.code == "forbidden"
    if refusal:
        assert refusal.sentence.endswith(".")


@pytest.mark.parametrize("end", [State.DONE, State.ENDED])
def test_after_the_end_nothing_is_left_but_to_note_who_was_told(end: State) -> None:
    left = {verb for verb in Verb if rules.after(end, verb)}
    assert left == ({Verb.RELAY, Verb.CHECK} if end == State.DONE else {Verb.RELAY})
    assert {rules.after(end, verb) for verb in left} == {end}


@pytest.mark.parametrize("state", State)
def test_answers_stay_sealed_until_the_opening(state: State) -> None:
    assert rules.is_sealed(state) == (state in BEFORE_OPENING)


@given(st.integers(-10_000_000, 10_000_000))
def test_an_answer_is_in_at_the_deadline_s_very_instant_and_out_a_microsecond_later(microseconds: int) -> None:
    deadline = NOW
    at = deadline + timedelta(microseconds=microseconds)
    for state in State:
        refusal = rules.open_to_answers(state, deadline, at)
        assert (refusal is None) == (microseconds <= 0 and state in (State.OPEN, State.CLOSED))


def codes(facts: Facts) -> set[str]:
    return {refusal.code for _, refusal in rules.missing(facts, NOW)}


def test_a_whole_request_leaves() -> None:
    assert rules.guard_send(WHOLE, NOW) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "no_title"),
        ({"description": ""}, "no_description"),
        ({"contact_phone": ""}, "no_contact"),
        ({"contact_name": ""}, "no_contact"),
        ({"deadline": None}, "no_deadline"),
        ({"deadline": NOW}, "past_deadline"),
        ({"deadline": NOW - timedelta(days=1)}, "past_deadline"),
        ({"price_lines": 0}, "no_line"),
        ({"lots_without_line": (2,)}, "lot_without_line"),
        ({"weights": ()}, "no_criteria"),
        ({"weights": (40, 40)}, "weights"),
        ({"weights": (60, 60)}, "weights"),
        ({"price_criteria": 0}, "price_criterion"),
        ({"price_criteria": 2}, "price_criterion"),
        ({"price_formula": ""}, "no_formula"),
        ({"firms": 0, "public_notice": False}, "no_firm"),
        ({"firms": 1}, "single_reason"),
        ({"firms": rules.MAX_FIRMS + 1}, "too_many_firms"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, object], code: str) -> None:
    assert code in codes(replace(WHOLE, **changes))  # type: ignore[arg-type]


@given(st.integers(1, rules.MAX_FIRMS), st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_quotes_are_asked_with_weights_that_make_100_and_a_formula_whatever_the_number_of_firms(
    firms: int, weights: list[int]
) -> None:
    facts = replace(WHOLE, firms=firms, weights=tuple(weights), public_notice=False)
    assert ("weights" in codes(facts)) == (sum(weights) != 100)
    assert "no_formula" in codes(replace(facts, weights=(100,), price_formula=""))


def test_quotes_asked_of_one_firm_need_its_reason_and_the_criteria_that_later_ones_would_read_too() -> None:
    alone = replace(WHOLE, firms=1, public_notice=False)
    assert codes(alone) == {"single_reason"}
    alone = replace(alone, single_reason="La seule qui répare cette marque.")
    assert codes(alone) == set()
    assert codes(replace(alone, weights=(), price_criteria=0)) == {"no_criteria"}
    assert codes(replace(alone, price_formula="")) == {"no_formula"}


def test_a_public_notice_alone_is_enough_to_ask_but_announces_criteria() -> None:
    assert codes(replace(WHOLE, firms=0)) == set()
    assert "no_criteria" in codes(replace(WHOLE, firms=1, single_reason="oui", weights=()))


def test_a_direct_purchase_is_for_one_firm_with_its_reason_and_no_notice() -> None:
    direct = replace(WHOLE, kind="direct", firms=1, public_notice=False, weights=(), price_criteria=0, price_formula="")
    assert codes(direct) == {"single_reason"}
    assert codes(replace(direct, single_reason="Urgence.", firms=2)) == {"direct_one"}
    assert "direct_notice" in codes(replace(direct, public_notice=True))


def test_asking_for_information_has_no_price_and_needs_no_reason() -> None:
    asked = replace(WHOLE, kind="rfi", firms=1, price_lines=0, price_formula="", price_criteria=0, weights=())
    assert codes(asked) == set()
    assert codes(replace(asked, price_lines=1)) == {"rfi_price"}
    assert codes(replace(asked, weights=(100,))) == {"rfi_price"}


@given(st.integers(-100, 100), st.integers(-100, 100), st.text(max_size=3))
def test_a_deadline_only_moves_later_to_the_future_and_with_a_reason(old: int, new: int, reason: str) -> None:
    before, after = NOW + timedelta(hours=old), NOW + timedelta(hours=new)
    refused = rules.guard_extension(before, after, reason, NOW)
    assert (refused is None) == (new > old and new > 0 and bool(reason.strip()))


@pytest.mark.parametrize(
    ("unsubscribed", "left", "closed", "words"),
    [
        (True, False, False, "ne veut plus"),
        (False, True, False, "son métier"),
        (True, True, True, "fermé"),
        (False, False, False, ""),
    ],
)
def test_a_firm_is_left_out_for_the_strongest_reason(unsubscribed: bool, left: bool, closed: bool, words: str) -> None:
    said = rules.exclusion(unsubscribed, left, closed)
    assert words in said and bool(said) == bool(words)
