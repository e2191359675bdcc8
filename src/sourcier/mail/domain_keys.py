"""The keys of domains, asked of the resolver of the settings: none is asked, and no signature is judged, without it."""

from urllib.parse import urlsplit

from django.conf import settings
from dns import exception, resolver

from sourcier.mail.incoming.signature import Resolver, Unreachable

PATIENCE_S = 4.0


def keys_of_domains() -> Resolver | None:
    """What looks up the TXT record of a name; None when the city gave no resolver."""
    if not settings.RESOLVER:
        return None
    asked = resolver.Resolver(configure=settings.RESOLVER == "system")
    if settings.RESOLVER != "system":
        server = urlsplit(f"//{settings.RESOLVER}")
        asked.nameservers, asked.port = [server.hostname or ""], server.port or 53
    asked.lifetime = PATIENCE_S

    def record(name: bytes) -> bytes | None:
        try:
            found = asked.resolve(name.decode("ascii"), "TXT", raise_on_no_answer=False, search=False)
        except resolver.NXDOMAIN:
            return None
        except (exception.DNSException, OSError, ValueError) as error:
            raise Unreachable from error
        return next((b"".join(row.strings) for row in found), None) if found.rrset else None

    return record
