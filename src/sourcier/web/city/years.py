"""The year that a page shows: the one its address asks for, when something is known of it."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone


def years_asked(request: HttpRequest, name: str, known: Iterable[int]) -> tuple[list[int], int]:
    """The years to choose from, latest first, this one always among them; and that of the parameter `name`, else this one."""
    this_year = timezone.localdate().year
    years = sorted({this_year, *known}, reverse=True)
    asked = request.GET.get(name, "")
    return years, next((year for year in years if str(year) == asked), this_year)
