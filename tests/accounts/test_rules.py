import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.accounts import rules
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused

colours = st.tuples(*[st.integers(0, 255)] * 3)


@given(colours, colours)
def test_contrast_is_symmetrical_and_lies_between_1_and_21(first: rules.Rgb, second: rules.Rgb) -> None:
    ratio = rules.contrast(first, second)
    assert 1 <= ratio <= 21.000001
    assert ratio == rules.contrast(second, first)


def test_black_on_white_has_the_highest_contrast() -> None:
    assert round(rules.contrast(rules.BLACK, rules.WHITE), 6) == 21


@given(colours)
def test_a_colour_is_accepted_exactly_when_white_words_on_it_can_be_read(colour: rules.Rgb) -> None:
    text = rules.write_colour(colour)
    if rules.contrast(colour, rules.WHITE) >= 4.5:
        assert rules.check_colour(text) == text
    else:
        with pytest.raises(Refused) as refused:
            rules.check_colour(text)
        assert refused.value.refusal.code == "colour_too_light"
        assert refused.value.field == "colour"


@given(colours)
def test_the_shades_of_an_accepted_colour_can_be_read_on_one_another(colour: rules.Rgb) -> None:
    try:
        shades = rules.palette(rules.write_colour(colour))
    except Refused:
        return
    brand, dark, tint = (rules.parse_colour(shade) for shade in (shades.brand, shades.dark, shades.tint))
    assert rules.contrast(brand, rules.WHITE) >= 4.5
    assert rules.contrast(dark, tint) >= 7
    assert rules.contrast(dark, rules.WHITE) >= 7


@pytest.mark.parametrize("text", ["", "rouge", "#0b6", "#0b6e6g", "0b6e69ff", "#0b6e69;}", "١٢٣٤٥٦"])
def test_what_is_not_six_digits_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.check_colour(text)
    assert refused.value.refusal.code == "colour_unreadable"


@pytest.mark.parametrize("subject", rules.GOVERNS)
@pytest.mark.parametrize("role", Role)
def test_each_setting_has_one_governor(role: Role, subject: str) -> None:
    governor = Role.ADMIN if subject == "people" else Role.HEAD_BUYER
    assert (rules.may_govern({role}, subject) is None) == (role == governor)


@given(st.sets(st.sampled_from(list(Role)), max_size=3), st.sampled_from(list(Role)))
def test_an_auditor_never_comes_to_hold_another_role(held: set[Role], role: Role) -> None:
    if rules.may_grant(held, role, for_department=False, oneself=False) is None:
        assert Role.AUDITOR not in held | {role} or held | {role} == {Role.AUDITOR}


@pytest.mark.parametrize("role", Role)
def test_only_requesters_and_buyers_may_be_limited_to_a_department(role: Role) -> None:
    refusal = rules.may_grant((), role, for_department=True, oneself=False)
    assert (refusal is None) == (role in (Role.REQUESTER, Role.BUYER))


@pytest.mark.parametrize("role", Role)
def test_nobody_changes_his_own_rights(role: Role) -> None:
    assert rules.may_grant((), role, for_department=False, oneself=True)
    assert rules.may_take_away(role, administrators=5, oneself=True)
