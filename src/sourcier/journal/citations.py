"""Which documents an entry cites: by the SHA-256 of their bytes, and the name it gives them."""

import re
from collections.abc import Iterator
from typing import Any

# The longer keys are those of entries written before the facts of a file had one form everywhere.
_CITED = re.compile(rb'"(?:file_|logo_)?sha256":"([0-9a-f]{64})"')


def cited(body: bytes) -> list[str]:
    """Digests of the documents that a canonical payload cites, in its order."""
    return [digest.decode() for digest in _CITED.findall(body)]


def names(payload: Any) -> Iterator[tuple[str, str]]:
    """`(digest, name)` of each document that a payload names."""
    if isinstance(payload, dict):
        # Beside « file_id », « name » is that of who acted.
        for key, naming in (("sha256", "file" if "file_id" in payload else "name"), ("file_sha256", "file_name")):
            if payload.get(key) and payload.get(naming):
                yield payload[key], payload[naming]
    for each in payload.values() if isinstance(payload, dict) else payload if isinstance(payload, list) else ():
        yield from names(each)
