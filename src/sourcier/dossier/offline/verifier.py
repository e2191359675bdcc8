#!/usr/bin/env python3
"""Vérifie un dossier de preuve Sourcier, hors ligne, avec la seule bibliothèque standard de Python (3.9 ou plus).

    python3 verifier.py DOSSIER.zip [--empreinte "4F2A 91C0 …"] [--recepisse RX-4M2A.tlog-proof]

Sans empreinte venue d'ailleurs (une lettre de la ville), la clé n'est pas comparée : le dossier est
cohérent avec la clé qu'il contient, et c'est dit. Code de sortie : 0 si rien n'est trouvé, 1 sinon.

Formats : BagIt (RFC 8493), arbre de Merkle (RFC 9162), points de contrôle signés (C2SP tlog-checkpoint), Ed25519 (RFC 8032),
horodatages d'un tiers (RFC 3161, signés par RSA ou ECDSA).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timezone

FIRST_PREV = "0" * 64
SLICE = 1 << 20
MAX_MEMBER = 4 << 30
MAX_MEMBERS = 200_000
MAX_TEXT = 512 << 20
END_OF_ZIP = b"PK\x05\x06"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
ENTRY_KEYS = {"v", "log", "stream", "seq", "prev", "verb", "at", "actor", "payload_sha256"}
CITED = re.compile(r'"(?:file_)?sha256":"([0-9a-f]{64})"')
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
HELPERS = {"VERIFIER.html", "verifier.py", "LISEZ-MOI.txt"}
TRANSFER = (
    "C'est un versement aux archives (SEDA 2.3), non un dossier de preuve : les mêmes fichiers, sous d'autres noms. "
    "Le service d'archives en contrôle les empreintes avec manifest.xml. "
    "Pour vérifier la preuve, donnez le dossier de preuve du même achat."
)
TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
ENTRIES = "data/journal/entries.jsonl"
SALTS = "data/payloads/salts.json"
WITHHELD = "data/payloads/withheld.json"
CHECKPOINT = "data/proofs/checkpoint.txt"
KEY = "data/proofs/key.txt"
EXPORT = "data/proofs/export.json"
COMMUNICABLE = "dossier.communicable"
SEALED, UNSEALED = ("answer.received", "answer.paper_registered"), "answer.unsealed"
LISTED, DRAWN = "panel.listed", "panel.drawn"
DOCUMENTS = "data/documents/index.json"
ANCHORS = "data/proofs/anchors.json"
OWN_STAMP = "data/proofs/export"
OWN_FILES = re.compile(r"data/proofs/export(-[2-9])?\.(tsr|txt|pem|crl|ocsp)")
CLOCKS_DIFFER = 60


@dataclass
class Report:
    """Ce qui a été vérifié (`facts`) et ce qui ne va pas (`problems`), en phrases ; `until` : le moment de l'export."""

    facts: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    key_compared: bool = False
    until: str = ""

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def verdict(self) -> str:
        if self.problems:
            return "Ce dossier n'est PAS conforme."
        known = "" if self.key_compared else " Clé non comparée : donnez l'empreinte lue sur une lettre de la ville."
        return f"Aucune altération détectée, jusqu'au point de contrôle du {self.until}.{known}"


class Broken(Exception):
    """Le dossier ne peut pas être lu plus loin ; la phrase dit pourquoi."""


# --- Ed25519 (RFC 8032), vérification seule -------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def _recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(data):
    y = int.from_bytes(data, "little")
    x = _recover_x(y & ((1 << 255) - 1), y >> 255)
    y &= (1 << 255) - 1
    return None if x is None else (x, y, 1, x * y % P)


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (_recover_x(BASE_Y, 0), BASE_Y, 1, _recover_x(BASE_Y, 0) * BASE_Y % P)


def ed25519_verify(public_key, message, signature):
    """True quand `signature` (64 octets) est celle de `message` par la clé publique (32 octets)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    left, right = _multiply(s, BASE), _add(r, _multiply(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- Merkle (RFC 9162) ------------------------------------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(index, size, leaf, proof, root):
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size or len(leaf) != 32:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = _node(sibling, current)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            current = _node(current, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and current == root


def root_after(index, size, leaf, proof):
    """La racine de l'arbre juste après cette entrée : elle, et ce que sa preuve d'inclusion a à sa gauche."""
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if position & 1 or position == last:
            current = _node(sibling, current)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        position >>= 1
        last >>= 1
    return current


def verify_consistency(first, second, proof, first_root, second_root):
    """RFC 9162, 2.1.4.2."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if not proof:
        return False
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    one = two = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            one, two = _node(sibling, one), _node(sibling, two)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            two = _node(two, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and one == first_root and two == second_root


# --- Point de contrôle (C2SP tlog-checkpoint) --------------------------------------------------------------------------


def signed_by(note, origin, public_key):
    """Cette note porte-t-elle, sous ce nom, une signature de cette clé ?"""
    text, _, signatures = note.rpartition("\n\n")
    expected = hashlib.sha256(origin.encode() + b"\n\x01" + public_key).digest()[:4]
    for line in signatures.split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or parts[1] != origin:
            continue
        data = _base64(parts[2])
        if data[:4] == expected and ed25519_verify(public_key, (text + "\n").encode(), data[4:]):
            return True
    return False


def open_checkpoint(note, *public_keys):
    """`(origine, taille, racine)` d'un point de contrôle signé par une de ces clés. Lève `Broken`."""
    text, blank, _ = note.rpartition("\n\n")
    lines = (text + "\n").split("\n")
    if not blank or len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,14}", lines[1]):
        raise Broken("Un point de contrôle est mal formé.")
    if not any(signed_by(note, lines[0], key) for key in public_keys):
        raise Broken("La signature d'un point de contrôle n'est pas celle de la clé du dossier.")
    return lines[0], int(lines[1]), _base64(lines[2])


def read_keys(text):
    """La clé du dossier, puis les anciennes, la dernière d'abord : `[(clé, ce qu'elle a signé de la suivante)]`."""
    own = re.search(r"(?m)^cle: (\S+)$", text)
    former = re.findall(r"(?m)^ancienne: (\S+) (\S+)$", text)
    return [(_base64(own[1]) if own else b"", "")] + [
        (_base64(key), "" if note == "-" else _base64(note).decode("utf-8", "replace")) for key, note in former
    ]


def links(keys):
    """Pour chaque ancienne clé : elle, et celles qui l'ont suivie, ont-elles chacune signé la suivante ?"""
    sure, found = True, []
    for (following, _), (key, note) in zip(keys, keys[1:]):
        origin = note.split("\n", 1)[0]
        told = f"{origin}\nkey.renewed\n{_text(key)}\n{_text(following)}\n"
        sure = sure and note.startswith(told + "\n") and signed_by(note, origin, key)
        found.append(sure)
    return found


