"""What an issuer says of its certificates: the list of those it revoked (CRL, RFC 5280), or of one alone (OCSP, RFC 6960)."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from asn1crypto import parser
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from sourcier.kernel.timestamps import CLOCKS_DIFFER, BadStamp, issued

# `line`: a certificate, then those above it, up to a root.
Line = Sequence[x509.Certificate]
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


def list_addresses(certificate: x509.Certificate) -> list[str]:
    """Where the issuer of a certificate publishes the list of those it revoked."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return _web(name for point in points for name in point.full_name or ())


def responder_addresses(certificate: x509.Certificate) -> list[str]:
    """Where the issuer of a certificate answers about it."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return _web(each.access_location for each in access if each.access_method == AuthorityInformationAccessOID.OCSP)


def _web(names: Iterator[x509.GeneralName]) -> list[str]:
    return [
        name.value
        for name in names
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith(("http://", "https://"))
    ]


def is_list(data: bytes, line: Line, moment: datetime) -> bool:
    """Whether `data` is the list that the issuer of `line[0]` signed. Raises `BadStamp` when it revoked it by `moment`."""
    try:
        listed = x509.load_der_x509_crl(data)
        issuers = [each for each in line[1:] if each.subject == line[0].issuer == listed.issuer]
        good = any(listed.is_signature_valid(each.public_key()) for each in issuers)  # type: ignore[arg-type]
        revoked = listed.get_revoked_certificate_by_serial_number(line[0].serial_number)
    except UNREADABLE:
        return False
    if good and revoked is not None and revoked.revocation_date_utc <= moment:
        raise _revoked()
    return good


def _revoked() -> BadStamp:
    return BadStamp("revoked", "signe avec un certificat révoqué.")


def question(line: Line) -> bytes:
    """Ask whether `line[0]` is revoked: named by SHA-1, the one way that every responder reads (RFC 5019)."""
    built = ocsp.OCSPRequestBuilder().add_certificate(line[0], line[1], hashes.SHA1()).build()  # noqa: S303
    return built.public_bytes(Encoding.DER)


def is_answer(data: bytes, line: Line, moment: datetime) -> bool:
    """Whether `data` is an answer about `line[0]`, good at `moment`, signed by its issuer or in its name.

    Raises `BadStamp` when it says that the certificate was revoked by `moment`.
    """
    try:
        said = ocsp.load_der_ocsp_response(data)
        if said.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL or not _about(said, line) or not _signed(said, line[1]):
            return False
        until = said.next_update_utc or said.this_update_utc
        if not said.this_update_utc - CLOCKS_DIFFER <= moment <= until + CLOCKS_DIFFER:
            return False
        status, revoked_at = said.certificate_status, said.revocation_time_utc
    except UNREADABLE:
        return False
    if status == ocsp.OCSPCertStatus.REVOKED and revoked_at is not None and revoked_at <= moment:
        raise _revoked()
    return status != ocsp.OCSPCertStatus.UNKNOWN


def _about(said: ocsp.OCSPResponse, line: Line) -> bool:
    """Whether it names this certificate, by its number and by the name and key of its issuer."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(line[0], line[1], said.hash_algorithm).build()
    named = (asked.serial_number, asked.issuer_name_hash, asked.issuer_key_hash)
    return (said.serial_number, said.issuer_name_hash, said.issuer_key_hash) == named


def _signed(said: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """By the issuer, or by who it charged with it: a certificate of its own, for answers alone, valid when it signed."""
    return any(_verifies(said, each) for each in [issuer, *said.certificates] if each == issuer or _charged(each, issuer, said))


def _charged(certificate: x509.Certificate, issuer: x509.Certificate, said: ocsp.OCSPResponse) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    valid = certificate.not_valid_before_utc <= said.produced_at_utc <= certificate.not_valid_after_utc
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages and valid and issued(issuer, certificate, 0)


def _verifies(said: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    key, digest = certificate.public_key(), said.signature_hash_algorithm
    if digest is None or digest.name not in ("sha256", "sha384", "sha512"):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(said.signature, said.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(said.signature, said.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def split(data: bytes) -> list[bytes]:
    """The DER elements that stand one after the other in `data`. Raises `ValueError`."""
    found = []
    while data:
        length = parser.peek(data)
        found.append(data[:length])
        data = data[length:]
    return found
