"""The brief of a sourcing, read from the database: what mails, letters, previews and the firms' pages all show."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from sourcier.journal.keys import fingerprint_line
from sourcier.sourcing.models import AskedPlace, Sourcing
from sourcier.sourcing.words import Brief, Line, Place


def brief(sourcing: Sourcing, deadline: datetime | None = None) -> Brief:
    """Nine queries, whatever the number of firms. The deadline must be set; another one may be given, announced formerly."""
    deadline = deadline or sourcing.deadline
    if deadline is None:
        raise ValueError("a sourcing without deadline has no brief")
    city, need = sourcing.organisation, sourcing.need
    lots = {lot.pk: lot for lot in need.lots.all()}
    return Brief(
        kind=sourcing.kind,
        city=city.name,
        title=sourcing.title,
        trade=sourcing.trade,
        description=sourcing.description,
        places=tuple(Place(place.name, place.whole_address, place.hours, place.note) for place in asked_places(sourcing)),
        where_note=need.where_note,
        starts_on=need.starts_on,
        ends_on=need.ends_on,
        deadline=deadline,
        lots=tuple((lot.number, lot.title) for lot in lots.values()),
        lines=tuple(
            Line(line.designation, line.unit, line.quantity_milli, lots[line.lot_id].number if line.lot_id else None)
            for line in sourcing.price_lines.all()
        ),
        criteria=tuple(sourcing.criteria.values_list("label", "weight", "detail")),
        price_sentence=sourcing.price_sentence,
        questions=tuple(sourcing.questions.values_list("text", flat=True)),
        documents=tuple(sourcing.documents.order_by("pk").values_list("file__name", flat=True)),
        contact_name=sourcing.contact_name,
        contact_phone=sourcing.contact_phone,
        contact_hours=sourcing.contact_hours,
        email=city.email,
        dpo_email=city.dpo_email,
        counter=city.counter,
        notice_url=settings.SITE_URL + reverse("notice", args=[sourcing.notice_slug]) if sourcing.public_notice else "",
        key=fingerprint_line(city.pk),
        clauses=tuple(sourcing.clauses.filter(taken=True).values_list("title", "text", "basis")),
    )


def deadline_told(sourcing: Sourcing, at: datetime) -> datetime | None:
    """The deadline announced at that moment; it may have been moved since."""
    since = [extension for extension in sourcing.extensions.all() if extension.made_at > at]
    return min(since, key=lambda each: each.made_at).old_deadline if since else sourcing.deadline


def asked_places(sourcing: Sourcing) -> list[AskedPlace]:
    """The places of delivery by name, as the firms were told of them; before the sending, as they would be, not saved."""
    if sourcing.sent_at and (told := list(sourcing.asked_places.all())):
        return told
    copied = ("name", "address", "postal_code", "commune", "hours", "contact_name", "contact_phone")
    return [
        AskedPlace(sourcing=sourcing, place=row.place, note=row.note, **{field: getattr(row.place, field) for field in copied})
        for row in sourcing.need.places.select_related("place").order_by("place__name", "pk")
    ]


def link(token: str) -> str:
    """The address of a firm's page: `GET` sets a cookie and forgets the token."""
    return f"{settings.SITE_URL}/r/{token}"