def _text(key):
    return base64.b64encode(key).decode()


def fingerprint(public_key):
    digest = hashlib.sha256(public_key).hexdigest().upper()
    return " ".join(digest[i : i + 4] for i in range(0, 64, 4))


def _base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Broken("Une preuve n'est pas lisible (base64).") from None


# --- Horodatages d'un tiers (RFC 3161) -----------------------------------------------------------------------------------

DIGESTS = {"608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512"}
SIGNED_DATA, TST_INFO, EKU = "2a864886f70d010702", "2a864886f70d0109100104", "551d25"
CONTENT_TYPE, MESSAGE_DIGEST = "2a864886f70d010903", "2a864886f70d010904"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "2a864886f70d010910020c", "2a864886f70d010910022f"
TIME_STAMPING, RSA_KEY, EC_KEY, COMMON_NAME = "2b06010505070308", "2a864886f70d010101", "2a8648ce3d0201", "550403"
BASIC_CONSTRAINTS, TRUE = "551d13", (0x01, b"\xff")
RSA_WITH = {
    "2a864886f70d010101": "",
    "2a864886f70d01010b": "sha256",
    "2a864886f70d01010c": "sha384",
    "2a864886f70d01010d": "sha512",
}
ECDSA_WITH = {"2a8648ce3d040302": "sha256", "2a8648ce3d040303": "sha384", "2a8648ce3d040304": "sha512"}
# nom: (p, a = -3, b, n, gx, gy), SEC 2
CURVES = {
    "2a8648ce3d030107": (
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    "2b81040022": (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
}


class BadStamp(Exception):
    """Un horodatage qui ne prouve rien ; la phrase dit pourquoi."""


class NotJudged(BadStamp):
    """Un horodatage que ce programme ne sait pas juger."""


def der(data):
    """Les éléments d'un contenu DER : `[(étiquette, contenu, octets)]`. Lève `BadStamp`."""
    found, place = [], 0
    while place < len(data):
        start, tag = place, data[place]
        if tag & 31 == 31 or place + 1 >= len(data):
            raise BadStamp("il n'est pas lisible.")
        length, place = data[place + 1], place + 2
        if length >= 128:
            count = length & 127
            if not 0 < count <= 4 or place + count > len(data):
                raise BadStamp("il n'est pas lisible.")
            length, place = int.from_bytes(data[place : place + count], "big"), place + count
        if place + length > len(data):
            raise BadStamp("il n'est pas lisible.")
        found.append((tag, data[place : place + length], data[start : place + length]))
        place += length
    return found


def one(data, *tags):
    """Le contenu du seul élément, puis du seul élément de celui-ci, etc. Lève `BadStamp`."""
    for tag in tags:
        elements = der(data)
        if len(elements) != 1 or elements[0][0] != tag:
            raise BadStamp("il n'est pas lisible.")
        data = elements[0][1]
    return data


def sequence(element):
    """Les éléments d'une suite. Lève `BadStamp`."""
    if element[0] not in (0x30, 0x31):
        raise BadStamp("il n'est pas lisible.")
    return der(element[1])


def oid(element):
    """L'identifiant d'un élément, ou celui qui commence une suite, en hexadécimal."""
    tag, content, _ = element
    if tag == 0x30 and der(content):
        tag, content, _ = der(content)[0]
    return content.hex() if tag == 0x06 else ""


def moment_of(element):
    """Une date ASN.1, en secondes depuis 1970 (et leurs fractions)."""
    tag, content, _ = element
    text = content.decode("ascii", "replace")
    if tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    match = re.fullmatch(r"([0-9]{14})(\.[0-9]{1,9})?Z", text)
    if tag not in (0x17, 0x18) or not match:
        raise BadStamp("une de ses dates n'est pas lisible.")
    try:
        moment = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        raise BadStamp("une de ses dates n'est pas lisible.") from None
    return moment.timestamp() + float(match[2] or 0)


class Certificate:
    """Ce qu'il faut d'un certificat X.509 : sa clé, ses dates, son usage, son nom, et ce que son émetteur a signé."""

    def __init__(self, raw):
        self.raw = raw
        signed, self.algorithm, (_, bits, _) = sequence(der(raw)[0])
        self.signed, self.signature = signed[2], bits[1:]
        fields = [each for each in sequence(signed) if each[0] != 0xA0]
        _, _, self.issuer, validity, self.subject, self.key = fields[:6]
        self.serial = fields[0][1]
        self.since, self.until = map(moment_of, sequence(validity))
        extensions = [der(one(content, 0x30)) for tag, content, _ in fields[6:] if tag == 0xA3]
        self.usages = [
            (b"\xff" in [flag[1] for flag in rest[:-1]], [oid(each) for each in der(one(rest[-1][1], 0x30))])
            for extension in (extensions[0] if extensions else [])
            for kind, *rest in [sequence(extension)]
            if oid(kind) == EKU
        ]
        self.issues = any(
            oid(kind) == BASIC_CONSTRAINTS and [each[:2] for each in der(one(rest[-1][1], 0x30))][:1] == [TRUE]
            for extension in (extensions[0] if extensions else [])
            for kind, *rest in [sequence(extension)]
        )

    @property
    def name(self):
        """Le nom commun du sujet."""
        pairs = [sequence(pair) for names in sequence(self.subject) for pair in sequence(names)]
        return next((text[1].decode("utf-8", "replace") for kind, text in pairs if oid(kind) == COMMON_NAME), "sans nom")[:80]


def check_signature(key, algorithm, digest_name, signed, signature):
    """RSA (PKCS#1 v1.5) ou ECDSA (P-256, P-384). Lève `BadStamp`."""
    kind, (_, bits, _) = sequence(key)
    if oid(kind) == RSA_KEY and oid(algorithm) in RSA_WITH:
        digest_name = RSA_WITH[oid(algorithm)] or digest_name
        modulus, exponent = (int.from_bytes(content, "big") for _, content, _ in der(one(bits[1:], 0x30)))
        good = rsa_verify(modulus, exponent, digest_name, hashlib.new(digest_name, signed).digest(), signature)
    elif oid(kind) == EC_KEY and oid(algorithm) in ECDSA_WITH and sequence(kind)[1][1].hex() in CURVES:
        r, s = (int.from_bytes(content, "big") for _, content, _ in der(one(signature, 0x30)))
        digest = hashlib.new(ECDSA_WITH[oid(algorithm)], signed).digest()
        good = ecdsa_verify(CURVES[sequence(kind)[1][1].hex()], bits[1:], digest, r, s)
    else:
        raise NotJudged("sa signature n'est pas de celles que ce programme vérifie : utilisez OpenSSL (LISEZ-MOI.txt).")
    if not good:
        raise BadStamp("sa signature est fausse.")


def rsa_verify(modulus, exponent, digest_name, digest, signature):
    """RFC 8017, 8.2.2."""
    length = (modulus.bit_length() + 7) // 8
    identifier = bytes.fromhex(next(key for key, name in DIGESTS.items() if name == digest_name))
    info = bytes([0x06, len(identifier)]) + identifier + b"\x05\x00"
    info = bytes([0x30, len(info)]) + info + bytes([0x04, len(digest)]) + digest
    info = bytes([0x30, len(info)]) + info
    number = int.from_bytes(signature, "big")
    if len(signature) != length or length < 256 or exponent < 3 or number >= modulus:
        return False
    return (
        pow(number, exponent, modulus).to_bytes(length, "big")
        == b"\x00\x01" + b"\xff" * (length - len(info) - 3) + b"\x00" + info
    )


def ecdsa_verify(curve, point, digest, r, s):
    """FIPS 186-5, 6.4.2."""
    p, b, n, gx, gy = curve
    size = (p.bit_length() + 7) // 8
    x, y = int.from_bytes(point[1 : 1 + size], "big"), int.from_bytes(point[1 + size :], "big")
    if len(point) != 1 + 2 * size or point[0] != 4 or not (0 < r < n and 0 < s < n):
        return False
    if x >= p or y >= p or (y * y - x * x * x + 3 * x - b) % p:
        return False

    def add(one, two):
        if one is None or two is None:
            return one or two
        if one[0] == two[0]:
            if (one[1] + two[1]) % p == 0:
                return None
            slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, p)
        else:
            slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, p)
        across = (slope * slope - one[0] - two[0]) % p
        return across, (slope * (one[0] - across) - one[1]) % p

    def times(scalar, base):
        result = None
        while scalar:
            if scalar & 1:
                result = add(result, base)
            base, scalar = add(base, base), scalar >> 1
        return result

    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    inverse = pow(s, -1, n)
    found = add(times(number * inverse % n, (gx, gy)), times(r * inverse % n, (x, y)))
    return found is not None and found[0] % n == r


