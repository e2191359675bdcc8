"""Time-stamps of a third party (RFC 3161): the request, and what its reply must be for the time it tells to be believed."""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import new as digest_by
from hashlib import sha256
from typing import Any

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
GRANTED = ("granted", "granted_with_mods")
# What two honest clocks may differ by.
CLOCKS_DIFFER = timedelta(seconds=60)
LONGEST_PATH = 8


class _Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp, whose token is absent when the authority refuses: the library's own wants it always."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


class BadStamp(ValueError):
    """A reply that proves nothing: a stable code and a French sentence, whose subject is the authority."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a verified reply says. `certificates`: the signer's first, then those that the reply carries."""

    told_at: datetime
    serial: str
    nonce: int | None
    certificates: tuple[x509.Certificate, ...]


def request(message: bytes, nonce: int) -> bytes:
    """Ask to stamp the SHA-256 of `message`, and for the certificates that will verify it."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": sha256(message).digest()}
    encoded: bytes = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}).dump()
    return encoded


def verify(reply: bytes, message: bytes, *, nonce: int | None = None, known: Iterable[x509.Certificate] = ()) -> Stamp:
    """Check status, imprint, nonce, signing certificate and signature of a reply (DER). Raises `BadStamp`.

    `known` are certificates to look into when the reply does not carry the signer's. Who vouches for the signer is told by
    `path`; whether the time is plausible by `check_clock`.
    """
    try:
        return _verify(reply, message, nonce, tuple(known))
    except BadStamp:
        raise
    except Exception:  # the readers of ASN.1 and of certificates raise many kinds on a hostile reply
        raise BadStamp("unreadable", "a répondu autre chose qu'un horodatage lisible.") from None


def _verify(reply: bytes, message: bytes, nonce: int | None, known: Sequence[x509.Certificate]) -> Stamp:
    response = _Response.load(reply, strict=True)
    status = response["status"]["status"].native
    if status not in GRANTED:
        raise BadStamp("refused", "a refusé d'horodater.")
    signed = response["time_stamp_token"]["content"]
    if response["time_stamp_token"]["content_type"].native != "signed_data" or len(signed["signer_infos"]) != 1:
        raise BadStamp("unreadable", "a répondu un horodatage qui n'a pas une signature, et une seule.")
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise BadStamp("unreadable", "a signé autre chose qu'un horodatage.")
    content: bytes = encapsulated["content"].contents
    told = tsp.TSTInfo.load(content, strict=True)
    _check_imprint(told, message)
    if nonce is not None and told["nonce"].native != nonce:
        raise BadStamp("nonce", "a répondu à une autre demande que la nôtre.")
    carried = [
        x509.load_der_x509_certificate(each.chosen.dump())
        for each in signed["certificates"] or ()
        if each.name == "certificate"
    ]
    info = signed["signer_infos"][0]
    signer = _signer(info, [*carried, *known])
    _check_signature(info, content, signer)
    moment: datetime = told["gen_time"].native
    _check_certificate(signer, moment)
    others = tuple(each for each in carried if each != signer)
    return Stamp(moment, str(told["serial_number"].native), told["nonce"].native, (signer, *others))


def _check_imprint(told: Any, message: bytes) -> None:
    imprint = told["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in HASHES or digest_by(algorithm, message).digest() != imprint["hashed_message"].native:
        raise BadStamp("imprint", "a horodaté autre chose que notre point de contrôle.")


def _signer(info: Any, candidates: Iterable[x509.Certificate]) -> x509.Certificate:
    """The certificate that the signer names twice: by its issuer and number, and by its digest, which is signed."""
    attributes = _attributes(info)
    if named := attributes.get("signing_certificate_v2"):
        reference = named["certs"][0]
        algorithm = reference["hash_algorithm"]["algorithm"].native
        if algorithm not in HASHES:
            raise BadStamp("certificate", "nomme son certificat par une empreinte trop faible.")
    elif named := attributes.get("signing_certificate"):
        reference, algorithm = named["certs"][0], "sha1"
    else:
        raise BadStamp("certificate", "ne dit pas avec quel certificat elle signe.")
    expected = reference["cert_hash"].native
    for each in candidates:
        der = each.public_bytes(Encoding.DER)
        if digest_by(algorithm, der, usedforsecurity=False).digest() == expected and _names(info["sid"], each):
            return each
    raise BadStamp("certificate", "ne donne pas le certificat avec lequel elle signe.")


def _names(sid: Any, certificate: x509.Certificate) -> bool:
    if sid.name == "issuer_and_serial_number":
        issuer: bytes = sid.chosen["issuer"].dump()
        return bool(
            sid.chosen["serial_number"].native == certificate.serial_number and issuer == certificate.issuer.public_bytes()
        )
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return bool(sid.chosen.native == identifier)


def _attributes(info: Any) -> dict[str, Any]:
    """Signed attributes by name, each with its one value."""
    found: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise BadStamp("unreadable", "a signé deux fois le même attribut.")
        found[name] = attribute["values"][0]
    return found


def _check_signature(info: Any, content: bytes, signer: x509.Certificate) -> None:
    """The attributes engage the content, the signature engages the attributes."""
    algorithm = info["digest_algorithm"]["algorithm"].native
    attributes = _attributes(info)
    if algorithm not in HASHES:
        raise BadStamp("signature", "signe avec un algorithme trop faible.")
    kind, digest = attributes.get("content_type"), attributes.get("message_digest")
    if kind is None or kind.native != "tst_info" or digest is None or digest.native != digest_by(algorithm, content).digest():
        raise BadStamp("signature", "a signé un autre contenu que celui de sa réponse.")
    # They are tagged [0] in the reply, and hashed as the SET they are (RFC 5652, 5.4); their bytes stay as they came.
    signed = b"\x31" + info["signed_attrs"].dump()[1:]
    try:
        _verify_by(signer.public_key(), info["signature"].native, signed, info["signature_algorithm"], HASHES[algorithm])
    except InvalidSignature:
        raise BadStamp("signature", "a donné une signature fausse.") from None


def _verify_by(key: Any, signature: bytes, signed: bytes, said: Any, default: hashes.HashAlgorithm) -> None:
    """RSA (PKCS#1 v1.5, PSS) and ECDSA. Raises `InvalidSignature`, `BadStamp`."""
    kind = said.signature_algo
    named = said["algorithm"].native
    digest = default if named in ("rsassa_pkcs1v15", "ecdsa") else HASHES.get(said.hash_algo)
    if digest is None:
        raise BadStamp("signature", "signe avec un algorithme trop faible.")
    if kind == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    elif kind == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
        length = said["parameters"]["salt_length"].native
        key.verify(signature, signed, padding.PSS(padding.MGF1(digest), length), digest)
    elif kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(digest))
    else:
        raise BadStamp("signature", "signe avec un algorithme que nous ne vérifions pas.")


