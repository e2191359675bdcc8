"""Canonical JSON (RFC 8785) for the journal: ASCII keys; strings, integers, booleans, null, lists, objects; never a float."""

from typing import Any

import rfc8785

MAX_SAFE_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The value cannot enter the journal (a float, a key outside ASCII, an integer beyond 2^53 − 1)."""


def _check(value: Any, path: str) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise NotCanonical(f"integer too large at {path}")
        return
    if isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _check(item, f"{path}[{position}]")
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(f"key not ASCII at {path}")
            _check(item, f"{path}.{key}")
        return
    raise NotCanonical(f"{type(value).__name__} at {path}")


def canonical(value: Any) -> bytes:
    """Return the canonical bytes. Raises `NotCanonical`."""
    _check(value, "$")
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from None
