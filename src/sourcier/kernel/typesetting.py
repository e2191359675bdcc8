"""PDF by typst: no system font, words as data. No sign that somebody types keeps a page from being printed."""

import json
import re
from collections.abc import Mapping
from typing import Any

import typst

# What the fonts carried by typst all show: Latin, Greek, Cyrillic, punctuation, currencies, arrows, mathematics. PDF/A refuses
# a page where one sign has no drawing, and a letter would show an empty square.
_NOT_DRAWN = re.compile(
    "[^\n\t\u0020-\u007e\u00a0-\u00ac\u00ae-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff\u0400-\u04ff"
    "\u1e00-\u1eff\u2002-\u200a\u2010-\u2027\u202f-\u2040\u2070\u2071\u2074-\u208e\u2090-\u209c\u20a0-\u20bf\u2116\u2122"
    "\u2190-\u22ff]"
)
# They change the sign before them, or the way of writing, and have no drawing of their own.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def drawn(value: Any) -> Any:
    """The same words, in which « [signe U+1F950] » stands for a sign that cannot be drawn."""
    if isinstance(value, str):
        return _NOT_DRAWN.sub(lambda sign: f"[signe U+{ord(sign[0]):04X}]", _INVISIBLE.sub("", value))
    if isinstance(value, Mapping):
        return {key: drawn(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [drawn(item) for item in value]
    return value


def typeset(template: bytes, data: Mapping[str, Any], *, inputs: Mapping[str, str] | None = None, **options: Any) -> bytes:
    """The PDF of a template that reads `data`; `inputs` and `options` are those of typst. Raises `typst.TypstError`."""
    sys_inputs = {"data": json.dumps(drawn(data), ensure_ascii=False), **(inputs or {})}
    return bytes(typst.compile(template, ignore_system_fonts=True, sys_inputs=sys_inputs, **options))
