"""« Ne plus être prévenu »: the link that a message bears, and what a mail program's own button calls."""

from django.conf import settings
from django.urls import reverse

from sourcier.mail.models import OutgoingMessage
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Firm


def stop_address(firm: Firm) -> str:
    """The link of « Ne plus être prévenu », in one tap, without signing in."""
    return settings.SITE_URL + reverse("place_alerts_stop", args=[firm.pk, tokens.alerts_token(firm.pk)])


def stop_header(message: OutgoingMessage) -> str:
    """What a mail program's own button calls (RFC 8058)."""
    firm = Firm.objects.filter(pk=message.firm_id).first()
    return stop_address(firm) if firm else ""