def signed_parts(reply):
    """`(jeton signé, certificats, signataire)` d'une réponse accordée. Lève `BadStamp`."""
    status, *token = der(one(reply, 0x30))
    if sequence(status)[0][1] not in (b"\x00", b"\x01") or len(token) != 1:
        raise BadStamp("l'autorité a refusé d'horodater.")
    kind, wrapped = sequence(token[0])
    _, _, content, *others, signers = der(one(wrapped[1], 0x30))
    kind_signed, octets = sequence(content)
    if oid(kind) != SIGNED_DATA or oid(kind_signed) != TST_INFO or len(sequence(signers)) != 1:
        raise BadStamp("ce n'est pas un horodatage.")
    certificates = [raw for tag, inside, _ in others if tag == 0xA0 for kind, _, raw in der(inside) if kind == 0x30]
    return one(octets[1], 0x04), certificates, sequence(sequence(signers)[0])


def stamp_of(reply, message, given):
    """`(secondes, certificats)` : l'heure que dit une réponse pour ce message, et qui l'a signée, jusqu'au plus haut certificat
    connu dont il descend. Lève `BadStamp`.

    `given` : des certificats donnés à côté. Que leur racine mérite confiance n'est pas jugé ici.
    """
    content, certificates, (_, sid, digest, *rest) = signed_parts(reply)
    _, _, imprint, _, at, *_ = der(one(content, 0x30))
    algorithm, hashed = sequence(imprint)
    if oid(algorithm) not in DIGESTS or hashlib.new(DIGESTS[oid(algorithm)], message).digest() != hashed[1]:
        raise BadStamp("il porte sur autre chose que son point de contrôle.")
    attributes = [sequence(each) for tag, inside, _ in rest if tag == 0xA0 for each in der(inside)]
    values = {oid(kind): der(each[1]) for kind, each in attributes}
    if len(values) != len(attributes) or any(len(each) != 1 for each in values.values()) or oid(digest) not in DIGESTS:
        raise BadStamp("ses attributs signés ne sont pas lisibles.")
    name = DIGESTS[oid(digest)]
    expected = [(0x06, bytes.fromhex(TST_INFO)), (0x04, hashlib.new(name, content).digest())]
    if [values.get(key, [(0, b"")])[0][:2] for key in (CONTENT_TYPE, MESSAGE_DIGEST)] != expected:
        raise BadStamp("sa signature porte sur un autre contenu.")
    signer = signer_of(values, sid, [*certificates, *given])
    (raw,) = [raw for tag, _, raw in rest if tag == 0xA0]
    where = rest.index(next(each for each in rest if each[0] == 0x30))
    check_signature(signer.key, rest[where], name, b"\x31" + raw[1:], rest[where + 1][1])
    seconds = moment_of(at)
    if signer.usages != [(True, [TIME_STAMPING])]:
        raise BadStamp("le certificat qui le signe n'est pas fait pour horodater.")
    if not signer.since <= seconds <= signer.until:
        raise BadStamp("le certificat qui le signe n'était pas valable à cette heure.")
    return seconds, line_of(signer, [*certificates, *given], seconds)


def signer_of(values, sid, certificates):
    """Le certificat que la signature nomme, par son empreinte signée et par son numéro. Lève `BadStamp`."""
    name = "sha1"
    if SIGNING_CERTIFICATE_V2 in values:
        reference, name = sequence(sequence(sequence(values[SIGNING_CERTIFICATE_V2][0])[0])[0]), "sha256"
        if reference[0][0] == 0x30:
            name = DIGESTS.get(oid(reference[0]), "")
            reference = reference[1:]
    elif SIGNING_CERTIFICATE in values:
        reference = sequence(sequence(sequence(values[SIGNING_CERTIFICATE][0])[0])[0])
    else:
        name = ""
    for raw in certificates if name else ():
        if hashlib.new(name, raw).digest() == reference[0][1]:
            found = Certificate(raw)
            if sid[0] != 0x30 or [each[1] for each in sequence(sid)] == [found.issuer[1], found.serial]:
                return found
    raise BadStamp("le certificat qui le signe manque.")


def line_of(signer, certificates, seconds):
    """Du signataire au plus haut des certificats donnés dont il descend, chaque signature vérifiée."""
    line, known = [signer], []
    for raw in certificates:
        try:
            known.append(Certificate(raw))
        except (BadStamp, ValueError, TypeError, IndexError):
            continue
    while line[-1].issuer[1] != line[-1].subject[1]:
        above = next(
            (each for each in known if each.raw not in [one.raw for one in line] and _issued(each, line[-1], seconds)), None
        )
        if above is None:
            break
        line.append(above)
    return line


def _issued(issuer, certificate, seconds):
    """`issuer` a-t-il signé ce certificat, et le pouvait-il à cette heure ?"""
    if issuer.subject[1] != certificate.issuer[1] or not issuer.issues or not issuer.since <= seconds <= issuer.until:
        return False
    try:
        check_signature(issuer.key, certificate.algorithm, "", certificate.signed, certificate.signature)
    except (BadStamp, ValueError, TypeError, IndexError):
        return False
    return True


