"""Compares the business rows of an organisation with the last snapshot that the journal holds of each."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from sourcier.journal.block import NO_SNAPSHOT, Key
from sourcier.journal.models import Payload
from sourcier.journal.registry import ROWS, RowKind, key_of, plain
from sourcier.journal.report import Problem

CHUNK = 500


@dataclass
class RowFindings:
    """`suspects`: what is wrong, by row; `compared` and `uncompared` count the rows read."""

    suspects: dict[Key, Problem] = field(default_factory=dict)
    compared: int = 0
    uncompared: int = 0


def check_rows(log_id: UUID, vouched: Mapping[Key, int], only: Collection[Key] | None = None) -> RowFindings:
    """Read every registered row of the organisation (or `only` those) and compare. Values are never quoted: some are sealed."""
    findings = RowFindings()
    kinds = {known.kind: known for known in ROWS.values()}
    wanted = kinds.keys() if only is None else {kind for kind, _ in only}
    for known in (known for kind, known in kinds.items() if kind in wanted):
        expected = {key for key in (vouched if only is None else only) if key[0] == known.kind and key in vouched}
        rows = _rows(known, log_id, only)
        while chunk := dict(islice(rows, CHUNK)):
            _compare(known, log_id, chunk, vouched, findings)
            expected.difference_update((known.kind, row_id) for row_id in chunk)
        for key in expected:
            sentence = f"La ligne {key[0]} {key[1]}, attestée par le journal, n'est plus dans la base."
            findings.suspects[key] = Problem("row_vanished", sentence, _index(vouched[key]))
    for kind in {key[0] for key in vouched} - kinds.keys():
        findings.suspects[kind, ""] = Problem("kind_unknown", f"Les lignes « {kind} » ne sont connues d'aucun module.")
    return findings


def _rows(known: RowKind, log_id: UUID, only: Collection[Key] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """`(id, {field: plain value})` of the rows of one kind, by their id."""
    rows = known.model._base_manager.filter(**{known.organisation: log_id}, **known.settled).order_by("pk")
    if only is not None:
        to_python = known.model._meta.pk.to_python
        rows = rows.filter(pk__in=[to_python(row_id) for kind, row_id in only if kind == known.kind])
    for values in rows.values_list("pk", *known.fields).iterator(chunk_size=CHUNK):
        yield str(plain(values[0])), dict(zip(map(key_of, known.fields), map(plain, values[1:]), strict=True))


def _compare(
    known: RowKind, log_id: UUID, rows: Mapping[str, dict[str, Any]], vouched: Mapping[Key, int], findings: RowFindings
) -> None:
    witnesses = {row_id: vouched.get((known.kind, row_id)) for row_id in rows}
    snapshots = _snapshots(known.kind, log_id, {index for index in witnesses.values() if index not in (None, NO_SNAPSHOT)})
    for row_id, values in rows.items():
        key, index = (known.kind, row_id), witnesses[row_id]
        if index is None:
            if known.strays:
                continue
            sentence = f"La ligne {known.kind} {row_id} n'est attestée par aucune écriture."
            findings.suspects[key] = Problem("row_unknown", sentence)
            continue
        snapshot = snapshots.get((index, row_id))
        if snapshot is None:
            findings.uncompared += 1
            continue
        findings.compared += 1
        wrong = [name for name, value in values.items() if name in snapshot and snapshot[name] != value]
        if wrong:
            fields = ", ".join(wrong)
            sentence = f"La ligne {known.kind} {row_id} ne dit plus ce que l'écriture n° {index} atteste ({fields})."
            findings.suspects[key] = Problem("row_changed", sentence, index)


def _snapshots(kind: str, log_id: UUID, indexes: Collection[int | None]) -> dict[tuple[int, str], dict[str, Any]]:
    """Snapshots of one kind in the payloads of these entries."""
    payloads = Payload.objects.filter(entry__log_id=log_id, entry__index__in=indexes, body__isnull=False)
    return {
        (index, snapshot["id"]): snapshot
        for index, body in payloads.values_list("entry__index", "body")
        for snapshot in json.loads(bytes(body)).get("rows", ())
        if snapshot["kind"] == kind
    }


def _index(index: int) -> int | None:
    return None if index == NO_SNAPSHOT else index
