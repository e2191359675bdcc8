"""The signature of the sender's domain (DKIM, RFC 6376): checked with the keys that a resolver gives, never by itself."""

from collections.abc import Callable

from sourcier.mail.eml import attempt

Resolver = Callable[[bytes], bytes | None]
NONE, PASS, FAIL = "none", "pass", "fail"


class Unreachable(Exception):
    """The resolver knows nothing now: no network, or a server that does not answer."""


def check(data: bytes, resolver: Resolver | None) -> str:
    """`none` without a signature, a resolver or a network; else whether it holds for these very bytes."""
    if resolver is None or b"dkim-signature:" not in data[:200_000].lower():
        return NONE
    import dkim

    silent: list[bytes] = []

    def key(name: bytes, timeout: int = 5) -> bytes | None:
        try:
            return resolver(name)
        except Unreachable:
            silent.append(name)
            return None

    holds = attempt(lambda: dkim.verify(data, dnsfunc=key), False)
    return PASS if holds else NONE if silent else FAIL
