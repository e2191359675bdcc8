"""The public notices as an Atom feed (RFC 4287), for who would rather be told than look."""

from datetime import datetime

from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.urls import path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed

from sourcier.kernel.french import format_moment
from sourcier.sourcing import queries
from sourcier.sourcing.models import Sourcing
from sourcier.web.rights import public


class Notices(Feed[Sourcing, None]):
    """Every open notice of the instance: nothing that its page does not say."""

    feed_type = Atom1Feed
    title = "Avis publics : ce que les villes cherchent"
    subtitle = "Toute entreprise peut répondre, d'où qu'elle soit. C'est gratuit, sans compte."
    link = reverse_lazy("notices")
    feed_url = reverse_lazy("notices_feed")
    language = "fr"

    def items(self) -> QuerySet[Sourcing]:
        return queries.open_notices(timezone.now())

    def item_title(self, item: Sourcing) -> str:  # type: ignore[override]
        return item.title

    def item_description(self, item: Sourcing) -> str:  # type: ignore[override]
        deadline = format_moment(item.deadline) if item.deadline else ""
        return f"{item.organisation.name} · {item.get_kind_display()} · répondez avant le {deadline}"

    def item_link(self, item: Sourcing) -> str:
        return reverse("notice", args=[item.notice_slug])

    def item_author_name(self, item: Sourcing) -> str:
        return item.organisation.name

    def item_pubdate(self, item: Sourcing) -> datetime | None:
        return item.sent_at

    def item_updateddate(self, item: Sourcing) -> datetime | None:
        return item.sent_at


urlpatterns = [path("avis/flux.atom", public(Notices()), name="notices_feed")]
