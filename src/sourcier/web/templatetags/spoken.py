"""Filters of the firm's pages: moments and amounts in the language of the page."""

from datetime import datetime

from django import template
from django.conf import settings
from django.utils import translation

from sourcier.kernel import money
from sourcier.web.firm import language, words

register = template.Library()


@register.filter
def said_moment(value: datetime | None) -> str:
    return words.said_moment(value)


@register.filter
def said_euros(cents: int | None) -> str:
    if cents is None:
        return ""
    return money.format_cents(cents) if words.in_french() else words.amount(cents)


@register.simple_tag(takes_context=True)
def tongues(context: template.Context) -> list[dict[str, object]]:
    """Each language by its own name, for the row of links; none on a page that answers a form: nothing typed is lost."""
    request = context.get("request")
    if request is None or request.method == "POST" or not request.path.startswith(language.PATH):
        return []
    now = translation.get_language()
    return [{"code": code, "tag": words.tag(code), "name": name, "now": code == now} for code, name in settings.LANGUAGES]


@register.simple_tag
def page_language() -> str:
    """What `<html lang>` says."""
    return words.tag(translation.get_language() or settings.LANGUAGE_CODE)