def pem(text):
    """Les certificats d'un texte PEM."""
    found = re.findall("-----BEGIN CERTIFICATE-----\\s+([A-Za-z0-9+/=\\s]+?)\\s*-----END CERTIFICATE-----", text)
    return [_base64("".join(each.split())) for each in found]


# --- Le ZIP et ses sommes (BagIt) ----------------------------------------------------------------------------------------


def check_names(archive):
    """Refuse ce qu'un lecteur de ZIP pourrait prendre pour un autre fichier. Rend les noms. Lève `Broken`."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Broken("Ce ZIP contient trop de fichiers pour être un dossier.")
    archive.fp.seek(0, 2)
    archive.fp.seek(max(0, archive.fp.tell() - 22))
    if not archive.fp.read(4) == END_OF_ZIP or archive.comment or (infos and min(i.header_offset for i in infos)):
        raise Broken("Ce ZIP porte autre chose que ses fichiers, avant ou après eux.")
    seen, names = set(), set()
    for info in infos:
        name = info.filename
        if name.endswith("/") and not info.file_size:
            name = name[:-1]
        else:
            names.add(name)
        check_member(info, name)
        if name.lower() in seen:
            raise Broken(f"Le fichier {name} est deux fois dans le ZIP.")
        seen.add(name.lower())
    return names


def check_member(info, name):
    """Un nom court, en ASCII, qui reste dans le dossier ; un fichier ordinaire, d'une taille sensée. Lève `Broken`."""
    parts = name.split("/")
    if not re.fullmatch(r"[A-Za-z0-9._/-]{1,180}", name) or info.orig_filename != info.filename or {"", ".", ".."} & set(parts):
        raise Broken(f"Un nom de fichier du ZIP n'est pas admis : {name[:80]!r}.")
    kind = info.external_attr >> 16 & 0o170000
    expected = (0, 0o040000) if info.filename.endswith("/") else (0, 0o100000)
    if kind not in expected or info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Broken(f"Le fichier {name} du ZIP n'est pas un fichier ordinaire.")
    if info.file_size > MAX_MEMBER:
        raise Broken(f"Le fichier {name} du ZIP est trop gros.")
    if info.file_size > SLICE and info.file_size > 300 * max(1, info.compress_size):
        raise Broken(f"Le fichier {name} du ZIP est une bombe de compression.")


def digest_of(archive, name):
    """SHA-256 d'un fichier du ZIP, par tranches ; vide quand il ne se lit pas."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as member:
            while block := member.read(SLICE):
                digest.update(block)
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError):
        return ""
    return digest.hexdigest()


def read(archive, name):
    """Le contenu d'un petit fichier. Lève `Broken` s'il manque ou ne se lit pas."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise Broken(f"Il manque le fichier {name}.") from None
    if info.file_size > MAX_TEXT:
        raise Broken(f"Le fichier {name} est trop gros.")
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError):
        raise Broken(f"Le fichier {name} a changé.") from None


def read_text(archive, name):
    try:
        return read(archive, name).decode()
    except UnicodeDecodeError:
        raise Broken(f"Le fichier {name} n'est pas lisible.") from None


def parse(text, kind, sentence):
    """Du JSON de cette sorte (dict ou list). Lève `Broken` avec la phrase."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise Broken(sentence)
    return value


def read_json(archive, name, kind):
    return parse(read_text(archive, name), kind, f"Le fichier {name} n'est pas lisible.")


def is_number(value):
    return type(value) is int and 0 <= value < 1 << 53


def read_manifest(text, name):
    """`{chemin: sha256}` d'un manifeste BagIt, écrit de la seule façon que Sourcier connaisse. Lève `Broken`."""
    found = {}
    for line in text.split("\n")[:-1]:
        match = re.fullmatch(r"([0-9a-f]{64})  ([!-~]+)", line)
        if not match or match[2] in found:
            raise Broken(f"Le manifeste {name} est mal formé.")
        found[match[2]] = match[1]
    if text != "".join(f"{found[path]}  {path}\n" for path in sorted(found)):
        raise Broken(f"Le manifeste {name} est mal formé.")
    return found


def check_sums(archive, names, report):
    """Chaque fichier a la somme de son manifeste, et aucun fichier n'est hors des manifestes. Rend les sommes."""
    if read(archive, "bagit.txt") != BAGIT:
        report.problems.append("bagit.txt n'annonce pas un sac BagIt 1.0.")
    sums = {}
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        for name, expected in read_manifest(read_text(archive, manifest), manifest).items():
            if name.startswith("data/") != (manifest == "manifest-sha256.txt"):
                report.problems.append(f"Le fichier {name[:80]} n'est pas dans le bon manifeste.")
            if name in names:
                sums[name] = digest_of(archive, name)
                if sums[name] != expected:
                    report.problems.append(f"Le fichier {name} a changé.")
            elif name not in HELPERS:
                report.problems.append(f"Il manque le fichier {name[:80]}.")
    for name in sorted(names - {"tagmanifest-sha256.txt"}):
        if name not in sums or not (name.startswith("data/") or name in TAGS | HELPERS):
            report.problems.append(f"Le fichier {name} a été ajouté : un dossier ne le contient pas.")
    if not report.problems:
        report.facts.append(f"{len(sums)} fichiers comparés à leurs sommes SHA-256.")
    return sums


def check_bag_info(archive, names, export, report):
    """bag-info.txt dit la même chose que l'entrée de l'export."""
    payload = [archive.getinfo(name).file_size for name in names if name.startswith("data/")]
    made = datetime.fromtimestamp(export["made_at"] / 1000, timezone.utc)
    expected = (
        f"Source-Organization: {' '.join(export['organisation'].split())}\n"
        f"External-Identifier: {export['export']}\n"
        f"Bagging-Date: {made.date().isoformat()}\n"
        f"Payload-Oxum: {sum(payload)}.{len(payload)}\n"
        "Bag-Software-Agent: Sourcier\n"
    )
    if read_text(archive, "bag-info.txt") != expected:
        report.problems.append("Le fichier bag-info.txt ne dit pas la même chose que l'entrée de l'export.")


# --- Le journal -------------------------------------------------------------------------------------------------------------


def entry_fields(raw, index):
    """Les champs d'une entrée, avec sa place et son empreinte ; None quand elle n'a pas la forme attendue."""
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or set(fields) != ENTRY_KEYS or fields["v"] != 1:
        return None
    texts = (fields[key] for key in ("log", "stream", "prev", "verb", "actor", "payload_sha256"))
    if not all(is_number(value) for value in (index, fields["seq"], fields["at"])) or not all(type(t) is str for t in texts):
        return None
    return dict(fields, index=index, leaf=leaf_hash(raw))


