"""The times of a third party that a dossier carries: those that first covered each of its entries."""

import base64
from collections.abc import Iterator
from itertools import pairwise

from sourcier.dossier.history import History
from sourcier.dossier.models import Export
from sourcier.journal.models import Anchor
from sourcier.journal.proofs import consistency
from sourcier.kernel.revocation import split

INDEX = "data/proofs/anchors.json"


def covering(export: Export, history: History) -> list[Anchor]:
    """For each entry the first anchor that covers it, among those that the export's own tree tells of: always the same ones."""
    indexes = sorted(step.index for step in history.steps)
    if not indexes:
        return []
    obtained = Anchor.objects.filter(
        log_id=export.organisation_id, state=Anchor.State.OBTAINED, entry_index__lt=export.size, checkpoint__size__gt=indexes[0]
    )
    anchors = list(obtained.select_related("checkpoint").order_by("checkpoint__size", "pk"))
    sizes = [0, *(anchor.checkpoint.size for anchor in anchors if anchor.checkpoint)]
    return [
        anchor
        for anchor, (former, size) in zip(anchors, pairwise(sizes), strict=True)
        if any(former <= index < size for index in indexes)
    ]


def files(export: Export, history: History) -> Iterator[tuple[str, bytes]]:
    """`(path, content)` of each reply, of the checkpoint it stamps, of its certificates and of what was said of them."""
    for number, anchor in enumerate(covering(export, history), start=1):
        if anchor.checkpoint:
            yield f"data/proofs/anchor-{number}.txt", anchor.checkpoint.text.encode()
            yield from stamp(f"data/proofs/anchor-{number}", anchor)


def stamp(name: str, anchor: Anchor) -> Iterator[tuple[str, bytes]]:
    """A reply and what judges it: the first list and the first answer under the plain name, the others numbered from 2."""
    yield f"{name}.tsr", bytes(anchor.reply or b"")
    yield f"{name}.pem", anchor.certificates.encode()
    for ending, kept in (("crl", anchor.revocations), ("ocsp", anchor.answers)):
        for place, each in enumerate(split(bytes(kept or b"")), start=1):
            yield f"{name}.{ending}" if place == 1 else f"{name}-{place}.{ending}", each


def index(export: Export, history: History) -> list[dict[str, object]]:
    """What `anchors.json` says of each: who told which time, and that the dossier's tree prolongs the one it stamped."""
    return [
        {
            "number": number,
            "authority": anchor.authority_name,
            "told_at": anchor.told_at.isoformat(timespec="seconds"),
            "trusted": anchor.trusted,
            "size": anchor.checkpoint.size,
            "consistency": [
                base64.b64encode(node).decode()
                for node in consistency(export.organisation_id, anchor.checkpoint.size, export.size)
            ],
            "openssl": (
                f"openssl ts -verify -in data/proofs/anchor-{number}.tsr -data data/proofs/anchor-{number}.txt "
                f"-untrusted data/proofs/anchor-{number}.pem -attime {int(anchor.told_at.timestamp())} -CAfile RACINE.pem"
            ),
        }
        for number, anchor in enumerate(covering(export, history), start=1)
        if anchor.checkpoint and anchor.told_at
    ]
