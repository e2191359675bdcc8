"""An answer as one plain value: what its journal entry holds, or the closed envelope of a late one."""

import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sourcier.journal.registry import plain
from sourcier.kernel.canonical import canonical
from sourcier.quotes.answer_rules import Answer, before_tax
from sourcier.quotes.models import Submission, SubmissionDocument
from sourcier.sourcing.models import Sourcing
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts


def deposit_facts(submission: Submission, documents: Sequence[SubmissionDocument]) -> dict[str, Any]:
    """Who sent what kind of answer, when, with which files: common to every entry of a deposit."""
    return {
        "submission": submission.pk,
        "firm": submission.invitation.named,
        "siret": submission.firm.siret,
        "receipt": submission.receipt_number,
        "kind": submission.kind,
        "round": submission.round,
        "received_at": submission.received_at,
        "documents": [file_facts(document.file) for document in documents],
        "replaces": submission.replaces.receipt_number if submission.replaces else None,
    }


def answer_facts(sourcing: Sourcing, answer: Answer, files: Mapping[Any, File]) -> dict[str, Any]:
    """All that the firm said, prices as integers; `files` are those of the questions, by question id."""
    lines = {line.pk: line for line in sourcing.price_lines.all()}
    return {
        "vat": answer.vat,
        "lines": [
            {
                "line": price.line_id,
                "designation": lines[price.line_id].designation,
                "unit": lines[price.line_id].unit,
                "quantity_milli": lines[price.line_id].quantity_milli,
                "typed_price_e4": price.price_e4,
                "vat_bp": price.vat_bp,
                "unit_price_e4": before_tax(answer.vat, price.price_e4, price.vat_bp),
            }
            for price in answer.prices
        ],
        "places": sorted(place.hex for place in answer.places),
        "replies": [
            {
                "question": question.text,
                "text": answer.replies.get(question.pk, ""),
                "file": file_facts(files[question.pk]) if question.pk in files else None,
            }
            for question in sourcing.questions.all()
        ],
        "daily_maximum": answer.daily_maximum,
        "reservation": answer.reservation,
        "note": answer.note,
        "signer": answer.signer,
        "email": answer.email,
    }


def seal_envelope(content: Mapping[str, Any]) -> tuple[str, str]:
    """The closed envelope (salted, so that no price can be guessed from its hash) and its SHA-256 in hexadecimal."""
    encoded = canonical(plain({**content, "salt": secrets.token_hex(16)}))
    return encoded.decode(), sha256(encoded).hexdigest()