def check_link(fields, previous, problems):
    """La place d'une entrée dans la chaîne de l'opération."""
    index, expected = fields["index"], {"seq": 0, "prev": FIRST_PREV}
    if previous is not None:
        expected = {
            "seq": previous["seq"] + 1,
            "prev": previous["leaf"].hex(),
            "log": previous["log"],
            "stream": previous["stream"],
        }
        if index <= previous["index"] or fields["at"] < previous["at"]:
            problems.append(f"L'entrée {index} du journal n'est pas dans l'ordre.")
    if any(fields[key] != value for key, value in expected.items()):
        problems.append(f"La chaîne de l'opération est rompue à l'entrée {index} : une entrée a été ôtée, ajoutée ou changée.")


def read_row(line, number):
    """`(entrée en octets, champs, preuve)` d'une ligne du journal. Lève `Broken`."""
    unreadable = f"La ligne {number} du journal n'est pas lisible."
    row = parse(line, dict, unreadable)
    raw, index, proof = row.get("entry"), row.get("index"), row.get("proof")
    if not isinstance(raw, str) or not isinstance(proof, list) or not all(isinstance(each, str) for each in proof):
        raise Broken(unreadable)
    try:
        raw = raw.encode()
    except UnicodeEncodeError:
        raise Broken(unreadable) from None
    fields = entry_fields(raw, index)
    if fields is None:
        raise Broken(f"L'entrée de la ligne {number} du journal n'a pas la forme attendue.")
    return fields, [_base64(each) for each in proof]


def check_entries(archive, head, report):
    """Chaîne et arbre : rien n'a été ôté du milieu, chaque entrée est dans l'arbre signé. Rend les entrées."""
    _, size, root = head
    entries, problems = [], []
    for number, line in enumerate(read_text(archive, ENTRIES).split("\n")[:-1], start=1):
        fields, proof = read_row(line, number)
        check_link(fields, entries[-1] if entries else None, problems)
        if not verify_inclusion(fields["index"], size, fields["leaf"], proof, root):
            problems.append(f"L'entrée {fields['index']} n'est pas dans l'arbre que la ville a signé.")
        entries.append(dict(fields, root=root_after(fields["index"], size, fields["leaf"], proof)))
    if not entries:
        raise Broken("Le dossier ne contient aucune entrée de journal.")
    if not problems:
        report.facts.append(f"{len(entries)} entrées de journal, chaînées, toutes dans l'arbre signé ({size} entrées).")
    report.problems += problems
    return entries


def check_payloads(archive, names, entries, report):
    """Chaque contenu est celui que son entrée engage ; ce qui manque est déclaré. Rend `{somme citée: entrée}`."""
    salts, withheld = read_json(archive, SALTS, dict), read_json(archive, WITHHELD, dict)
    cited, problems = {}, []
    expected = {SALTS, WITHHELD}
    for entry in entries:
        key = str(entry["index"])
        if (key in withheld) == (key in salts):
            state = "est à la fois donné et retenu" if key in salts else "manque, sans raison déclarée"
            problems.append(f"Le contenu de l'entrée {key} {state}.")
        if key not in salts:
            continue
        name = f"data/payloads/{entry['index']:06d}.json"
        expected.add(name)
        body = read(archive, name)
        salt = bytes.fromhex(salts[key]) if re.fullmatch("[0-9a-f]{32}", str(salts[key])) else b""
        if hashlib.sha256(salt + body).hexdigest() != entry["payload_sha256"]:
            problems.append(f"Le contenu de l'entrée {key} n'est pas celui que le journal engage.")
        for digest in CITED.findall(body.decode("utf-8", "replace")):
            cited.setdefault(digest, key)
    known = {str(entry["index"]) for entry in entries}
    for extra in sorted((set(salts) | set(withheld)) - known):
        problems.append(f"Un contenu est annoncé pour l'entrée {extra[:20]}, qui n'est pas là.")
    for name in sorted(names):
        if name.startswith("data/payloads/") and name not in expected:
            problems.append(f"Le contenu {name} n'est celui d'aucune entrée.")
    if not problems:
        report.facts.append(f"{len(salts)} contenus conformes à leur entrée.")
    report.facts += withheld_for(withheld)
    report.problems += problems
    return cited


def check_seals(archive, names, entries, report):
    """Ce qui a été ouvert est ce qui avait été scellé au dépôt : le contenu, sel compris, a l'empreinte alors engagée."""
    sealed, opened, problems = {}, 0, []
    for entry in entries:
        name = f"data/payloads/{entry['index']:06d}.json"
        if entry["verb"] not in (*SEALED, UNSEALED) or name not in names:
            continue
        said = read_json(archive, name, dict)
        answer, commitment, content = (str(said.get(key)) for key in ("submission", "commitment", "content"))
        if entry["verb"] in SEALED:
            sealed[answer] = commitment
            continue
        opened += 1
        digest = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
        if not digest == commitment == sealed.get(answer):
            problems.append(f"Le pli ouvert à l'entrée {entry['index']} n'est pas celui qui avait été scellé.")
    if opened and not problems:
        report.facts.append(f"{opened} plis ouverts : chacun contient ce qui avait été scellé à son dépôt.")
    report.problems += problems


# --- Les tirages au sort --------------------------------------------------------------------------------------------------

GROUPS = ("new", "near", "far", "young", "old", "micro", "larger")
SIDES = (("near", "far"), ("young", "old"), ("micro", "larger"))
MICRO = ("", "NN", "00", "01", "02", "03")
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class NotReplayed(Exception):
    """Un tirage qui ne se refait pas ; la phrase dit en quoi."""


def read_firms(listed):
    """Les entreprises d'une liste figée, telles que les règles les regardent. Lève `ValueError`."""
    firms, day, count = listed.get("firms"), listed.get("on"), listed.get("count")
    if not isinstance(firms, list) or not re.fullmatch(DAY, str(day)) or not is_number(count):
        raise ValueError
    for firm in firms:
        texts = [firm.get(key) for key in ("siret", "created_on", "size_class", "category")] if isinstance(firm, dict) else [0]
        if not all(isinstance(text, str) for text in texts) or not isinstance(firm.get("asked"), bool):
            raise ValueError
        if not re.fullmatch("[0-9]{14}", texts[0]) or not re.fullmatch(f"({DAY})?", texts[1]):
            raise ValueError
        if firm.get("distance_m") is not None and not is_number(firm["distance_m"]):
            raise ValueError
    if len({firm["siret"] for firm in firms}) < len(firms):
        raise ValueError
    return firms, day, count


