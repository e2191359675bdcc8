"""The seal of a quote: put at its deposit, lifted at the opening. The firm alone may read its own before, on its own page."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sourcier.kernel.sealing import BrokenSeal
from sourcier.kernel.transitions import Refused, refuse
from sourcier.quotes.answer_content import from_envelope, in_envelope
from sourcier.quotes.models import Submission
from sourcier.sourcing.models import Sourcing
from sourcier.vault.actions import CANNOT_SEAL, unseal_file
from sourcier.vault.master import MasterKeyMissing
from sourcier.vault.models import File, SealingKey
from sourcier.vault.queries import file_facts, sealed_file_facts
from sourcier.vault.sealing import seal, unseal

logger = logging.getLogger(__name__)
UNREADABLE = (BrokenSeal, MasterKeyMissing, SealingKey.DoesNotExist, FileNotFoundError)


def seals(sourcing: Sourcing) -> bool:
    """Quotes are sealed; information and direct purchases wait for the opening unsealed."""
    return sourcing.kind == Sourcing.Kind.RFQ


def still_sealed(submission: Submission) -> bool:
    """Its content is in its seal alone."""
    return submission.sealed is not None and submission.unsealed_at is None


def own_facts(sourcing: Sourcing, file: File) -> dict[str, Any]:
    """What `file_facts` says of the content of a file, sealed or not."""
    if not file.is_sealed:
        return file_facts(file)
    facts = sealed_file_facts(sourcing.pk, file)
    return {"name": facts["name"], "sha256": facts["sha256"], "size": facts["size"], "type": facts["media_type"]}


def deposited(file: File) -> dict[str, Any]:
    """A file in the entry of a deposit: a sealed one by its sealed box, which is no document that anybody may read."""
    return {"sealed_sha256": file.sha256, "sealed_size": file.size} if file.is_sealed else file_facts(file)


def close(submission: Submission, content: Mapping[str, Any]) -> dict[str, str]:
    """Seal the content in its row. Returns what the entry says: the hash of the box, and that of what is inside.

    Raises `Refused` when the server has lost its master key.
    """
    encoded, commitment = in_envelope(content)
    try:
        submission.sealed = seal(submission.organisation_id, submission.sourcing_id, submission.pk, encoded)
    except MasterKeyMissing as error:
        logger.critical("nothing can be sealed: %s", error)
        raise Refused(CANNOT_SEAL) from None
    submission.sealed_sha256 = sha256(submission.sealed).hexdigest()
    return {"sealed_sha256": submission.sealed_sha256, "commitment": commitment}


def content_of(submission: Submission) -> dict[str, Any] | None:
    """What a firm reads again of its own sealed quote; None when it cannot be read now."""
    try:
        return from_envelope(_encoded(submission))
    except UNREADABLE as error:
        logger.critical("a sealed answer cannot be read: %s", type(error).__name__)
        return None


def _encoded(submission: Submission) -> bytes:
    return unseal(submission.organisation_id, submission.sourcing_id, submission.pk, bytes(submission.sealed or b""))


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What was in one sealed quote: its content as it was hashed, a readable copy of each file by the sealed one's id."""

    encoded: bytes
    files: dict[Any, File]

    @property
    def content(self) -> dict[str, Any]:
        return from_envelope(self.encoded)

    @property
    def commitment(self) -> str:
        return sha256(self.encoded).hexdigest()


def lift(submission: Submission) -> Unsealed:
    """Read a sealed quote and write its files; before any lock, once the rules allow the opening. Raises `Refused`."""
    try:
        encoded = _encoded(submission)
        joined = [document.file for document in submission.documents.filter(removed=False).select_related("file")]
        joined += [reply.file for reply in submission.answers.exclude(file=None).select_related("file") if reply.file]
        return Unsealed(encoded, {file.pk: unseal_file(submission.sourcing_id, file) for file in joined if file.is_sealed})
    except UNREADABLE as error:
        logger.critical("the seal of an answer cannot be lifted: %s", type(error).__name__)
        raise refuse(
            "seal_broken",
            f"Le pli {submission.receipt_number} ne s'ouvre pas : le coffre ou la clé du serveur est abîmé. Rien n'a été "
            "ouvert. Prévenez l'administrateur : il remettra la sauvegarde, puis vous recommencerez.",
        ) from None
