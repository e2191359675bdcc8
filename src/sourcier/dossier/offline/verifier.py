#!/usr/bin/env python3
"""Vérifie un dossier de preuve Sourcier, hors ligne, avec la seule bibliothèque standard de Python (3.9 ou plus).

    python3 verifier.py DOSSIER.zip [--empreinte "4F2A 91C0 …"] [--recepisse RX-4M2A.tlog-proof]

Sans empreinte venue d'ailleurs (une lettre de la ville), la clé n'est pas comparée : le dossier est
cohérent avec la clé qu'il contient, et c'est dit. Code de sortie : 0 si rien n'est trouvé, 1 sinon.

Formats : BagIt (RFC 8493), arbre de Merkle (RFC 9162), points de contrôle signés (C2SP tlog-checkpoint), Ed25519 (RFC 8032).
"""

import base64
import binascii
import hashlib
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
TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
ENTRIES = "data/journal/entries.jsonl"
SALTS = "data/payloads/salts.json"
WITHHELD = "data/payloads/withheld.json"
CHECKPOINT = "data/proofs/checkpoint.txt"
KEY = "data/proofs/key.txt"
EXPORT = "data/proofs/export.json"
DOCUMENTS = "data/documents/index.json"


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
    if not 0 <= index < size:
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


def verify_consistency(first, second, proof, first_root, second_root):
    """RFC 9162, 2.1.4.2."""
    if first == second:
        return not proof and first_root == second_root
    if not 0 < first < second or not proof:
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


def open_checkpoint(note, public_key):
    """`(origine, taille, racine)` d'un point de contrôle signé par cette clé. Lève `Broken`."""
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    if not blank or len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,14}", lines[1]):
        raise Broken("Un point de contrôle est mal formé.")
    origin = lines[0]
    expected = hashlib.sha256(origin.encode() + b"\n\x01" + public_key).digest()[:4]
    for line in signatures.split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or parts[1] != origin:
            continue
        data = _base64(parts[2])
        if data[:4] == expected and ed25519_verify(public_key, text.encode(), data[4:]):
            return origin, int(lines[1]), _base64(lines[2])
    raise Broken("La signature d'un point de contrôle n'est pas celle de la clé du dossier.")


def fingerprint(public_key):
    digest = hashlib.sha256(public_key).hexdigest().upper()
    return " ".join(digest[i : i + 4] for i in range(0, 64, 4))


def _base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Broken("Une preuve n'est pas lisible (base64).") from None


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
        entries.append(fields)
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
        kept = f" ; {len(withheld)} retenus ou effacés, avec leur raison" if withheld else ""
        report.facts.append(f"{len(salts)} contenus conformes à leur entrée{kept}.")
    report.problems += problems
    return cited


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
    made = [row.get("made_at") for row in rows if isinstance(row, dict) and row.get("kind") == "export"]
    if len(made) != 1 or not is_number(made[0]) or not all(isinstance(said.get(k), str) for k in ("organisation", "export")):
        raise Broken(unreadable)
    said.update(made_at=made[0], checkpoint=texts[3])
    return fields, bytes.fromhex(texts[2]) + body, said, [[_base64(text) for text in each] for each in lists]


def check_export(archive, names, head, entries, sums, public_key, report):
    """L'entrée de l'export : dernière de la chaîne, elle engage chaque fichier ; son arbre prolonge l'autre. Rend son heure."""
    fields, salted, said, (proof, consistency) = read_export(archive)
    origin, size, root = head
    later_origin, later_size, later_root = open_checkpoint(said["checkpoint"], public_key)
    problems = []
    check_link(fields, entries[-1], problems)
    if (
        fields["verb"] != "dossier.built"
        or hashlib.sha256(salted).hexdigest() != fields["payload_sha256"]
        or said["size"] != size
    ):
        problems.append("L'entrée de l'export n'est pas celle que le journal engage.")
    if later_origin != origin or not verify_inclusion(fields["index"], later_size, fields["leaf"], proof, later_root):
        problems.append("L'entrée de l'export n'est pas dans l'arbre que la ville a signé.")
    if not verify_consistency(size, later_size, consistency, root, later_root):
        problems.append("Les deux points de contrôle se contredisent : le journal a été réécrit entre les deux.")
    files = said["files"]
    for name in sorted((set(files) | set(sums)) - TAGS - {EXPORT}):
        if files.get(name) != sums.get(name) and not (name in HELPERS and name not in sums):
            problems.append(f"Le fichier {name[:80]} n'est pas celui que l'entrée de l'export engage.")
    check_bag_info(archive, names, said, report)
    if not problems:
        report.facts.append(f"L'export est lui-même au journal : il engage {len(files)} fichiers.")
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


def check_receipt(text, public_key, entries, exported_at, report):
    """Un récépissé gardé ailleurs : signé de la clé du dossier, qui contient encore son entrée, à sa place. Lève `Broken`."""
    top, _, note = text.replace("\r\n", "\n").partition("\n\n")
    lines = top.split("\n")
    place = re.fullmatch("index (0|[1-9][0-9]{0,14})", lines[2]) if len(lines) > 2 else None
    if not place or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise Broken("Le récépissé n'est pas lisible.")
    raw, index = _base64(lines[1][6:]), int(place[1])
    _, size, root = open_checkpoint(note, public_key)
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


def check_key(public_key, expected, report):
    """La clé du dossier est-elle celle dont l'empreinte est venue d'ailleurs ?"""
    own = fingerprint(public_key)
    if not expected:
        report.facts.append(f"Clé non comparée : son empreinte est {own}. Comparez-la à celle d'une lettre de la ville.")
    elif re.sub(r"[^0-9A-F]", "", expected.upper()) == own.replace(" ", ""):
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
    sums = check_sums(archive, names, report)
    match = re.search(r"(?m)^cle: (\S+)$", read_text(archive, KEY))
    public_key = _base64(match[1]) if match else b""
    check_key(public_key, expected_fingerprint, report)
    head = open_checkpoint(read_text(archive, CHECKPOINT), public_key)
    report.facts.append(f"Point de contrôle signé de « {head[0]} », {head[1]} entrées.")
    entries = check_entries(archive, head, report)
    cited = check_payloads(archive, names, entries, report)
    exported_at = check_export(archive, names, head, entries, sums, public_key, report)
    check_documents(archive, names, cited, sums, report)
    if receipt:
        check_receipt(receipt, public_key, entries, exported_at, report)
    report.facts.append("Ce dossier n'est pas ancré chez un tiers horodateur : les heures sont celles du serveur de la ville.")


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
