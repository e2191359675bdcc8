"""A real time-stamping authority: `openssl ts` behind a small HTTP server, honest or spoiled in one way."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from sourcier.kernel import timestamps

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = {digests}
signer_digest = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@cache
def _rsa_key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


RSA_KEYS = cycle(range(6))


def new_key(kind: str = "rsa") -> Key:
    """`rsa` (2048), `p256` or `p384`. An RSA key takes long to find: six serve in turn, more than a test has authorities."""
    if kind == "rsa":
        return _rsa_key(next(RSA_KEYS))
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Essai"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def secret(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate(
    subject: str, issuer: Made | None = None, *, kind: str = "p256", days: tuple[int, int] = (-30, 3_650),
    usage: tuple[x509.ObjectIdentifier, ...] = (), revocations: str = "", responder: str = "",
) -> Made:  # fmt: skip
    """An authority of certificates without `usage`, an end certificate with it; `days` from today, first and last."""
    key = new_key(kind)
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name(subject)).public_key(key.public_key())
    builder = builder.issuer_name(issuer.certificate.subject if issuer else name(subject))
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now + timedelta(days[0])).not_valid_after(now + timedelta(days[1]))
    builder = builder.add_extension(x509.BasicConstraints(ca=not usage, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=True)
    if revocations:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(revocations)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if responder:
        place = x509.UniformResourceIdentifier(responder)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return Made(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def revoked_by(issuer: Made, *gone: Made) -> bytes:
    """The signed list of the certificates that `issuer` revoked an hour ago, in DER."""
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=1))
    for each in gone:
        line = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
        builder = builder.add_revoked_certificate(line.revocation_date(now - timedelta(hours=1)).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def answered(folder: Path, request: bytes, issuer: Made, *known: Made, by: Made | None = None, gone: bool = False) -> bytes:
    """What `openssl ocsp` answers of the certificates that `issuer` made, signed by it or `by` another; `gone` an hour ago."""
    now = datetime.now(UTC)
    state = f"R\t491231235959Z\t{now - timedelta(hours=1):%y%m%d%H%M%SZ}" if gone else "V\t491231235959Z\t"
    lines = [f"{state}\t{each.certificate.serial_number:040X}\tunknown\t/CN=Essai\n" for each in known]
    (folder / "index.txt").write_text("".join(lines))
    (folder / "request.ocsp").write_bytes(request)
    (folder / "issuer.pem").write_bytes(issuer.pem)
    (folder / "responder.pem").write_bytes((by or issuer).pem)
    (folder / "responder.key").write_bytes((by or issuer).secret)
    subprocess.run(
        ["openssl", "ocsp", "-index", str(folder / "index.txt"), "-CA", str(folder / "issuer.pem"), "-rsigner",
         str(folder / "responder.pem"), "-rkey", str(folder / "responder.key"), "-reqin", str(folder / "request.ocsp"),
         "-ndays", "1", "-respout", str(folder / "answer.ocsp")],
        check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "answer.ocsp").read_bytes()


@dataclass
class Authority:
    """What `openssl ts` signs with, and how the server spoils its replies."""

    folder: Path
    root: Made
    signer: Made
    between: tuple[Made, ...] = ()
    manner: str = "right"
    asked: int = 0
    accounts: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""
    revocations: bytes = b""
    respond: Callable[[bytes], bytes] | None = None

    def reply(self, query: bytes) -> bytes:
        """The reply of openssl to a query, in DER."""
        folder = self.folder
        (folder / "query.tsq").write_bytes(query)
        digests = "sha512" if self.manner == "refuses" else "sha256, sha384, sha512"
        (folder / "ts.cnf").write_text(CONFIG.format(folder=folder, digests=digests))
        (folder / "signer.pem").write_bytes(self.signer.pem)
        (folder / "signer.key").write_bytes(self.signer.secret)
        (folder / "chain.pem").write_bytes(b"".join(each.pem for each in self.between))
        if not (folder / "serial").exists():
            (folder / "serial").write_text("01\n")
        chain = ["-chain", str(folder / "chain.pem")] if self.between else []
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", str(folder / "ts.cnf"), "-queryfile", str(folder / "query.tsq"),
             "-signer", str(folder / "signer.pem"), "-inkey", str(folder / "signer.key"), *chain,
             "-out", str(folder / "reply.tsr")],
            check=True, capture_output=True,
        )  # fmt: skip
        return (folder / "reply.tsr").read_bytes()

    def forged(self, query: bytes, told_at: datetime, *options: str) -> bytes:
        """A reply signed by the same key at any hour, with any certificate: what `openssl ts` refuses to make."""
        asked, folder = tsp.TimeStampReq.load(query), self.folder
        content = tsp.TSTInfo(
            {
                "version": "v1", "policy": "1.2.3.4.1", "message_imprint": asked["message_imprint"], "serial_number": 7,
                "gen_time": told_at, "nonce": asked["nonce"],
            }
        )  # fmt: skip
        (folder / "content.der").write_bytes(content.dump())
        (folder / "signer.pem").write_bytes(self.signer.pem)
        (folder / "signer.key").write_bytes(self.signer.secret)
        subprocess.run(
            ["openssl", "cms", "-sign", "-cades", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER",
             "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", str(folder / "content.der"), "-signer",
             str(folder / "signer.pem"), "-inkey", str(folder / "signer.key"), *options, "-out", str(folder / "token.der")],
            check=True, capture_output=True,
        )  # fmt: skip
        token = cms.ContentInfo.load((folder / "token.der").read_bytes())
        response: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        return response

    def answer(self, query: bytes) -> tuple[int, bytes]:
        """Status and body."""
        nonce = tsp.TimeStampReq.load(query)["nonce"].native
        match self.manner:
            case "500":
                return 500, b"out of order"
            case "garbage":
                return 200, b"<html>Bienvenue</html>"
            case "endless":
                return 200, b"0" * 300_000
            case "wrong imprint":
                query = timestamps.request(b"another checkpoint", nonce)
            case "wrong nonce":
                query = tsp.TimeStampReq.load(query)
                query["nonce"] = nonce ^ 1
                query = query.dump(force=True)
            case "lies":
                return 200, self.forged(query, datetime.now(UTC) - timedelta(hours=3))
            case "forged":
                return 200, self.forged(query, datetime.now(UTC))
            case "cut":
                return 200, self.reply(query)[:-40]
        return 200, self.reply(query)


@contextmanager
def served(authority: Authority) -> Iterator[Authority]:
    """The authority on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/ocsp":
                self.answer_about(query)
                return
            with authority.lock:
                authority.asked += 1
                authority.accounts.append(self.headers.get("Authorization", ""))
                status, body = authority.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if authority.manner != "slow":
                self.wfile.write(body)
                return
            for each in body:  # never silent for as long as the limit of a socket
                self.wfile.write(bytes([each]))
                time.sleep(0.05)

        def answer_about(self, request: bytes) -> None:
            """What the responder says of a certificate."""
            body = authority.respond(request) if authority.respond else b""
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.send_response(200 if authority.revocations else 404)
            self.end_headers()
            self.wfile.write(authority.revocations)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/horodatage"
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()


TIME = (ExtendedKeyUsageOID.TIME_STAMPING,)


def made_authority(folder: Path, title: str = "Horodateur d'essai", **signer: object) -> Authority:
    """A root, and a signer that it made for time-stamps alone; `signer` changes one thing of its certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    root = certificate(f"Racine de {title}")
    return Authority(folder, root, certificate(title, root, **{"usage": TIME, "kind": "rsa", **signer}))  # type: ignore[arg-type]
