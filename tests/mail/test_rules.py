from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.transitions import Refused, next_state
from sourcier.mail import rules
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.rules import State, Verb

CODES = st.integers(min_value=200, max_value=599)
ATTEMPTS = st.integers(min_value=1, max_value=40)


def test_the_states_of_the_rules_are_those_of_the_rows() -> None:
    assert {state.value for state in State} == set(OutgoingMessage.State.values)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", list(Verb))
def test_only_what_the_table_says_can_happen(state: State, verb: Verb) -> None:
    if (state, verb) in rules.TRANSITIONS:
        assert next_state(rules.TRANSITIONS, state, verb, "") in State
    else:
        with pytest.raises(Refused):
            next_state(rules.TRANSITIONS, state, verb, "Impossible.")


def test_what_is_sent_or_failed_stays_so() -> None:
    assert not [state for state, _ in rules.TRANSITIONS if state in (State.SENT, State.FAILED)]


@given(CODES, ATTEMPTS)
def test_every_answer_of_a_server_leads_somewhere_and_says_why(code: int, attempts: int) -> None:
    outcome = rules.answered(code, attempts)
    assert (State.SENDING, outcome.verb) in rules.TRANSITIONS
    assert outcome.sentence.endswith(".")
    assert (outcome.verb == Verb.DEFER) == (outcome.wait > timedelta())
    assert len(outcome.sentence) <= 300


@given(st.integers(min_value=1, max_value=1000))
def test_a_recipient_that_always_says_later_is_given_up_in_the_end(attempts: int) -> None:
    given_up = rules.answered(451, attempts).verb == Verb.FAIL
    assert given_up == (attempts >= rules.MAX_ATTEMPTS)


def test_waits_grow_and_last_more_than_a_day() -> None:
    assert list(rules.WAITS) == sorted(rules.WAITS)
    assert sum(rules.WAITS, timedelta()) > timedelta(hours=24)


@pytest.mark.parametrize("code", [535, 530, 421, 454])
def test_our_own_trouble_never_counts_against_a_message(code: int) -> None:
    outcome = rules.answered(code, 999)
    assert outcome.verb == Verb.DEFER and not outcome.counted


def test_a_batch_fits_in_its_lease_with_the_slowest_message() -> None:
    assert rules.LEASE_MARGIN < rules.LEASE


def test_only_those_who_buy_drop_in_exchanges() -> None:
    assert rules.may_file({"requester"}) is None and rules.may_file({"auditor", "buyer"}) is None
    assert rules.may_file({"auditor"}) and rules.may_file({"admin"}) and rules.may_file(set())


def test_an_exchange_is_past() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert rules.date_refusal(now, now) is None
    assert rules.date_refusal(now + timedelta(hours=1), now)
    assert rules.date_refusal(None, now)
