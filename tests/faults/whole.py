"""Is all that firms were told in the journal, with its payload and its files? And is the journal whole?"""

import json
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sourcier.journal.keys import public_key
from sourcier.journal.models import Entry, Log, Payload
from sourcier.journal.verify import verify
from sourcier.kernel.notes import BadNote
from sourcier.kernel.receipts import check_receipt, parse_receipt
from sourcier.mail.models import OutgoingMessage
from tests.faults.process import NUMBER

VERBS = {
    "answer": "answer.received", "late": "answer.late", "decline": "answer.declined", "withdraw": "answer.withdrawn",
    "question": "question.asked",
}  # fmt: skip
DEPOSITS = ("answer.received", "answer.late", "answer.declined")


def faults(told: list[dict[str, Any]]) -> Iterator[str]:
    """Each thing that is not as it was told, in words for the test's message."""
    log = Log.objects.get()
    report = verify(log.pk)
    yield from (problem.sentence for problem in report.problems)
    written = _by_number(log)
    for read in told:
        if number := read.get("number"):
            expected = VERBS["late" if read.get("late") else read["act"]]
            if expected not in written.get(number, ()):
                yield f"{number} was given for {expected}: the journal has {written.get(number)}"
        if proof := read.get("proof"):
            yield from _receipt_faults(log, proof)
    yield from _without_acknowledgement(log)


def answered(log: Log) -> set[str]:
    """Who answered, be it no or too late, by the journal."""
    return set(Entry.objects.filter(log=log, verb__in=DEPOSITS).values_list("actor", flat=True))


def _by_number(log: Log) -> dict[str, set[str]]:
    written = defaultdict(set)
    for verb, body in Payload.objects.filter(entry__log=log).values_list("entry__verb", "body"):
        if receipt := json.loads(bytes(body)).get("receipt"):
            written[receipt].add(verb)
    return written


def _receipt_faults(log: Log, text: str) -> Iterator[str]:
    try:
        receipt = parse_receipt(text)
        check_receipt(receipt, public_key(log.pk))
    except BadNote as wrong:
        yield f"a receipt that does not verify was given: {wrong}"
        return
    entry = Entry.objects.filter(log=log, index=receipt.index).select_related("payload").first()
    if entry is None or bytes(entry.raw) != receipt.entry:
        yield f"a receipt was given, and entry {receipt.index} is not the one it proves"
        return
    if sha256(bytes(entry.payload.salt) + bytes(entry.payload.body)).hexdigest() != entry.payload_sha256:
        yield f"a receipt was given, and the payload of entry {receipt.index} is not its own"


def _without_acknowledgement(log: Log) -> Iterator[str]:
    """Each receipt also leaves by e-mail, queued with what it acknowledges."""
    subjects = OutgoingMessage.objects.filter(organisation_id=log.pk).values_list("subject", flat=True)
    queued = {found[0] for subject in subjects if (found := NUMBER.search(subject))}
    for number, verbs in _by_number(log).items():
        if verbs & set(VERBS.values()) and number not in queued:
            yield f"{number} has no acknowledgement"