def draw_groups(firms, day):
    """`{siret: groupes}` : près ou loin du milieu de la liste, cinq ans, dix salariés, jamais interrogée."""
    known = sorted(firm["distance_m"] for firm in firms if firm.get("distance_m") is not None)
    middle = known[(len(known) - 1) // 2] if known else -1
    since = f"{int(day[:4]) - 5:04d}{day[4:]}"
    found = {}
    for firm in firms:
        near = firm.get("distance_m") is not None and firm["distance_m"] <= middle
        micro = firm["size_class"] in MICRO and firm["category"] not in ("ETI", "GE")
        found[firm["siret"]] = {
            "near" if near else "far",
            "young" if firm["created_on"] >= since else "old",
            "micro" if micro else "larger",
            *(() if firm["asked"] else ("new",)),
        }
    return found


def draw_again(firms, count, day, seed):
    """Les SIRET que donne un tirage (règles n° 1), dans l'ordre des places."""
    groups = draw_groups(firms, day)
    left = sorted(groups, key=lambda siret: hmac.new(seed, siret.encode(), "sha256").digest())
    seats = min(count, len(left))
    owed = {side: seats // 2 for sides in SIDES for side in sides}
    owed["new"] = (seats + 2) // 3
    owed = {group: min(owed[group], sum(group in mine for mine in groups.values())) for group in GROUPS}
    has, chosen = dict.fromkeys(GROUPS, 0), []
    while len(chosen) < seats:
        lacking = [group for group in GROUPS if has[group] < owed[group]]
        served = min(lacking, key=lambda group: has[group] * 1000 // owed[group]) if lacking else None
        if owed["new"] - has["new"] == seats - len(chosen):
            served = "new"
        pool = [siret for siret in left if served is None or served in groups[siret]]
        taken = max(pool, key=lambda siret: sum(group in groups[siret] for group in lacking))
        left.remove(taken)
        chosen.append(taken)
        for group in groups[taken]:
            has[group] += 1
    return chosen


def check_draws(archive, names, entries, report):
    """Chaque tirage, refait depuis sa liste et son hasard, donne les mêmes entreprises dans le même ordre."""
    lists, hidden, done, problems = {}, 0, set(), []
    for entry in entries:
        if entry["verb"] not in (LISTED, DRAWN):
            continue
        name = f"data/payloads/{entry['index']:06d}.json"
        if name not in names:
            hidden += 1
            continue
        said = read_json(archive, name, dict)
        draw, number = str(said.get("draw")), str(said.get("number"))[:9]
        if entry["verb"] == LISTED:
            lists[draw] = (entry, said)
            continue
        if draw in done:
            problems.append(f"Le tirage n° {number} a été fait deux fois sur la même liste.")
        done.add(draw)
        if draw not in lists:
            problems.append(f"Le tirage n° {number} n'a pas de liste figée avant lui, ou elle n'est pas montrée.")
            continue
        try:
            fact = replay(archive, names, *lists[draw], said)
            report.facts.append(f"Le tirage n° {number} {fact}")
        except NotReplayed as fault:
            problems.append(f"Le tirage n° {number} ne se rejoue pas : {fault}")
        except (ValueError, KeyError, AttributeError, TypeError):
            problems.append(f"Le tirage n° {number} ne se rejoue pas : sa liste ou son résultat n'est pas lisible.")
    for draw in sorted(set(lists) - done):
        report.facts.append(f"Une liste est figée à l'entrée {lists[draw][0]['index']}, son tirage n'est pas dans ce dossier.")
    if hidden:
        report.facts.append(f"{hidden} contenus de tirages ne sont pas montrés : ces tirages ne sont pas rejoués ici.")
    report.problems += problems


def replay(archive, names, entry, listed, drawn):
    """Ce qui est prouvé d'un tirage. Lève `NotReplayed`, ou `ValueError` et autres quand il n'est pas lisible."""
    again = f" C'en est un de plus, parce que : {str(listed['reason'])[:500]}" if listed.get("reason") else ""
    if drawn["rules"] != 1 or listed["rules"] != 1:
        return "suit d'autres règles que celles que ce programme connaît : il n'est pas rejoué ici." + again
    firms, day, count = read_firms(listed)
    if drawn["source"] == "token":
        seed, which = first_token(archive, names, entry["index"])
        chance = f"Son hasard vient du jeton d'un tiers, pris après la liste (horodatage n° {which})."
        wrong = "sa graine n'est pas l'empreinte du premier jeton qui suit sa liste."
    else:
        seed = entry["root"]
        chance = "Son hasard n'est pas prouvé : il vient de la racine du journal, que la ville écrit seule."
        wrong = "sa graine n'est pas la racine du journal juste après sa liste."
    if drawn["seed"] != seed.hex():
        raise NotReplayed(wrong)
    proposed = [each["siret"] for each in drawn["proposed"]]
    if proposed != draw_again(firms, count, day, seed):
        raise NotReplayed("les entreprises proposées, ou leur ordre, ne sont pas ce que donnent sa liste et sa graine.")
    return f"est rejoué : {len(proposed)} entreprises parmi {len(firms)}, les mêmes dans le même ordre. {chance}{again}"


def first_token(archive, names, index):
    """`(SHA-256, numéro)` du premier jeton dont le point de contrôle couvre l'entrée `index`."""
    for anchor in read_json(archive, ANCHORS, list) if ANCHORS in names else ():
        name = f"data/proofs/anchor-{anchor['number']}"
        if int(read_text(archive, name + ".txt").split("\n")[1]) > index:
            return hashlib.sha256(read(archive, name + ".tsr")).digest(), anchor["number"]
    raise NotReplayed("le jeton dont vient son hasard n'est pas dans le dossier.")


def withheld_for(withheld):
    """Combien de contenus ne sont pas montrés, pour chaque raison."""
    reasons = [str(reason)[:600] for reason in withheld.values()]
    return [
        f"Pas montré : {reasons.count(reason)} contenu(s), dont seule l'empreinte salée est là. La raison dite : {reason}."
        for reason in dict.fromkeys(reasons)
    ]


def read_export(archive):
    """La preuve de l'export, ses textes en octets. Lève `Broken`."""
    unreadable = "La preuve de l'export n'est pas lisible."
    export = read_json(archive, EXPORT, dict)
    texts = [export.get(key) for key in ("entry", "payload", "salt", "checkpoint")]
    lists = [export.get(key) for key in ("proof", "consistency")]
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(each, list) for each in lists):
        raise Broken(unreadable)
    if not all(isinstance(text, str) for each in lists for text in each) or not re.fullmatch("[0-9a-f]{32}", texts[2]):
        raise Broken(unreadable)
    try:
        raw, body = texts[0].encode(), texts[1].encode()
    except UnicodeEncodeError:
        raise Broken(unreadable) from None
    fields = entry_fields(raw, export.get("index"))
    said = parse(texts[1], dict, unreadable)
    files, rows = said.get("files"), said.get("rows")
    if fields is None or not isinstance(files, dict) or not isinstance(rows, list) or not is_number(said.get("size")):
        raise Broken(unreadable)
    made = [row for row in rows if isinstance(row, dict) and row.get("kind") == "export"]
    if (
        len(made) != 1
        or not is_number(made[0].get("made_at"))
        or not all(isinstance(said.get(k), str) for k in ("organisation", "export"))
    ):
        raise Broken(unreadable)
    said.update(made_at=made[0]["made_at"], asked=made[0].get("asked") is True, checkpoint=texts[3])
    return fields, bytes.fromhex(texts[2]) + body, said, [[_base64(text) for text in each] for each in lists]


def check_export(archive, names, head, entries, sums, public_key, report):
    """L'entrée de l'export : dernière de la chaîne, elle engage chaque fichier ; son arbre prolonge l'autre. Rend son heure."""
    fields, salted, said, (proof, consistency) = read_export(archive)
    origin, size, root = head
    later_origin, later_size, later_root = open_checkpoint(said["checkpoint"], public_key)
    problems = []
    check_link(fields, entries[-1], problems)
    if (
        fields["verb"] not in ("dossier.built", COMMUNICABLE)
        or hashlib.sha256(salted).hexdigest() != fields["payload_sha256"]
        or said["size"] != size
    ):
        problems.append("L'entrée de l'export n'est pas celle que le journal engage.")
    if later_origin != origin or not verify_inclusion(fields["index"], later_size, fields["leaf"], proof, later_root):
        problems.append("L'entrée de l'export n'est pas dans l'arbre que la ville a signé.")
    if not verify_consistency(size, later_size, consistency, root, later_root):
        problems.append("Les deux points de contrôle se contredisent : le journal a été réécrit entre les deux.")
    files = said["files"]
    own = {name for name in sums if OWN_FILES.fullmatch(name)} if OWN_STAMP + ".tsr" in sums else set()
    for name in sorted((set(files) | set(sums)) - TAGS - {EXPORT} - own):
        if files.get(name) != sums.get(name) and not (name in HELPERS and name not in sums):
            problems.append(f"Le fichier {name[:80]} n'est pas celui que l'entrée de l'export engage.")
    check_bag_info(archive, names, said, report)
    if not problems:
        report.facts.append(f"L'export est lui-même au journal : il engage {len(files)} fichiers.")
        if fields["verb"] == COMMUNICABLE:
            report.facts.append(
                "C'est la version communicable à un tiers : la ville en garde une autre, entière, du même achat."
            )
    check_own_stamp(archive, own, fields["at"], said, report, problems)
    report.problems += problems
    report.until = french(fields["at"])
    return fields["at"]


def french(milliseconds):
    """« 3 octobre 2026 à 9 h 05 (temps universel) »."""
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    except (OverflowError, ValueError, OSError):
        raise Broken("Une date du journal n'est pas lisible.") from None
    return f"{at.day} {MONTHS[at.month - 1]} {at.year} à {at.hour} h {at.minute:02d} (temps universel)"


def check_documents(archive, names, cited, sums, report):
    """Chaque document est cité, avec sa somme, par un contenu du journal ; chaque document cité est là."""
    listed, given, problems = set(), set(), []
    for document in read_json(archive, DOCUMENTS, list):
        path, digest = (document.get("path"), document.get("sha256")) if isinstance(document, dict) else (None, None)
        if not isinstance(path, str) or path in listed or path not in names or sums.get(path) != digest or digest not in cited:
            problems.append(f"Le document {str(path)[:80]} n'est cité par aucune entrée du journal.")
        else:
            given.add(digest)
        listed.add(str(path))
    for name in sorted(names):
        if name.startswith("data/documents/") and name != DOCUMENTS and name not in listed:
            problems.append(f"Le document {name} n'est pas dans l'index.")
    for digest in sorted(set(cited) - given):
        problems.append(f"Le document {digest[:16]}…, cité par l'entrée {cited[digest]}, manque au dossier.")
    if not problems:
        report.facts.append(f"{len(listed)} documents, chacun cité par le journal avec sa somme ; aucun ne manque.")
    report.problems += problems


def check_receipt(text, keys, entries, exported_at, report):
    """Un récépissé gardé ailleurs : signé de la clé du dossier, qui contient encore son entrée, à sa place. Lève `Broken`."""
    top, _, note = text.replace("\r\n", "\n").partition("\n\n")
    lines = top.split("\n")
    place = re.fullmatch("index (0|[1-9][0-9]{0,14})", lines[2]) if len(lines) > 2 else None
    if not place or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise Broken("Le récépissé n'est pas lisible.")
    raw, index = _base64(lines[1][6:]), int(place[1])
    _, size, root = open_checkpoint(note, *keys)
    fields = entry_fields(raw, index)
    if fields is None or not verify_inclusion(index, size, fields["leaf"], [_base64(line) for line in lines[3:]], root):
        raise Broken("Le récépissé a été changé : il ne relie plus son entrée à l'arbre signé.")
    if fields["stream"] != entries[0]["stream"] or fields["at"] > exported_at:
        report.facts.append("Le récépissé est d'un autre achat, ou d'après ce dossier : il n'y a rien à comparer.")
    elif any((entry["index"], entry["leaf"]) == (index, fields["leaf"]) for entry in entries):
        report.facts.append(f"Le dossier contient l'entrée {index}, que le récépissé atteste.")
    else:
        report.problems.append(
            f"Le dossier ne contient pas l'entrée {index} que le récépissé atteste : le journal a été refait."
        )


NOT_STAMPED = (
    "Aucun tiers n'atteste l'heure de ce dossier lui-même : l'horodateur de la ville n'a pas répondu en 30 secondes, "
    "ou sa réponse a été ôtée."
)


def check_anchors(archive, names, head, entries, keys, report):
    """Chaque horodatage porte sur un point de contrôle signé par la ville, que l'arbre du dossier prolonge."""
    if ANCHORS not in names and OWN_STAMP + ".tsr" in names:
        return
    if ANCHORS not in names:
        sentence = "Ce dossier n'est pas ancré chez un tiers horodateur : les heures sont celles du serveur de la ville."
        report.facts.append(sentence)
        return
    told, problems = [], []
    for anchor in read_json(archive, ANCHORS, list):
        number = anchor.get("number") if isinstance(anchor, dict) else None
        proof = anchor.get("consistency") if is_number(number) else None
        if not isinstance(proof, list) or not all(isinstance(node, str) for node in proof):
            raise Broken(f"Le fichier {ANCHORS} n'est pas lisible.")
        name = f"data/proofs/anchor-{number}"
        text = read_text(archive, name + ".txt")
        origin, size, root = open_checkpoint(text, *keys)
        if origin != head[0] or not verify_consistency(size, head[1], [_base64(node) for node in proof], root, head[2]):
            problems.append(f"L'horodatage n° {number} porte sur un arbre que celui du dossier ne prolonge pas.")
            continue
        stamp = _stamped(archive, name, text, f"L'horodatage n° {number}", report, problems)
        if stamp is None:
            continue
        seconds, line = stamp
        covered = [entry for entry in entries if entry["index"] < size]
        if any(entry["at"] / 1000 > seconds + CLOCKS_DIFFER for entry in covered):
            problems.append(f"L'horodatage n° {number} est d'avant une entrée qu'il couvre : une des deux heures est fausse.")
        told.append((seconds, len(covered), line))
    for seconds, count, line in told if not problems else ():
        moment = french(int(seconds * 1000))
        report.facts.append(
            f"{count} de ces entrées existaient le {moment} : « {line[0].name} » l'atteste. {who_vouches(line)}"
        )
    report.problems += problems


def who_vouches(line):
    """Jusqu'où remonte le certificat d'un horodateur, et ce qui reste à comparer."""
    top = f"« {line[-1].name} » (SHA-256 {hashlib.sha256(line[-1].raw).hexdigest()})"
    if line[-1].issuer[1] != line[-1].subject[1]:
        return f"Sa racine n'est pas dans le dossier. Comparez le certificat {top} à ceux que publie l'autorité."
    return f"Son certificat remonte à la racine {top} : comparez-la à celle que publie l'autorité."


def _stamped(archive, name, text, what, report, problems):
    """Ce que dit un horodatage du dossier ; `None` quand il n'est pas jugé, ou ne prouve rien, et c'est dit."""
    reply, given = read(archive, name + ".tsr"), pem(read_text(archive, name + ".pem"))
    try:
        return stamp_of(reply, text.encode(), given)
    except NotJudged as fault:
        report.facts.append(f"{what} n'est pas jugé ici : {fault}")
    except BadStamp as fault:
        problems.append(f"{what} ne prouve rien : {fault}")
    except (ValueError, TypeError, IndexError, StopIteration, RecursionError, OverflowError):
        problems.append(f"{what} ne prouve rien : il n'est pas lisible.")
    return None


def check_own_stamp(archive, own, at, said, report, problems):
    """L'horodatage du point de contrôle qui suit l'export, pris juste après : il porte sur le dossier entier."""
    if not own:
        if said["asked"]:
            report.facts.append(NOT_STAMPED)
        return
    what, text = "L'horodatage du dossier lui-même", said["checkpoint"]
    if read_text(archive, OWN_STAMP + ".txt") != text:
        problems.append(f"{what} porte sur un autre point de contrôle que celui de l'export.")
        return
    stamp = _stamped(archive, OWN_STAMP, text, what, report, problems)
    if stamp is None:
        return
    seconds, line = stamp
    if at / 1000 > seconds + CLOCKS_DIFFER:
        problems.append(f"{what} est d'avant l'entrée de l'export : une des deux heures est fausse.")
    elif not problems:
        moment = french(int(seconds * 1000))
        report.facts.append(f"Le dossier entier existait le {moment} : « {line[0].name} » l'atteste. {who_vouches(line)}")


def check_key(keys, expected, report):
    """La clé du dossier est-elle celle dont l'empreinte est venue d'ailleurs, ou une qui l'a signée ?"""
    own, given = fingerprint(keys[0][0]), re.sub(r"[^0-9A-F]", "", expected.upper())
    former = [fingerprint(key) for key, _ in keys[1:]]
    for each, sure in zip(former, links(keys)):
        how = "a signé la suivante" if sure else "perdue ou volée, n'a pas signé la suivante"
        report.facts.append(f"La ville a eu avant une autre clé, qui {how} : {each}.")
        if given == each.replace(" ", "") and sure:
            report.key_compared = True
            report.facts.append("L'empreinte donnée est celle de cette ancienne clé, qui mène à celle du dossier.")
            return
        if given == each.replace(" ", ""):
            report.problems.append(
                "L'empreinte donnée est celle d'une clé perdue ou volée depuis : comparez celle d'un papier récent de la ville."
            )
            return
    if not expected:
        report.facts.append(f"Clé non comparée : son empreinte est {own}. Comparez-la à celle d'une lettre de la ville.")
    elif given == own.replace(" ", ""):
        report.key_compared = True
        report.facts.append("La clé est celle dont vous avez donné l'empreinte.")
    else:
        report.problems.append("La clé du dossier n'est pas celle dont vous avez donné l'empreinte.")


def verify(path, expected_fingerprint="", receipt=""):
    """Vérifie le ZIP `path`, et un récépissé (son texte) ; rend un `Report`. Ne lève pas : l'illisible est un problème."""
    report = Report()
    try:
        with zipfile.ZipFile(path) as archive:
            _verify(archive, expected_fingerprint.strip(), receipt, report)
    except Broken as problem:
        report.problems.append(str(problem))
    except FileNotFoundError:
        report.problems.append("Ce fichier n'existe pas : vérifiez son nom et son dossier.")
    except OSError:
        report.problems.append("Ce fichier ne peut pas être lu : c'est un dossier du disque, ou un fichier protégé.")
    except Exception:  # a hostile file must give a verdict, never a crash
        report.problems.append("Ce fichier n'est pas un ZIP lisible, ou il est coupé.")
    return report


def _verify(archive, expected_fingerprint, receipt, report):
    names = check_names(archive)
    if "manifest.xml" in names and "bagit.txt" not in names:
        raise Broken(TRANSFER)
    sums = check_sums(archive, names, report)
    keys = read_keys(read_text(archive, KEY))
    public_key, signers = keys[0][0], [key for key, _ in keys]
    check_key(keys, expected_fingerprint, report)
    head = open_checkpoint(read_text(archive, CHECKPOINT), public_key)
    report.facts.append(f"Point de contrôle signé de « {head[0]} », {head[1]} entrées.")
    entries = check_entries(archive, head, report)
    cited = check_payloads(archive, names, entries, report)
    check_seals(archive, names, entries, report)
    exported_at = check_export(archive, names, head, entries, sums, public_key, report)
    check_documents(archive, names, cited, sums, report)
    if receipt:
        check_receipt(receipt, signers, entries, exported_at, report)
    check_anchors(archive, names, head, entries, signers, report)
    check_draws(archive, names, entries, report)


def read_receipt(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as kept:
            return kept.read() or "vide"
    except OSError:
        raise SystemExit("Le récépissé ne peut pas être lu.") from None


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 1
    expected = arguments[arguments.index("--empreinte") + 1] if "--empreinte" in arguments[:-1] else ""
    receipt = read_receipt(arguments[arguments.index("--recepisse") + 1]) if "--recepisse" in arguments[:-1] else ""
    report = verify(arguments[0], expected, receipt)
    for fact in report.facts:
        print("· " + fact)
    for problem in report.problems:
        print("!! " + problem)
    print(report.verdict)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
