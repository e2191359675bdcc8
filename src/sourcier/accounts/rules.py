"""Pure decisions of accounts: the city's colour, who may govern what."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sourcier.kernel.transitions import Refusal, Refused, refuse

# WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for ordinary text, here white words on the colour and the colour on white.
LEAST_CONTRAST = 4.5
# The darker shade carries links and titles, on white and on the light tint: criterion 1.4.6 (7 to 1).
DARK_CONTRAST = 7.0
WHITE = (255, 255, 255)
BLACK = (0, 0, 0)

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """The shades of a city's colour, as `#rrggbb`."""

    brand: str
    dark: str
    tint: str
    line: str


def parse_colour(text: str) -> Rgb:
    """`#0b6e69` or `0b6e69` as three integers 0..255. Raises `Refused`."""
    match = re.fullmatch(r"#?([0-9a-fA-F]{6})", text.strip(), re.ASCII)
    if not match:
        raise refuse("colour_unreadable", "Écrivez la couleur avec six chiffres, par exemple #0b6e69.", "colour")
    digits = match.group(1)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def write_colour(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: Rgb) -> float:
    """Relative luminance, 0 (black) to 1 (white), WCAG 2.2."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Rgb, second: Rgb) -> float:
    """Contrast ratio, 1 to 21, WCAG 2.2."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`share` (0 to 1) of the first colour, the rest of the second."""
    return tuple(round(a * share + b * (1 - share)) for a, b in zip(first, second, strict=True))  # type: ignore[return-value]


def check_colour(text: str) -> str:
    """The colour as `#rrggbb`, when white words on it can be read. Raises `Refused`, with the contrast found."""
    colour = parse_colour(text)
    found = contrast(colour, WHITE)
    if found < LEAST_CONTRAST:
        shown = f"{found:.1f}".replace(".", ",")
        raise refuse(
            "colour_too_light",
            f"Cette couleur est trop claire : un texte blanc dessus se lirait mal "
            f"(contraste {shown}, il en faut 4,5). Choisissez une nuance plus foncée.",
            "colour",
        )
    return write_colour(colour)


def palette(text: str) -> Palette:
    """The shades of a checked colour: dark for words, light for grounds, middle for lines. Raises `Refused`."""
    brand = parse_colour(check_colour(text))
    tint = mix(brand, WHITE, 0.1)
    dark = mix(brand, BLACK, 0.72)
    while contrast(dark, tint) < DARK_CONTRAST:
        dark = mix(dark, BLACK, 0.9)
    return Palette(write_colour(brand), write_colour(dark), write_colour(tint), write_colour(mix(brand, WHITE, 0.4)))


REQUESTER, BUYER, HEAD_BUYER, AUDITOR, ADMIN = "requester", "buyer", "head_buyer", "auditor", "admin"

# Who may do what in the settings: accounts belong to the administrator, the city's own data to the head of purchasing.
GOVERNS: dict[str, frozenset[str]] = {
    "people": frozenset({ADMIN}),
    "identity": frozenset({HEAD_BUYER}),
    "opening": frozenset({HEAD_BUYER}),
    "departments": frozenset({HEAD_BUYER}),
    "places": frozenset({HEAD_BUYER}),
    "key": frozenset({HEAD_BUYER}),
}

# Only these roles are given for one department; the others see the whole city by nature.
DEPARTMENT_ROLES = frozenset({REQUESTER, BUYER})


def may_govern(roles: Collection[str], subject: str) -> Refusal | None:
    """None when one of these roles governs `subject` (a key of `GOVERNS`)."""
    if GOVERNS[subject].isdisjoint(roles):
        return Refusal("not_allowed", "Votre rôle ne permet pas ce réglage.")
    return None


def openers_problem(
    from_cents: int, days: int, members: Collection[Any], substitutes: Collection[Any], unknown: Collection[Any]
) -> tuple[str, Refusal] | None:
    """`(field, refusal)` of who opens the sealed quotes; `unknown`: those named who are not of the city, or may not be."""
    if from_cents < 0:
        return "from_amount", Refusal("amount", "Écrivez un montant positif, par exemple 40 000.")
    if not 1 <= days <= 30:
        return "days", Refusal("days", "Écrivez un nombre de jours, de 1 à 30.")
    if unknown:
        return "members", Refusal("unknown", "Une de ces personnes ne peut pas ouvrir de plis. Choisissez de nouveau.")
    if set(members) & set(substitutes):
        return "substitutes", Refusal("both", "La même personne ne peut pas être titulaire et suppléante.")
    if len(members) == 1 or (substitutes and not members):
        return "members", Refusal("one_member", "Nommez au moins deux titulaires : deux personnes ouvrent ensemble.")
    return None