def _check_certificate(signer: x509.Certificate, moment: datetime) -> None:
    """Made for time-stamps and for nothing else (RFC 3161, 2.3), and valid when it signed."""
    try:
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise BadStamp("usage", "signe avec un certificat qui n'est pas fait pour horodater.")
    if not _valid(signer, moment):
        raise BadStamp("expired", "signe avec un certificat qui n'était pas valable à l'heure qu'elle donne.")


def _valid(certificate: x509.Certificate, moment: datetime) -> bool:
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def path(stamp: Stamp, roots: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The certificates from the signer up to one of `roots`, which we trust. Raises `BadStamp` when none leads there."""
    pool = [*stamp.certificates[1:], *roots]

    def climb(one: x509.Certificate, below: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
        line = (*below, one)
        if one in roots:
            return line
        if len(line) == LONGEST_PATH:
            return ()
        above = (each for each in pool if each not in line and _valid(each, stamp.told_at) and issued(each, one, len(below)))
        return next((found for issuer in above if (found := climb(issuer, line))), ())

    if found := climb(stamp.certificates[0], ()):
        return found
    raise BadStamp("chain", "signe avec un certificat que nos racines de confiance ne connaissent pas.")


def issued(issuer: x509.Certificate, certificate: x509.Certificate, between: int) -> bool:
    """Whether `issuer`, an authority, signed `certificate`, with `between` other authorities below it."""
    try:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not basic.ca or (basic.path_length is not None and basic.path_length < between):
            return False
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        if not usage.key_cert_sign:
            return False
    except x509.ExtensionNotFound as absent:
        if absent.oid != x509.KeyUsage.oid:
            return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def check_clock(stamp: Stamp, asked_at: datetime, answered_at: datetime) -> None:
    """The time told lies between our question and the answer, as far as two honest clocks differ. Raises `BadStamp`."""
    if asked_at - CLOCKS_DIFFER <= stamp.told_at <= answered_at + CLOCKS_DIFFER:
        return
    apart = max(asked_at - stamp.told_at, stamp.told_at - answered_at)
    raise BadStamp(
        "clock", f"donne une heure qui diffère de {_long(apart)} de celle de notre serveur : l'une des deux est fausse."
    )


def _long(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2_880 else f"{minutes // 1_440} jours"


_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----")


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a file: PEM, whatever stands between them, or one in DER. Raises `ValueError`."""
    blocks = [base64.b64decode(block) for block in _PEM.findall(data)]
    return [x509.load_der_x509_certificate(block) for block in blocks or [data]]
