"""Tell what a person wrote from what his program quotes below or around it: pure, one pass over the lines.

mail-parser-reply was tried on the same samples: it loses what is written between two quotes and takes a list with hyphens for a
signature, and a list of prices with hyphens is what a firm writes.
"""

import re
from dataclasses import dataclass

# « Le 24 nov. 2026 à 10:12, Ville <a@b> a écrit : », over four lines at most.
MAX_HEADER = 4
MAX_SIGNATURE = 12
_OPENS = re.compile(r"(on|le|am|el|em|il|op)\b", re.IGNORECASE)
_BEGINS = re.compile(r"(on|le|am|el|em|il|op)\b.*\d", re.IGNORECASE)
_WROTE = re.compile(
    r"(on|le|am|el|em|il|op)\b.*\d.*"
    r"(wrote|a [ée]crit|schrieb[^:]{0,80}|escribi[óo]|escreveu|ha scritto|schreef[^:]{0,80})\s?:$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"[-_* ]*(original message|message d'origine|message original|message initial|message transf[ée]r[ée]|forwarded message"
    r"|courriel original|mensagem original|mensaje original|urspr[üu]ngliche nachricht)[-_* ]*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"(begin forwarded message|d[ée]but du message (transf[ée]r[ée]|r[ée]exp[ée]di[ée]))\s?:$", re.IGNORECASE
)
_FIELD = re.compile(
    r"[* ]*(?:(?P<sender>from|de|von|da|van)|(?P<date>sent|date|envoy[ée](?: le)?|gesendet|enviad[oa](?: el)?)"
    r"|(?P<to>to|[àa]|an|para|cc|destinataires?)|(?P<subject>subject|objet|sujet|betreff|assunto|asunto))\s?[* ]*:",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(sent from|envoy[ée] (de|depuis|à partir d'|via)|get outlook for|(t[ée]l[ée]charger|obtenir|obtenez) outlook pour"
    r"|provenance\s?: courrier|enviado desde|enviado do)\b[^.,;!?<]{1,70}(<[^>]{0,200}>)?\.?$",
    re.IGNORECASE,
)
_NAME = re.compile(r"-[^\W\d_][\w'-]*( [^\W\d_][\w'.-]*){0,3}$")
_RULE = re.compile(r"[-_*=—]{3,}$")
_FOOTER = re.compile(r"_{20,}$")


@dataclass(frozen=True, slots=True)
class Split:
    """`text`: what was written. `quoted`: what it answers to, and signatures of programs, in their order."""

    text: str
    quoted: str


def split(text: str) -> Split:
    """Split a readable text."""
    lines = text.replace("\r\n", "\n").split("\n")
    plain = [_level(line) for line in lines]
    hidden = _quoted(plain)
    _hide_end(plain, hidden)
    return Split(_join(lines, hidden, False), _join(lines, hidden, True))


def _join(lines: list[str], hidden: list[bool], wanted: bool) -> str:
    kept = "\n".join(line.rstrip() for line, hide in zip(lines, hidden, strict=True) if hide is wanted)
    return re.sub(r"\n{3,}", "\n\n", kept).strip("\n")


def _level(line: str) -> str:
    """A line without the spaces and quotes of the typographer."""
    return line.replace("\xa0", " ").replace("\u202f", " ").replace("\u200b", "").replace("’", "'").strip()


def _quoted(lines: list[str]) -> list[bool]:
    """Which lines are quoted: those marked « > » with their header, and all that follows a header without marks."""
    hidden = [False] * len(lines)
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith(">"):
            hidden[number] = True
        elif length := _attribution(lines, number):
            hidden[number : number + length] = [True] * length
            number += length
            if _next_is_marked(lines, number):
                continue
            return _rest(hidden, number)
        elif _SEPARATOR.match(line) or _FORWARDED.match(line) or _is_header(lines, number) or _is_signature(lines, number):
            return _rest(hidden, number)
        number += 1
    return hidden


def _rest(hidden: list[bool], number: int) -> list[bool]:
    hidden[number:] = [True] * (len(hidden) - number)
    return hidden


def _attribution(lines: list[str], start: int) -> int:
    """How many lines from here say who wrote what follows; 0 when none does."""
    if not _OPENS.match(lines[start]):
        return 0
    joined = ""
    for length, line in enumerate(lines[start : start + MAX_HEADER], 1):
        if not line or (length > 1 and _BEGINS.match(line)):
            return 0
        joined = f"{joined} {line[:300]}".strip()
        if _WROTE.match(joined):
            return length
    return 0


def _next_is_marked(lines: list[str], start: int) -> bool:
    return next((line for line in lines[start : start + 20] if line), "").startswith(">")


def _is_header(lines: list[str], start: int) -> bool:
    """Lines « De : », « Envoyé : », « Objet : » together, as Outlook writes them."""
    if not _FIELD.match(lines[start]):
        return False
    near = [line for line in lines[start : start + 12] if line][:7]
    found = {match.lastgroup for line in near if (match := _FIELD.match(line))}
    return "sender" in found and len(found) >= 3


def _is_signature(lines: list[str], start: int) -> bool:
    """« -- » alone, with a few lines below: the usual mark of a signature (RFC 3676)."""
    if lines[start] != "--":
        return False
    near = [line for line in lines[start + 1 : start + 40] if line]
    end = next((n for n, line in enumerate(near) if line.startswith(">") or _WROTE.match(line[:300])), len(near))
    return end <= MAX_SIGNATURE


def _hide_end(lines: list[str], hidden: list[bool]) -> None:
    """Hide what ends the text written: « Envoyé de mon iPhone », « -Nom », the footer of a list, a rule before a quote."""
    end = _last_shown(lines, hidden, len(lines))
    for number in range(max(0, end - 6), end):
        if _FOOTER.match(lines[number]) and not hidden[number]:
            hidden[number:] = [True] * (len(lines) - number)
            break
    while end := _last_shown(lines, hidden, end):
        last = lines[end - 1]
        alone = end == 1 or not lines[end - 2] or hidden[end - 2]
        if not (_DEVICE.match(last) or _RULE.match(last) or (alone and end > 1 and _NAME.match(last))):
            return
        hidden[end - 1] = True


def _last_shown(lines: list[str], hidden: list[bool], end: int) -> int:
    """The number after the last line that is shown and not empty."""
    while end and (hidden[end - 1] or not lines[end - 1]):
        end -= 1
    return end
