"""The state table of a need, walked whole, then at random."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import rules
from sourcier.needs.models import Need
from sourcier.needs.rules import State, Verb

ROLES = tuple(role.value for role in Role)
DEPARTMENT, BUYERS, BOTH = {"requester"}, {"buyer", "head_buyer"}, {"requester", "buyer", "head_buyer"}

EXPECTED = {
    State.DRAFT: {
        **dict.fromkeys((Verb.WRITE, Verb.MOVE, Verb.TICK, Verb.SUBMIT, Verb.CLOSE), DEPARTMENT),
        Verb.MARK_BOUGHT: BOTH,
    },
    State.RETURNED: {Verb.WRITE: DEPARTMENT, Verb.TICK: DEPARTMENT, Verb.SUBMIT: DEPARTMENT, Verb.CLOSE: BOTH},
    State.SUBMITTED: dict.fromkeys((Verb.COMPLETE, Verb.TICK, Verb.ACCEPT, Verb.SEND_BACK, Verb.KEEP_RULE, Verb.CLOSE), BUYERS),
    State.ACCEPTED: dict.fromkeys(
        (
            Verb.COMPLETE,
            Verb.TICK,
            Verb.SEND_BACK,
            Verb.KEEP_RULE,
            Verb.CLOSE,
            Verb.MARK_ASKED,
            Verb.MARK_CLOSED,
            Verb.HAND_OVER,
        ),
        BUYERS,
    ),
    State.ASKED: dict.fromkeys((Verb.CLOSE, Verb.MARK_ASKED, Verb.MARK_AWARDED, Verb.MARK_CLOSED, Verb.HAND_OVER), BUYERS),
    State.AWARDED: {Verb.MARK_AWARDED: BUYERS, Verb.MARK_CANCELLED: BOTH},
    State.CLOSED: {},
}


def test_each_state_verb_and_role_is_allowed_or_refused_as_the_issue_says() -> None:
    for state in State:
        for verb in Verb:
            expected = BOTH if verb is Verb.SAY else EXPECTED[state].get(verb, set())
            if verb in (Verb.ALLOW_CROSSING, Verb.LEAVE_CONTRACT) and state in (State.SUBMITTED, State.ACCEPTED, State.ASKED):
                expected = {"head_buyer"}
            for role in ROLES:
                refusal = rules.refusal(state, verb, {role})
                assert (refusal is None) == (role in expected), (state, verb, role)
                if refusal:
                    assert refusal.sentence.endswith(".")


def test_a_consultation_in_progress_keeps_its_need_from_being_closed_and_from_nothing_else() -> None:
    for state in State:
        for verb in Verb:
            free, live = (rules.refusal(state, verb, BOTH, live) for live in (False, True))
            assert (live and live.code) == ("in_progress" if verb is Verb.CLOSE and free is None else free and free.code)


def test_the_states_of_the_rules_are_those_of_the_model() -> None:
    assert {state.value for state in State} == set(Need.State.values)


def test_the_journey_of_the_issue_is_possible() -> None:
    state: str = State.DRAFT
    for verb, expected in (
        (Verb.SUBMIT, "submitted"), (Verb.SEND_BACK, "returned"), (Verb.SUBMIT, "submitted"), (Verb.ACCEPT, "accepted"),
        (Verb.MARK_ASKED, "asked"), (Verb.MARK_AWARDED, "awarded"),
    ):  # fmt: skip
        state = rules.after(state, verb)
        assert state == expected


DIRECT = {Verb.MARK_BOUGHT, Verb.MARK_CANCELLED}  # a purchase for which no firm is asked


@given(st.lists(st.sampled_from([verb for verb in Verb if verb not in DIRECT]), max_size=30))
def test_whatever_is_tried_an_awarded_or_closed_need_stays_so_and_no_firm_is_asked_before_acceptance(verbs: list[Verb]) -> None:
    state, accepted = State.DRAFT, False
    for verb in verbs:
        try:
            following = rules.after(state, verb)
        except Refused:
            continue
        if state in (State.AWARDED, State.CLOSED):
            assert following == state
        accepted = accepted or following is State.ACCEPTED
        assert accepted or following not in (State.ASKED, State.AWARDED)
        state = following


@given(st.sampled_from(list(State)), st.sampled_from(list(Verb)), st.sets(st.sampled_from(ROLES)), st.sampled_from(ROLES))
def test_one_more_role_never_takes_a_right_away(state: State, verb: Verb, roles: set[str], more: str) -> None:
    if rules.refusal(state, verb, roles) is None:
        assert rules.refusal(state, verb, roles | {more}) is None


@given(
    st.dictionaries(st.sampled_from(["what", "how_much", "where_note", "starts_on", "ends_on", "estimate_cents"]), st.text()),
    st.integers(0, 3),
    st.sets(st.sampled_from(list(rules.QUESTIONS))),
)
def test_a_question_is_open_only_without_answer_and_without_i_do_not_know(
    answers: dict[str, str], places: int, unknown: set[str]
) -> None:
    missing = rules.unanswered(answers, places, unknown)
    assert not set(missing) & unknown
    assert rules.unanswered(answers, places, rules.QUESTIONS) == ()
    for question in missing:
        assert not any(answers.get(field) for field in rules.QUESTIONS[question])


@given(
    st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    st.one_of(st.none(), st.integers(0, 1_500)),
    st.dates(date(2020, 1, 1), date(2050, 12, 31)),
)
def test_dates_taken_over_lie_ahead_by_as_few_whole_years_as_may_be(start: date, days: int | None, today: date) -> None:
    end = None if days is None else start + timedelta(days=days)
    new_start, new_end = rules.years_later(start, end, today)
    assert new_start and new_start > today and new_start.year > start.year
    assert (new_end is None) == (end is None) and (end is None or new_end.year - end.year == new_start.year - start.year)
    assert new_start.year == start.year + 1 or new_start.replace(year=new_start.year - 1, day=min(new_start.day, 28)) <= today


def test_the_end_alone_leads_when_no_start_was_said_and_no_date_stays_none() -> None:
    assert rules.years_later(None, date(2022, 6, 30), date(2026, 11, 27)) == (None, date(2027, 6, 30))
    assert rules.years_later(None, None, date(2026, 11, 27)) == (None, None)
    assert rules.years_later(date(2024, 2, 29), None, date(2024, 11, 27)) == (date(2025, 2, 28), None)
