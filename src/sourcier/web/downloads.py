"""Files leave as attachments only: never shown by the browser under the address of the site."""

from django.http import FileResponse, Http404, HttpResponse

from sourcier.vault.models import File
from sourcier.vault.queries import open_file

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def attachment(file: File) -> FileResponse:
    """The response that serves a stored file: name per RFC 5987, its checked type, nothing run, nothing cached.

    The caller has found `file` in what this person may see. Raises `FileNotFoundError` when the vault has lost it.
    """
    if not file.path:
        raise Http404("erased")
    response = FileResponse(open_file(file), as_attachment=True, filename=file.name, content_type=file.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["Content-Length"] = str(file.size)
    return response


def pdf(content: bytes, name: str) -> HttpResponse:
    """The response that serves a PDF made just now."""
    return attached(content, name, "application/pdf")


def attached(content: bytes, name: str, media_type: str) -> HttpResponse:
    """The response that serves a file made just now."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