# A contract of that amount is written (R.2112-1): no longer a purchase of one screen.
MOST_DIRECT_CENTS = 2_500_000


def direct_problem(below_cents: int) -> Refusal | None:
    """Why the city may not let purchases below this amount be made directly; 0 lets none."""
    if not 0 <= below_cents <= MOST_DIRECT_CENTS:
        return Refusal("direct_below", "Écrivez un montant de 0 à 25 000 € HT : au-delà, le contrat est écrit.")
    return None


_TILES = re.compile(r"(https://([a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?))/[A-Za-z0-9._~/=&?%@:+{}-]*")


def tiles_problem(address: str, attribution: str) -> Refusal | None:
    """Why the map may not have this background; no address, no background."""
    if not address:
        return None
    asked = _TILES.fullmatch(address)
    bare = address
    for mark in ("{z}", "{x}", "{y}"):
        bare = bare.replace(mark, "", 1)
    if not asked or len(bare) != len(address) - 9 or {"{", "}"} & set(bare):
        return Refusal(
            "tiles_address",
            "Écrivez l'adresse en https://, avec {z}, {x} et {y} une fois chacun : https://tuiles.exemple.fr/{z}/{x}/{y}.png",
        )
    return None if attribution else Refusal("tiles_attribution", "Écrivez la mention que demande qui fait ce fond de carte.")


def tiles_origin(address: str) -> str:
    """« https://tuiles.exemple.fr »: all that the page of the map may ask something of; empty without an address."""
    asked = _TILES.fullmatch(address)
    return asked[1] if asked else ""


def may_grant(held: Collection[str], role: str, *, for_department: bool, oneself: bool) -> Refusal | None:
    """May this role be added to those that the person holds? An auditor holds no other role: he must not judge his own acts."""
    if oneself:
        return Refusal("own_rights", "Vous ne pouvez pas changer vos propres droits : demandez à un autre administrateur.")
    if for_department and role not in DEPARTMENT_ROLES:
        return Refusal("whole_city", "Ce rôle vaut pour toute la collectivité : ne choisissez pas de direction.")
    others = set(held) - {role}
    if others and (role == AUDITOR or AUDITOR in others):
        return Refusal("auditor_alone", "Un auditeur n'a pas d'autre rôle : il lit tout et ne change rien.")
    return None


def may_take_away(role: str, *, administrators: int, oneself: bool) -> Refusal | None:
    """May this role be taken from its holder? `administrators`: how many active ones the organisation has now."""
    if oneself:
        return Refusal("own_rights", "Vous ne pouvez pas changer vos propres droits : demandez à un autre administrateur.")
    if role == ADMIN and administrators <= 1:
        return Refusal("last_admin", "C'est le dernier administrateur. Donnez d'abord ce rôle à une autre personne.")
    return None


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a field, and when: « Hélène Rosny », « à 11 h 52 »."""

    who: str
    when: str


class Overtaken(Refused):
    """Somebody else changed the same fields since the page was opened; nothing was overwritten.

    `saved`: their value now. `changes`: who wrote each, where it is known, the newest first.
    """

    def __init__(self, saved: Mapping[str, Any], changes: Mapping[str, Change] | None = None) -> None:
        self.saved, self.changes = dict(saved), dict(changes or {})
        last = next(iter(self.changes.values()), Change("quelqu'un", "pendant que vous écriviez"))
        who = last.who[:1].upper() + last.who[1:]
        sentence = f"{who} a modifié cette page {last.when}. Voici ses changements et les vôtres. Rien n'est perdu."
        super().__init__(Refusal("overtaken", sentence))


def to_write(current: Mapping[str, Any], wanted: Mapping[str, Any], shown: Mapping[str, Any] | None) -> list[str]:
    """The fields that this person changed: those that differ from what is written and from what the page `shown` to him had.

    Without `shown`, the caller has just read the row. Raises `Overtaken` when somebody else changed one of them meanwhile, and
    `Refused` when there is nothing to write.
    """
    before = {**current, **(shown or {})}
    changed = [name for name, value in wanted.items() if value not in (current[name], before[name])]
    if overtaken := {name: current[name] for name in changed if before[name] != current[name]}:
        raise Overtaken(overtaken)
    if not changed:
        raise refuse("nothing_changed", "Rien n'a changé : il n'y a rien à enregistrer.")
    return changed


def insist(refusal: Refusal | None, field: str | None = None) -> None:
    """Raise `Refused` when there is a refusal."""
    if refusal:
        raise Refused(refusal, field)
