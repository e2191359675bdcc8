"""French telephone numbers: which ones receive an SMS, how they are kept (E.164), shown and hidden."""

import re

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_valid_number_for_region,
    number_type,
    parse,
)

# The mainland first, then the overseas territories, whose numbers are dialled alike or have a country code of their own.
REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF")
_FROM_ABROAD = re.compile(r"^(?:\+|00)33[\s.\-/()]*0?")  # « +33 690… » is Guadeloupe, dialled as from the mainland
_SPECIAL = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN)


class NotMobile(ValueError):
    """The message is a French sentence."""


def mobile(text: str) -> str:
    """The number in E.164 when it is a French mobile, of the mainland or overseas. Raises `NotMobile`."""
    dialled = _FROM_ABROAD.sub("0", text.strip())
    number, region = _read(dialled)
    if number is None or region is None:
        if number is not None and dialled.startswith(("+", "00")):
            raise NotMobile("Un SMS ne part que vers un mobile français, de métropole ou d'outre-mer.")
        raise NotMobile("Ce numéro n'existe pas. Un mobile compte dix chiffres et commence par 06 ou 07.")
    kind = number_type(number)
    if kind in _SPECIAL:
        raise NotMobile("Ce numéro est un numéro spécial : il ne reçoit pas de SMS. Un mobile commence par 06 ou 07.")
    if kind != PhoneNumberType.MOBILE:
        raise NotMobile("Ce numéro est un téléphone fixe : il ne reçoit pas de SMS. Un mobile commence par 06 ou 07.")
    return format_number(number, PhoneNumberFormat.E164)


def mobile_in(text: str) -> str:
    """The same, or nothing when no SMS reaches this number."""
    try:
        return mobile(text)
    except NotMobile:
        return ""


def shown(e164: str) -> str:
    """« 06 12 34 56 78 »; a territory without the ten digits keeps its country code: « +687 75 12 34 »."""
    number = parse(e164)
    digits = str(number.national_number)
    ten = len(digits) == 9
    pairs = f"0{digits}" if ten else digits
    said = " ".join(pairs[start : start + 2] for start in range(0, len(pairs), 2))
    return said if ten else f"+{number.country_code} {said}"


def masked(e164: str) -> str:
    """« 06 •• •• •• 12 »: one knows one's own number by that."""
    first, *others, last = shown(e164).split(" ")
    return " ".join([first, *("••" for _ in others), last])


def _read(dialled: str) -> tuple[PhoneNumber | None, str | None]:
    """The number and its French region; without region when it is that of another country, or none."""
    found = None
    for region in REGIONS:
        try:
            found = parse(dialled, region)
        except NumberParseException:
            continue
        if is_valid_number_for_region(found, region):
            return found, region
    return found, None
