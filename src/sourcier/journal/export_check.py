"""Verifies the export of a journal, without the database: entries, chains, tree, contents, signatures, witnesses."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sourcier.journal import crew
from sourcier.journal.exported import Exported
from sourcier.journal.key_check import check_keys
from sourcier.journal.report import Anchored, Findings, Report
from sourcier.journal.walk import Walk
from sourcier.journal.witnesses import compare_witness, read_witness


def verify_export(
    path: Path, *, fingerprint: str = "", witnesses: Mapping[str, str] | None = None, processes: int = 1
) -> Report:
    """As `verify`, for what an export holds: neither business rows nor documents nor anchors. Raises `exported.Unreadable`."""
    export, findings = Exported(path), Findings()
    about = export.about
    read = [read_witness(name, text, about.origin, about.keys, findings) for name, text in (witnesses or {}).items()]
    outside = [witness for witness in read if witness]
    sizes = [witness.head.size for witness in outside]
    walk = Walk(about.log_id.hex, about.origin, about.keys, export, findings, sizes)
    for name in export.extra():
        findings.add("file_extra", f"Le fichier {name[:80]} n'est d'aucun export, ou y est deux fois.")
    if (useful := crew.useful(about.size, processes)) == 1:
        walk.to(about.size)
    else:
        with crew.crew(partial(Exported, path), useful) as workers:
            walk.to(about.size, workers)
    walk.finish()
    for witness in outside:
        compare_witness(witness, walk, findings)
    signing = check_keys(about.keys, walk.changes, about.origin, fingerprint, findings)
    return Report(
        log_id=about.log_id, origin=about.origin, size=walk.size, root=walk.root.hex(), fingerprint=signing.fingerprint,
        key_compared=signing.compared, former_keys=signing.former, checkpoint=walk.sealed, checkpoints=walk.checkpoints,
        anchors=Anchored(0, None, 0), witnesses=len(read), operations=walk.operations, contents=walk.contents, rows=0,
        documents=0, erased=len(walk.empty), uncompared=0, problems=tuple(findings.listed), problem_count=findings.count,
        exported=True,
    )  # fmt: skip
