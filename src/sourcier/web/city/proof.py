"""Step 7: the dossier of an operation, and « Contrôle »: dossiers and journal of the city."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.dossier import build, own_stamp
from sourcier.dossier.models import Export
from sourcier.dossier.notes import has_single_note, single_note_document
from sourcier.dossier.seda import package
from sourcier.insights import story
from sourcier.interop.tables import Column, Kind, Table
from sourcier.journal import queries as journal
from sourcier.journal.keys import fingerprint
from sourcier.journal.models import Checkpoint, Entry
from sourcier.journal.nightly import last_check
from sourcier.kernel.french import PARIS
from sourcier.kernel.transitions import Refused
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.retention import queries as retention
from sourcier.sourcing.models import Sourcing
from sourcier.web.city.addresses import need_or_404
from sourcier.web.downloads import WORD, attached
from sourcier.web.exports import exported
from sourcier.web.operations import operation_context
from sourcier.web.rights import INSPECTION, city

IN_MEMORY = 20_000_000
PAGE = 100
EXPORTED = 10_000
JOURNAL_COLUMNS = (Column("Date", Kind.MOMENT), Column("Ce qui s'est passé"))


def _need(request: HttpRequest, need_id: UUID) -> Need:
    """The operation, for who inspects its department."""
    agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    if needs.roles_on(agent, need).isdisjoint(INSPECTION):
        raise PermissionDenied
    return need


def _rows(entries: Iterable[Entry]) -> list[tuple[datetime, str]]:
    """Moment and sentence of each, for an export: neither number nor place, whose holes would tell who answered."""
    return [(journal.moment_of(entry), journal.sentence(entry)) for entry in entries]


def _days(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """`[{"day", "lines": [{"at", "sentence", "to"}]}]` in the order given; one message to many firms is one line."""
    days: list[dict[str, Any]] = []
    former: tuple[str, str, date] | None = None
    for entry in entries:
        at = journal.moment_of(entry)
        day = at.astimezone(PARIS).date()
        if not days or days[-1]["day"] != day:
            days.append({"day": day, "lines": []})
        said = journal.payload_of(entry) or {}
        message = (entry.verb, said["subject"], day) if entry.verb.startswith("message.") and said else None
        if message and message == former:
            days[-1]["lines"][-1]["to"].append(said["to_name"])
        else:
            to = [said["to_name"]] if message else []
            days[-1]["lines"].append({"at": at, "sentence": journal.sentence(entry), "to": to, "subject": said.get("subject")})
        former = message
    return days


@city(*INSPECTION, led=True)
def dossier(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The dossiers taken, the button to take one, and the operation's journal in words."""
    need = _need(request, need_id)
    agent = request.agent  # type: ignore[attr-defined]
    entries = list(story.entries(agent, need.pk))
    if response := exported(request, Table(f"Journal {need.reference}", JOURNAL_COLUMNS, _rows(entries), (need.sentence,))):
        return response
    exports = list(Export.objects.filter(need=need).select_related("made_by").order_by("-made_at"))
    context = {
        **operation_context(agent, need),
        "exports": exports,
        "awaited": own_stamp.awaited(exports, timezone.now()),
        "refusal": build.may_take(agent, need),
        "refusal_for_third_party": build.may_take(agent, need, for_third_party=True),
        "days": _days(entries),
        "fingerprint": fingerprint(need.organisation_id),
        "has_single_note": has_single_note(need),
        "inspects_retention": agent.has(*retention.READERS),
        "archives_set": package.archives_set(need.organisation),
    }
    return render(request, "city/proof/dossier.html", context)


