"""« Exporter » : the table of a page, as filtered, in an office format."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify

from sourcier.interop.export import FORMATS, export
from sourcier.interop.tables import Table


def exported(request: HttpRequest, table: Table) -> HttpResponse | None:
    """The file asked by `?export=xlsx`, or None for the page itself. An unknown format is not found."""
    form = request.GET.get("export")
    if form is None:
        return None
    if form not in FORMATS:
        raise Http404
    agent = request.agent  # type: ignore[attr-defined]
    content, media_type = export(table, form, agent.organisation.name, timezone.now())
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{slugify(table.title)[:60] or "export"}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
