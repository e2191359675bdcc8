"""An answer as one plain value: what its journal entry holds, at once or when its seal is lifted; and the rows it becomes."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Model

from sourcier.journal.registry import plain
from sourcier.kernel.canonical import canonical
from sourcier.quotes.answer_rules import Answer, before_tax
from sourcier.quotes.models import QuestionAnswer, QuotedLine, Submission, SubmissionPlace
from sourcier.sourcing.models import Sourcing

WORDS = ("vat", "daily_maximum", "reservation", "note", "signer", "email")


def deposit_facts(submission: Submission, documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Who sent what kind of answer, when, with which files: common to every entry of a deposit."""
    return {
        "submission": submission.pk,
        "firm": submission.invitation.named,
        "siret": submission.firm.siret,
        "receipt": submission.receipt_number,
        "kind": submission.kind,
        "round": submission.round,
        "received_at": submission.received_at,
        "documents": documents,
        "replaces": submission.replaces.receipt_number if submission.replaces else None,
    }


def answer_facts(sourcing: Sourcing, answer: Answer, files: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any]:
    """All that the firm said, prices as integers; `files` are the facts of those of the questions, by question id."""
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
                "question_id": question.pk,
                "question": question.text,
                "text": answer.replies.get(question.pk, "").strip(),
                "file": files.get(question.pk),
            }
            for question in sourcing.questions.all()
        ],
        **{name: getattr(answer, name).strip() for name in WORDS},
    }


@dataclass(frozen=True, slots=True)
class Rows:
    """What an answer says, as rows not yet saved; of the replies, those that have words."""

    lines: list[QuotedLine]
    places: list[SubmissionPlace]
    replies: list[QuestionAnswer]

    def save(self) -> list[Model]:
        """Write them, each reply beside its file when one was joined before. Returns lines and places."""
        for reply in self.replies:
            QuestionAnswer.objects.update_or_create(
                submission_id=reply.submission_id, question_id=reply.question_id, defaults={"text": reply.text}
            )
        return [*QuotedLine.objects.bulk_create(self.lines), *SubmissionPlace.objects.bulk_create(self.places)]


def fill(submission: Submission, content: Mapping[str, Any]) -> Rows:
    """Put what was said (`answer_facts`) in the fields of `submission`, and make its rows; nothing is saved."""
    for name in WORDS:
        setattr(submission, name, content[name])
    lines = [
        QuotedLine(
            submission=submission, price_line_id=UUID(each["line"]), typed_price_e4=each["typed_price_e4"],
            vat_bp=each["vat_bp"], unit_price_e4=each["unit_price_e4"],
        )
        for each in content["lines"]
    ]  # fmt: skip
    places = [SubmissionPlace(submission=submission, place_id=UUID(place)) for place in content["places"]]
    return Rows(lines, places, list(_replies(submission, content)))


def _replies(submission: Submission, content: Mapping[str, Any]) -> Iterator[QuestionAnswer]:
    for each in content["replies"]:
        if each["text"]:
            yield QuestionAnswer(submission=submission, question_id=UUID(each["question_id"]), text=each["text"])


def in_envelope(content: Mapping[str, Any]) -> tuple[bytes, str]:
    """The content, salted so that no price can be guessed from its hash, as canonical JSON; and its SHA-256 in hexadecimal."""
    encoded = canonical(plain({**content, "salt": secrets.token_hex(16)}))
    return encoded, sha256(encoded).hexdigest()


def from_envelope(encoded: bytes) -> dict[str, Any]:
    """What `in_envelope` was given."""
    content: dict[str, Any] = json.loads(encoded)
    return content
