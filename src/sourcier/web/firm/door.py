"""How a firm comes in: its link or its typed code, then a short cookie without the token.

The cookie keeps, for the last few requests opened in this browser: the invitation, a piece of the token's hash (a new link
kills it), the draft begun, the answer sent from here, when it was shown to be one's own, a number drawn for this browser. Who
has the link alone may answer; to read an answer again, replace it or take it back, one needs the browser that has just sent
it, or a one-time code (`again`).
"""

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from sourcier.kernel.transitions import Refused
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.answer_rules import link_alive
from sourcier.quotes.models import Submission
from sourcier.sourcing import limits
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.queries import invitation_by_code, invitation_by_token
from sourcier.suppliers.queries import key_by_code, key_by_token
from sourcier.web import sending
from sourcier.web.firm import place_door

COOKIE = "sourcier_r"
PATH = "/r/"
LIFE = timedelta(hours=12)
SALT = "sourcier.web.firm"
KEPT = 6
TRIES_AN_HOUR = 40
SLOWEST_LOOK_UP = 0.2  # seconds: a code that exists and one that does not are answered in the same time


@dataclass(frozen=True)
class Visit:
    """A firm in its pages: the invitation, the draft it began here, the answer it sent from here (or showed the number of)."""

    invitation: Invitation
    draft: str = ""
    sent: str = ""
    proved_at: str = ""
    seat: str = field(default_factory=lambda: secrets.token_hex(8))
    others: tuple[tuple[str, ...], ...] = ()

    def with_draft(self, draft_id: UUID) -> "Visit":
        return replace(self, draft=draft_id.hex)

    def after(self, sent: Submission) -> "Visit":
        """It has sent this answer; one that it sent long ago, and that comes again, it shows to be its own as anybody does."""
        late = sent.received_at is None or timezone.now() > sent.received_at + rules.EASY
        return self if late else self.with_sent(sent.pk)

    def with_sent(self, submission_id: UUID) -> "Visit":
        """It sent this answer, or has just shown that it is its own."""
        return replace(self, draft="", sent=submission_id.hex, proved_at=str(int(timezone.now().timestamp())))

    @property
    def own(self) -> str:
        """The answer that this browser may see again, replace or take back; nothing once it is long since it showed why."""
        fresh = self.proved_at and timezone.now().timestamp() <= int(self.proved_at) + rules.EASY.total_seconds()
        return self.sent if fresh else ""

    @property
    def sender(self) -> rules.Sender:
        seat = hashlib.sha256(f"{self.invitation.pk.hex}:{self.seat}".encode()).hexdigest()
        return rules.Sender(seat, UUID(self.own) if self.own else None)

    def sending(self, request: HttpRequest) -> rules.Sender:
        """The sender with the print of what this request sends, by the key its page drew: secret, so the print is blind."""
        sent = sending.printed(request)
        return replace(self.sender, sending=sent) if sent else self.sender

    def write(self, response: HttpResponse) -> HttpResponse:
        """Renew the cookie on a response."""
        own = (self.invitation.pk.hex, _key(self.invitation), self.draft, self.sent, self.proved_at, self.seat)
        value = signing.dumps([own, *self.others][:KEPT], salt=SALT, compress=True)
        response.set_cookie(
            COOKIE, value, max_age=LIFE, path=PATH, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
        return response


FirmView = Callable[..., HttpResponse]


def visitor(view: FirmView) -> FirmView:
    """A page that needs the cookie: the view receives the `Visit`, and `request.received_at`, the clock at the last byte."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.received_at = last_byte(request)  # type: ignore[attr-defined]
        visit = find(request)
        if visit is None:
            return discreet(lost(request))
        request.visit = visit  # type: ignore[attr-defined]
        response = view(request, visit, *args, **kwargs)
        return discreet(request.visit.write(response))  # type: ignore[attr-defined]

    return guarded


def last_byte(request: HttpRequest) -> datetime:
    """Read the whole request, files included, then the server's clock: the instant of an answer."""
    _ = request.POST, request.FILES
    return timezone.now()


def discreet(response: HttpResponse, referrer: str = "same-origin") -> HttpResponse:
    """Nothing of a firm's page stays in a cache, nor goes to another site.

    `no-referrer` is for the addresses that hold a token; on a page with a form it would make browsers send « Origin: null »,
    which the CSRF check rightly refuses.
    """
    response["Referrer-Policy"] = referrer
    response["Cache-Control"] = "private, no-store"
    return response


@sensitive_variables("token", "found")
def open_token(request: HttpRequest, token: str) -> HttpResponse:
    """The link: a cookie, then an address without the token. A GET that writes nothing."""
    invitation = invitation_by_token(token)
    if invitation is None and (key := key_by_token(token, timezone.now())):
        return discreet(place_door.enter(key), "no-referrer")
    if invitation is None or _expired(invitation):
        return discreet(render(request, "firm/bad_link.html", _bad_link(invitation), status=404), "no-referrer")
    return discreet(enter(request, invitation), "no-referrer")


def open_code(request: HttpRequest) -> HttpResponse:
    """The typed code: tries are counted by address range, and each takes the same time."""
    began = time.monotonic()
    typed = request.POST.get("code", "")[:60]
    key, invitation = None, None
    error = gettext("Ce code n'ouvre aucune demande. Vérifiez-le sur la lettre : dix lettres et chiffres.")
    try:
        limits.take("code", address_range(request), TRIES_AN_HOUR, timezone.now())
        invitation = invitation_by_code(typed)
        key = key_by_code(typed, timezone.now())
    except Refused as refused:
        error = refused.sentence
    same_time(began)
    if key:
        return discreet(place_door.enter(key))
    if invitation is None or _expired(invitation):
        return discreet(render(request, "firm/code.html", {"error": error, "typed": typed}, status=400))
    return discreet(enter(request, invitation))


def same_time(began: float) -> None:
    """Wait until a right guess and a wrong one have taken as long."""
    time.sleep(max(0.0, SLOWEST_LOOK_UP - (time.monotonic() - began)))


def enter(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Remember the invitation in the cookie and go to its first page, in the fewest words possible."""
    known = find(request, invitation.pk)
    entries = _entries(request)
    visit = known or Visit(invitation, others=tuple(entries))
    return visit.write(redirect(PATH))


def find(request: HttpRequest, invitation_id: UUID | None = None) -> Visit | None:
    """The visit of this request: the invitation that its form names, else the last one opened in this browser."""
    entries = _entries(request)
    wanted = invitation_id.hex if invitation_id else request.POST.get("demande", "")
    chosen = next((entry for entry in entries if not wanted or entry[0] == wanted), None)
    if chosen is None:
        return None
    pk, key, *kept = chosen
    rows = Invitation.objects.select_related("sourcing__organisation", "sourcing__need", "firm")
    invitation = rows.filter(pk=pk).first()
    if invitation is None or _key(invitation) != key or _expired(invitation):
        return None
    return Visit(invitation, *kept, others=tuple(entry for entry in entries if entry is not chosen))


def known(request: HttpRequest) -> bool:
    """True when this browser holds a cookie that one of our links gave it; asks nothing of the database."""
    return bool(_entries(request)) or place_door.known(request)


def lost(request: HttpRequest) -> HttpResponse:
    """No cookie: the code form on a first page; after a form, what to do so that nothing typed is lost."""
    if request.method == "POST":
        return render(request, "firm/code.html", {"interrupted": True}, status=403)
    return redirect(PATH)


def address_range(request: HttpRequest) -> str:
    """The /24 or /56 the request comes from; behind our own proxy, of the last address it added."""
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1]
    if peer is None or peer.is_loopback or peer.is_private:
        peer = _address(forwarded) or peer
    if peer is None:
        return "unknown"
    return str(ipaddress.ip_network((peer, 24 if peer.version == 4 else 56), strict=False))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def _entries(request: HttpRequest) -> list[tuple[str, ...]]:
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return []
    return [tuple(entry) for entry in kept]


def _key(invitation: Invitation) -> str:
    return invitation.token_sha256[:16]


def _expired(invitation: Invitation) -> bool:
    return not link_alive(invitation.sourcing.deadline, timezone.now())


def _bad_link(invitation: Invitation | None) -> dict[str, Any]:
    return {"expired": invitation is not None, "organisation": invitation.sourcing.organisation if invitation else None}