@require_POST
@city(*INSPECTION, own=True, led=True)
def dossier_take(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """Make a dossier, or the version for a third party; auditors may, since it changes nothing of the purchase: it only tells
    the journal that one was taken."""
    need = _need(request, need_id)
    for_third_party = request.POST.get("version") == "communicable"
    try:
        export = build.take(request.agent, need.pk, for_third_party=for_third_party)  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("dossier", need.pk)
    if own_stamp.is_awaited(export, timezone.now()):
        messages.success(request, f"Le dossier est pris. {own_stamp.AWAITED}")
        return redirect("dossier", need.pk)
    return redirect("dossier_download", need.pk, export.pk)


@city(*INSPECTION, led=True)
def dossier_download(request: HttpRequest, need_id: UUID, export_id: UUID) -> HttpResponse:
    """The ZIP, built again from the journal: the same bytes each time."""
    return _zip(request, need_id, export_id, build.write, "dossier")


@city(*INSPECTION, led=True)
def dossier_seda(request: HttpRequest, need_id: UUID, export_id: UUID) -> HttpResponse:
    """The same files as a transfer to the archives (SEDA 2.3), checked before it leaves."""
    return _zip(request, need_id, export_id, package.write, "versement")


@city(*INSPECTION, led=True)
def single_note(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The notes of this purchase's single quotes, for Word."""
    need = _need(request, need_id)
    if not (made := single_note_document(need)):
        raise Http404
    return attached(made, f"note-devis-unique-{need.reference}.docx", WORD)


def _zip(
    request: HttpRequest, need_id: UUID, export_id: UUID, write: Callable[[Export, BinaryIO], None], called: str
) -> HttpResponse:
    """The file that `write` makes of an export; what it refuses is said on the page of the dossier."""
    need = _need(request, need_id)
    export = Export.objects.select_related("organisation", "need").filter(pk=export_id, need=need).first()
    if export is None:
        raise Http404
    if sentence := build.may_read(request.agent, need):  # type: ignore[attr-defined]
        messages.error(request, sentence)
        return redirect("dossier", need.pk)
    called += "-communicable" if export.communicable else ""
    try:
        return zip_of(export, f"{called}-{need.reference}", write)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("dossier", need.pk)


def zip_of(export: Export, called: str, write: Callable[[Export, BinaryIO], None] = build.write) -> FileResponse:
    """The response that serves what `write` makes of an export. Raises `Refused`."""
    out = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    try:
        write(export, out)  # type: ignore[arg-type]
    except Refused:
        out.close()
        raise
    out.seek(0)
    name = f"{called}-{export.pk.hex[:8]}.zip"
    response = FileResponse(out, as_attachment=True, filename=name, content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@city(*INSPECTION)
def control(request: HttpRequest) -> HttpResponse:
    """The city's dossiers, its last public checkpoint, who attests its time, its journal in words."""
    agent = request.agent  # type: ignore[attr-defined]
    organisation_id = agent.organisation.pk
    found = story.entries(agent).order_by("-index")
    if "export" in request.GET:
        rows = _rows(found[:EXPORTED])
        note = (
            f"Les {EXPORTED} dernières lignes."
            if len(rows) == EXPORTED
            else "Tout le journal, de la dernière ligne à la première."
        )
        if response := exported(request, Table("Journal", JOURNAL_COLUMNS, rows, (note,))):
            return response
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "days": _days(page.object_list),
        "exports": Export.objects.filter(organisation=agent.organisation, need__isnull=False)
        .select_related("need", "made_by")
        .order_by("-made_at")[:PAGE],
        "checkpoint": Checkpoint.objects.filter(log_id=organisation_id, public=True).order_by("-size").first(),
        # A checkpoint states a number of entries: while answers are closed it would tell how many came.
        "closed": Sourcing.objects.filter(
            organisation=agent.organisation, state__in=(Sourcing.State.OPEN, Sourcing.State.CLOSED)
        ).exists(),
        "anchoring": journal.anchoring(organisation_id),
        "fingerprint": fingerprint(organisation_id),
        "check": last_check(organisation_id),
        "inspects_retention": agent.has(*retention.READERS),
    }
    return render(request, "city/proof/control.html", context)


urlpatterns = [
    path("achats/<uuid:need_id>/dossier/", dossier, name="dossier"),
    path("achats/<uuid:need_id>/dossier/prendre/", dossier_take, name="dossier_take"),
    path("achats/<uuid:need_id>/dossier/<uuid:export_id>/", dossier_download, name="dossier_download"),
    path("achats/<uuid:need_id>/dossier/<uuid:export_id>/versement/", dossier_seda, name="dossier_seda"),
    path("achats/<uuid:need_id>/note-devis-unique/", single_note, name="single_note"),
    path("controle/", control, name="control"),
]
