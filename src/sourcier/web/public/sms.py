"""Where the gateway of the SMS posts what arrives and what became of those that left: for a program, never a page."""

import hmac
import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from sourcier.mail import text_inbox
from sourcier.vault.master import MasterKeyMissing
from sourcier.web.rights import machine

# How gateways name these things; the first of each is ours.
FROM = ("from", "sender", "msisdn", "number", "originator", "From")
TEXT = ("text", "message", "content", "body", "Body")
ID = ("id", "messageId", "message_id", "reference", "MessageSid")
STATUS = ("status", "msg_status", "MessageStatus")
LONGEST = 20_000


@machine
@csrf_exempt
@require_POST
@sensitive_variables()
def sms_arrived(request: HttpRequest, secret: str) -> HttpResponse:
    """204 once it is kept; 503 when the gateway is to come again; 400 for what cannot be read."""
    if not settings.SMS_INBOUND or not hmac.compare_digest(secret.encode(), settings.SMS_INBOUND.encode()):
        raise Http404
    said = _said(request)
    sender, words, identifier, status = (_first(said, names) for names in (FROM, TEXT, ID, STATUS))
    now = timezone.now()
    try:
        if sender and words:
            text_inbox.take(sender, words, identifier, now.replace(microsecond=now.microsecond // 1000 * 1000))
        elif identifier and status:
            text_inbox.report(identifier, status, now.replace(microsecond=now.microsecond // 1000 * 1000))
        else:
            return HttpResponse(status=400)
    except (text_inbox.NotYet, MasterKeyMissing):
        return HttpResponse(status=503)
    return HttpResponse(status=204)


def _said(request: HttpRequest) -> dict[str, Any]:
    """JSON, or a form."""
    if "json" not in (request.content_type or ""):
        return request.POST.dict()
    if len(request.body) > LONGEST:
        return {}
    try:
        said = json.loads(request.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _first(said: dict[str, Any], names: tuple[str, ...]) -> str:
    found = next((said[name] for name in names if said.get(name)), "")
    return str(found)[:LONGEST].replace("\x00", "") if isinstance(found, str | int) else ""


urlpatterns = [path("sms/<str:secret>/", sms_arrived, name="sms_arrived")]
