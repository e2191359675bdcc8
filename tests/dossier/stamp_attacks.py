"""Alterations of the stamps of a third party that a dossier carries, of what stands beside them, and of what they cover."""

import json

from cryptography.hazmat.primitives.serialization import Encoding

from sourcier.kernel import timestamps
from sourcier.kernel.revocation import question
from tests.dossier.attacks import Attacker, Files
from tests.journal.authority import Authority, answered, made_authority, revoked_by

ANCHORS = "data/proofs/anchors.json"
REPLY, STONE, LINE, REVOKED, ANSWER = (f"data/proofs/anchor-1.{kind}" for kind in ("tsr", "txt", "pem", "crl", "ocsp"))


class StampAttacker(Attacker):
    """Only the alterations of stamps; `authority` is who really gave them."""

    def __init__(self, data: bytes, authority: Authority, seed: int = 1) -> None:
        super().__init__(data, "", seed)
        self.authority = authority
        self.other = made_authority(authority.folder / "other", "Horodateur d'essai")

    def stamp_of_another_checkpoint(self, files: Files) -> Files:
        return files | {REPLY: self.authority.reply(timestamps.request(b"another checkpoint", 1))}

    def stamp_of_another_authority_of_the_same_name(self, files: Files) -> Files:
        pem = self.other.signer.pem + self.other.root.pem
        return files | {REPLY: self.other.reply(timestamps.request(files[STONE], 1)), LINE: pem}

    def stamp_of_another_moment(self, files: Files) -> Files:
        """True, by the same authority, on the same checkpoint: only not the one that was there."""
        return files | {REPLY: self.authority.reply(timestamps.request(files[STONE], 2))}

    def stamp_with_a_bit_changed(self, files: Files) -> Files:
        return files | {REPLY: self._flip(files[REPLY])}

    def stamp_with_other_certificates(self, files: Files) -> Files:
        return files | {LINE: self.other.signer.pem + self.other.root.pem}

    def stamp_with_another_list_of_revoked(self, files: Files) -> Files:
        return files | {REVOKED: revoked_by(self.authority.root)}

    def stamp_with_the_list_of_another_issuer(self, files: Files) -> Files:
        return files | {REVOKED: revoked_by(self.other.root)}

    def stamp_without_its_list_of_revoked(self, files: Files) -> Files:
        return {name: content for name, content in files.items() if name != REVOKED}

    def stamp_with_another_answer_of_its_issuer(self, files: Files) -> Files:
        about = question((self.authority.signer.certificate, self.authority.root.certificate))
        return files | {ANSWER: answered(self.authority.folder, about, self.authority.root, self.authority.signer)}

    def stamp_without_the_answer_of_its_issuer(self, files: Files) -> Files:
        return {name: content for name, content in files.items() if name != ANSWER}

    def stamp_said_to_be_earlier(self, files: Files) -> Files:
        (said,) = json.loads(files[ANCHORS])
        return files | {ANCHORS: json.dumps([said | {"told_at": "2020-01-01T00:00:00+00:00"}]).encode()}

    def stamp_on_the_checkpoint_of_the_dossier(self, files: Files) -> Files:
        (said,) = json.loads(files[ANCHORS])
        stone = files["data/proofs/checkpoint.txt"]
        return files | {STONE: stone, ANCHORS: json.dumps([said | {"consistency": []}]).encode()}

    def stamp_left_out(self, files: Files) -> Files:
        return {name: content for name, content in files.items() if "anchor" not in name}

    def stamp_replaced_by_its_certificate(self, files: Files) -> Files:
        return files | {REPLY: self.authority.signer.certificate.public_bytes(Encoding.DER)}


STAMP_KINDS = [name for name in vars(StampAttacker) if name.startswith("stamp_")]
