"""Recomputes a whole journal: texts, columns, chains, tree, payloads, checkpoints; rows, documents; what was kept outside."""

from collections.abc import Iterator, Mapping
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from sourcier.journal import crew, keys
from sourcier.journal.anchor_check import check_anchors
from sourcier.journal.key_check import check_keys
from sourcier.journal.models import Entry, Log, Node, Payload
from sourcier.journal.queries import entries, moment_of, payload_of
from sourcier.journal.registry import DOCUMENTS
from sourcier.journal.report import Findings, Report
from sourcier.journal.row_check import RowFindings, check_rows
from sourcier.journal.stored import Stored
from sourcier.journal.verbs import ERASED
from sourcier.journal.walk import Walk
from sourcier.journal.witnesses import compare_witness, read_witness
from sourcier.kernel.french import format_moment


def verify(log_id: UUID, *, fingerprint: str = "", witnesses: Mapping[str, str] | None = None, processes: int = 1) -> Report:
    """Check one log; reads only, beside the writers, whom it holds up only to read again the rows that seem wrong.

    `fingerprint` is the one of the key as it was noted outside; `witnesses` gives checkpoints and receipts kept outside, by
    name of file. A large log is shared between `processes`. Raises `Log.DoesNotExist`.
    """
    asked = (log_id, fingerprint, witnesses or {}, processes)
    before = keys.line(Log.objects.get(pk=log_id))
    report = _recomputed(*asked)
    if report.problem_count and keys.line(Log.objects.get(pk=log_id)) != before:  # the key changed meanwhile: look once more
        return _recomputed(*asked)
    return report


def _recomputed(log_id: UUID, fingerprint: str, witnesses: Mapping[str, str], processes: int) -> Report:
    log = Log.objects.get(pk=log_id)
    findings = Findings()
    line = keys.line(log)
    read = [read_witness(name, text, log.origin, line, findings) for name, text in witnesses.items()]
    outside = [witness for witness in read if witness]
    sizes = [witness.head.size for witness in outside]
    walk = Walk(log.pk.hex, log.origin, line, Stored(log.pk), findings, sizes)
    _read(walk, log, processes)
    if walk.emptied:  # perhaps by an erasure made meanwhile, whose entry is then further on
        walk.to(Log.objects.get(pk=log.pk).size)
    rows = _rows(log.pk, walk)
    _documents(log.pk, walk)
    _look_again(log.pk, walk)
    walk.finish()
    _whole(log, walk)
    for witness in outside:
        compare_witness(witness, walk, findings)
    for problem in rows.suspects.values():
        findings.add(problem.code, problem.sentence, problem.index)
    if bytes(log.public_key) != line[-1].public_key:
        findings.add("keys", "La clé notée dans la base n'est pas celle que la dernière écriture de clé donne.")
    signing = check_keys(walk.keys, walk.changes, log.origin, fingerprint, findings)
    return Report(
        log_id=log.pk,
        origin=log.origin,
        size=walk.size,
        root=walk.root.hex(),
        fingerprint=signing.fingerprint,
        key_compared=signing.compared,
        former_keys=signing.former,
        checkpoint=walk.sealed,
        checkpoints=walk.checkpoints,
        anchors=check_anchors(log, findings),
        witnesses=len(read),
        operations=walk.operations,
        contents=walk.contents,
        rows=rows.compared,
        documents=len(walk.cited),
        erased=len(walk.empty),
        uncompared=rows.uncompared,
        problems=tuple(findings.listed),
        problem_count=findings.count,
        erasures=tuple(_erasures(log.pk)),
    )


def _erasures(log_id: UUID) -> Iterator[str]:
    """When each erasure was made, of how many contents, and why."""
    for entry in entries(log_id).filter(verb=ERASED, payload__body__isnull=False):
        said = payload_of(entry) or {}
        yield f"{format_moment(moment_of(entry))}, {said['count']} contenu(s) : {said['reason']}."


def _read(walk: Walk, log: Log, processes: int) -> None:
    if (useful := crew.useful(log.size, processes)) == 1:
        walk.to(log.size)
        return
    with crew.crew(partial(crew.stored, log.pk, connection.settings_dict["NAME"]), useful) as workers:
        walk.to(log.size, workers)


def _rows(log_id: UUID, walk: Walk) -> RowFindings:
    """Compare the rows; those that differ are read once more under the lock of the log, with the entries written meanwhile."""
    rows = check_rows(log_id, walk.vouched)
    if rows.suspects:
        walk.to(Log.objects.get(pk=log_id).size)
        with transaction.atomic():
            walk.to(Log.objects.select_for_update().get(pk=log_id).size)
            rows.suspects = check_rows(log_id, walk.vouched, only=rows.suspects.keys()).suspects
    return rows


_FAULTS = {"missing": "n'est plus dans le coffre", "damaged": "n'a plus le contenu que le journal atteste"}


def _look_again(log_id: UUID, walk: Walk) -> None:
    """A content declared erased further on was perhaps read just before: whether it is there now is what counts."""
    if kept := walk.kept:
        gone = Payload.objects.filter(entry__log_id=log_id, entry__index__in=kept, body=None, salt=None)
        walk.empty.update(gone.values_list("entry__index", flat=True))


def _documents(log_id: UUID, walk: Walk) -> None:
    """Read again, by slices, the bytes of every document that an entry cites. Names are not quoted: some are sealed."""
    for fault_of in DOCUMENTS:
        for digest, index in walk.cited.items():
            if fault := fault_of(log_id, digest):
                sentence = f"Le document {digest}, cité par l'écriture n° {index}, {_FAULTS[fault]}."
                walk.findings.add(f"document_{fault}", sentence, index)


def _whole(log: Log, walk: Walk) -> None:
    """What only the whole tells: entries, nodes or checkpoints beyond the size that the log gives itself."""
    size = walk.size
    beyond = Log.objects.filter(pk=log.pk, size=size)
    if beyond.filter(entries__index__gte=size).exists():
        walk.findings.add("entry_beyond", f"Des écritures dépassent la taille du journal ({size}).", size)
    if Entry.objects.filter(log=log, index__lt=0).exists():
        walk.findings.add("entry_beyond", "Des écritures portent un numéro négatif.")
    expected = sum(size >> level for level in range(size.bit_length()))
    nodes = Node.objects.filter(log=log).count()
    if nodes != expected and beyond.exists():
        walk.findings.add("node_count", f"L'arbre compte {nodes} nœuds au lieu de {expected}.")
    cut = log.checkpoints.filter(size__gt=size).order_by("-size").first()
    if cut and beyond.exists():
        walk.findings.add(
            "tail_missing",
            f"La fin du journal manque : un point de contrôle engage {cut.size} écritures, le journal en contient {size}.",
            size,
        )
