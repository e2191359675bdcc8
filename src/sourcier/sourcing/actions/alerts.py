"""« Être prévenu »: one message a day at most to a firm that asked for it, of what its city has opened since the last one."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from sourcier.journal.actions import append
from sourcier.kernel.french import PARIS
from sourcier.mail.actions import enqueue
from sourcier.mail.rules import SECRET_MARK
from sourcier.sourcing import words
from sourcier.sourcing.alert_stops import stop_address
from sourcier.sourcing.open_needs import Notice, OpenNeed, notices_of, open_to
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.queries import email_of

KIND = "alert"
MORNING, EVENING = time(7, 30), time(20)
# A notice is seen by others a moment after the instant that it bears.
SETTLED = timedelta(minutes=2)


def send_alerts(now: datetime) -> int:
    """From 7 h 30 in Paris, one digest for each firm that has news. For `tick`, each in its own transaction."""
    local = now.astimezone(PARIS)
    if not MORNING <= local.time() < EVENING:
        return 0
    waiting = FirmPlace.objects.exclude(alerts="").exclude(alerted_on=local.date()).order_by("firm__organisation_id", "pk")
    sent = 0
    for organisation_id, places in groupby(waiting.select_related("firm"), key=lambda place: place.firm.organisation_id):
        notices = notices_of(organisation_id, now)
        sent += sum(_tell(place, notices, now) for place in places if _news(place, notices, now)) if notices else 0
    return sent


def _news(place: FirmPlace, notices: Sequence[Notice], now: datetime) -> list[OpenNeed]:
    """What opened since the last message, in its trade and around it as it wished; nothing while it is away."""
    today = now.astimezone(PARIS).date()
    if place.away_from and place.away_until and place.away_from <= today <= place.away_until:
        return []
    since = place.alerts_from or now
    fresh = [each for each in notices if each.sourcing.sent_at and since < each.sourcing.sent_at <= now - SETTLED]
    trade_only = place.alerts == FirmPlace.Alerts.TRADE
    return open_to(place.firm, fresh, trade_only=trade_only, within_km=place.alerts_km)


@transaction.atomic
def _tell(seen: FirmPlace, notices: Sequence[Notice], now: datetime) -> bool:
    """False when somebody stopped it meanwhile, or when no e-mail may reach the firm."""
    place = FirmPlace.objects.select_for_update(of=("self",)).select_related("firm__organisation").get(pk=seen.pk)
    today, firm = now.astimezone(PARIS).date(), place.firm
    needs = _news(place, notices, now) if place.alerts and place.alerted_on != today else []
    address = email_of(firm)
    if not needs or not address:
        return False
    place.alerted_on, place.alerts_from = today, now - SETTLED
    place.save()
    subject, body = words.alert_mail(firm.organisation.name, _lines(needs), settings.SITE_URL + reverse("place"), SECRET_MARK)
    enqueue(
        firm.organisation, kind=KIND, to_address=address, to_name=firm.name, subject=subject, body=body, firm_id=firm.pk,
        subject_id=firm.pk, secret=stop_address(firm),
    )  # fmt: skip
    titles = [each.sourcing.title for each in needs]
    payload = {"firm": firm.name, "siret": firm.siret, "count": len(needs), "needs": titles}
    append(firm.organisation_id, None, "firm.alerted", payload, rows=[place])
    return True


def _lines(needs: Sequence[OpenNeed]) -> list[words.Alert]:
    site = settings.SITE_URL
    return [
        words.Alert(each.sourcing.title, each.distance_m, each.sourcing.deadline, site + reverse("notice", args=[slug]))
        for each in needs
        if (slug := each.sourcing.notice_slug)
    ]
