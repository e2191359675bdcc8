"""The signature of the sender's domain (DKIM, RFC 6376): checked with the keys that a resolver gives, never by itself."""

from collections.abc import Callable

from sourcier.mail.eml import attempt

Resolver = Callable[[bytes], bytes | None]
NONE, PASS, FAIL = "none", "pass", "fail"


def check(data: bytes, resolver: Resolver | None) -> str:
    """`none` without a signature or without a resolver; else whether it holds for these very bytes."""
    if resolver is None or b"dkim-signature:" not in data[:200_000].lower():
        return NONE
    import dkim

    return PASS if attempt(lambda: dkim.verify(data, dnsfunc=lambda name, timeout=5: resolver(name)), False) else FAIL
