"""The text of one SMS: the 7-bit alphabet of telephones (GSM 03.38), at most 160 septets, whatever the names in it."""

import re
import unicodedata

from gsm0338 import Codec

LIMIT = 160
_CODEC = Codec()
# What no accent explains. « ç » has only its capital in the alphabet: a « c » reads better.
_NEAREST = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
        "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "…": "...", "œ": "oe", "Œ": "OE", "•": "-", "·": "-", "×": "x",
        "°": "o", "⁄": "/",
    }
)  # fmt: skip
_LITTLE = re.compile(r"( (de|du|des|la|le|les|et|en|sur)|[ ,-])+$")


class TooLong(ValueError):
    """The link alone leaves no room for the words."""


def septets(text: str) -> int:
    """How many septets a text takes: an extension character (« € », « [ ») counts two. Raises `ValueError` for another one."""
    if "\x1b" in text:
        raise ValueError("the escape is no character")
    return len(_CODEC.encode(text)[0])


def writable(text: str) -> str:
    """The nearest text that telephones write in 7 bits, on one line: « La forêt » becomes « La foret », « café » stays."""
    folded = "".join(_nearest(character) for character in unicodedata.normalize("NFC", text).translate(_NEAREST))
    return " ".join(folded.split())


def _nearest(character: str) -> str:
    if _known(character):
        return character
    if character.isspace() or unicodedata.category(character).startswith(("C", "Z")):
        return " "
    bare = "".join(each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each))
    return "".join(each if _known(each) else "?" for each in bare.translate(_NEAREST))


def _known(character: str) -> bool:
    try:
        return character.isprintable() and septets(character) > 0
    except ValueError:
        return False


def one_sms(sentence: str, name: str, mark: str, secret: str) -> str:
    """`sentence` with `name` at its `{nom}`, short enough to be one SMS once `secret` takes the place of `mark`.

    The name is cut when there is no room, then dropped; neither the words nor the secret ever are. Raises `TooLong`.
    """
    before, _, after = (writable(part) if part.strip() else "" for part in sentence.partition(mark))
    ends = (" " if before else "", " " if after else "")
    room = LIMIT - septets(before.replace("{nom}", "") + ends[0] + secret + ends[1] + after.replace("{nom}", ""))
    if room < 0:
        raise TooLong
    return (before + ends[0] + mark + ends[1] + after).replace("{nom}", _cut(writable(name), room))


def _cut(name: str, room: int) -> str:
    """The longest beginning of a name that fits: whole words when they say enough."""
    if septets(name) <= room:
        return name
    while name and septets(name) > room:
        name = name[:-1]
    whole = _LITTLE.sub("", name.rpartition(" ")[0])
    return whole if len(whole) * 2 > len(name) else name.rstrip()


_STOP = re.compile(
    r"stop.*|(arret(er|ez)?|fin|desabonn\w*|desinscri\w*|unsubscribe|ne (m ?)?(plus|pas) (m ?)?(ecrire|envoyer|contacter).*"
    r"|ne m ?(ecrivez|envoyez|contactez) plus.*)( (sms|svp|merci|s il vous plait))*"
)


def asks_to_stop(text: str) -> bool:
    """« STOP », « Stop. », « Arrêt », « STOP SMS merci », « ne plus m'écrire »: a short text that says little else."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(each))
    words = " ".join(re.findall(r"[a-z0-9]+", plain))
    return len(words) <= 40 and _STOP.fullmatch(words) is not None
