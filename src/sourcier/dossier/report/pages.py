"""The report as PDF/A-3a: tagged, in French, the same bytes each time it is built from the same entries."""

import json
from pathlib import Path

import typst

from sourcier.dossier.history import History
from sourcier.dossier.models import Export
from sourcier.dossier.report.sections import sections
from sourcier.journal.keys import fingerprint
from sourcier.kernel.french import format_date, format_hour, format_moment

TEMPLATE = Path(__file__).with_name("report.typ")


def report(export: Export, history: History) -> bytes:
    """The PDF of an export."""
    need = next(iter(history.of("need")), {})
    data = {
        "city": export.organisation.name,
        "fictitious": export.organisation.fictitious,
        "colour": export.organisation.colour,
        "title": need.get("title") or need.get("sentence") or "Achat",
        "reference": need.get("reference", ""),
        "made_at": format_moment(export.made_at),
        "export": export.pk.hex,
        "size": export.size,
        "fingerprint": fingerprint(export.organisation_id),
        "sections": sections(history),
        "timeline": [
            {"day": format_date(step.at), "hour": format_hour(step.at), "sentence": step.sentence} for step in history.steps
        ],
    }
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data)},
            pdf_standards=["a-3a"],
            timestamp=export.made_at,
        )
    )
