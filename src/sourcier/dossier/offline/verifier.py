#!/usr/bin/env python3
"""Vérifie un dossier de preuve Sourcier, hors ligne, avec la seule bibliothèque standard de Python (3.9 ou plus).

    python3 verifier.py DOSSIER.zip [--empreinte "4F2A 91C0 …"]

Sans empreinte venue d'ailleurs (lettre, récépissé, procès-verbal de la clé), la clé n'est pas comparée : le dossier est
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

FIRST_PREV = "0" * 64
SLICE = 1 << 20
MAX_MEMBER = 4 << 30
MAX_MEMBERS = 200_000
MAX_TEXT = 512 << 20
ENTRY_KEYS = {"v", "log", "stream", "seq", "prev", "verb", "at", "actor", "payload_sha256"}
HELPERS = {"VERIFIER.html", "verifier.py", "LISEZ-MOI.txt"}
ENTRIES = "data/journal/entries.jsonl"
SALTS = "data/payloads/salts.json"
WITHHELD = "data/payloads/withheld.json"
CHECKPOINT = "data/proofs/checkpoint.txt"
KEY = "data/proofs/key.txt"
EXPORT = "data/proofs/export.json"
DOCUMENTS = "data/documents/index.json"


@dataclass
class Report:
    """Ce qui a été vérifié (`facts`) et ce qui ne va pas (`problems`), en phrases."""

    facts: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


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
    if not blank or len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]):
        raise Broken("Un point de contrôle est mal formé.")
    origin = lines[0]
    expected = hashlib.sha256(origin.encode() + b"\n\x01" + public_key).digest()[:4]
    for line in signatures.splitlines():
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
    """Refuse ce qu'un lecteur de ZIP pourrait prendre pour un autre fichier. Lève `Broken`."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Broken("Ce ZIP contient trop de fichiers pour être un dossier.")
    seen = set()
    for info in infos:
        name = info.filename
        parts = name.split("/")
        if not re.fullmatch(r"[A-Za-z0-9._/-]{1,180}", name) or name.startswith("/") or ".." in parts or "" in parts:
            raise Broken(f"Un nom de fichier du ZIP n'est pas admis : {name[:80]!r}.")
        if name.lower() in seen:
            raise Broken(f"Le fichier {name} est deux fois dans le ZIP.")
        if info.external_attr >> 16 & 0o170000 not in (0, 0o100000) or info.flag_bits & 1:
            raise Broken(f"Le fichier {name} du ZIP n'est pas un fichier ordinaire.")
        if info.file_size > MAX_MEMBER:
            raise Broken(f"Le fichier {name} du ZIP est trop gros.")
        if info.file_size > SLICE and info.file_size > 300 * max(1, info.compress_size):
            raise Broken(f"Le fichier {name} du ZIP est une bombe de compression.")
        seen.add(name.lower())


def digest_of(archive, name):
    """SHA-256 d'un fichier du ZIP, par tranches."""
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while block := member.read(SLICE):
            digest.update(block)
    return digest.hexdigest()


def read(archive, name):
    """Le contenu d'un petit fichier. Lève `Broken` s'il manque."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise Broken(f"Il manque le fichier {name}.") from None
    if info.file_size > MAX_TEXT:
        raise Broken(f"Le fichier {name} est trop gros.")
    return archive.read(name)


def read_json(archive, name):
    try:
        return json.loads(read(archive, name))
    except ValueError:
        raise Broken(f"Le fichier {name} n'est pas lisible.") from None


def read_manifest(archive, name):
    """`{chemin: sha256}` d'un manifeste BagIt."""
    found = {}
    for line in read(archive, name).decode("utf-8", "replace").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})  (\S.*)", line)
        if not match or match[2] in found:
            raise Broken(f"Le manifeste {name} est mal formé.")
        found[match[2]] = match[1]
    return found


def check_sums(archive, report):
    """Chaque fichier a la somme de son manifeste, et aucun fichier de `data/` n'est hors du manifeste."""
    if not read(archive, "bagit.txt").startswith(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8"):
        report.problems.append("bagit.txt n'annonce pas un sac BagIt 1.0.")
    names = set(archive.namelist())
    manifest, tags = read_manifest(archive, "manifest-sha256.txt"), read_manifest(archive, "tagmanifest-sha256.txt")
    sums = {}
    for listed in (manifest, tags):
        for name, expected in listed.items():
            if name not in names:
                if name not in HELPERS:
                    report.problems.append(f"Il manque le fichier {name}.")
                continue
            sums[name] = digest_of(archive, name)
            if sums[name] != expected:
                report.problems.append(f"Le fichier {name} a changé.")
    for name in sorted(names):
        if (name.startswith("data/") and name not in manifest) or (
            not name.startswith("data/") and name not in tags and name != "tagmanifest-sha256.txt"
        ):
            report.problems.append(f"Le fichier {name} a été ajouté : aucun manifeste ne le connaît.")
    report.facts.append(f"{len(sums)} fichiers comparés à leurs sommes SHA-256.")
    return sums


# --- Le journal -------------------------------------------------------------------------------------------------------------


def check_entry(raw, index, previous, problems):
    """Les champs d'une entrée et sa place dans la chaîne de l'opération. Rend ses champs, ou None."""
    try:
        fields = json.loads(raw)
    except ValueError:
        problems.append(f"L'entrée {index} du journal n'est pas lisible.")
        return None
    if not isinstance(fields, dict) or set(fields) != ENTRY_KEYS or fields["v"] != 1:
        problems.append(f"L'entrée {index} du journal n'a pas la forme attendue.")
        return None
    if previous is None:
        expected = {"seq": 0, "prev": FIRST_PREV}
    else:
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
    return dict(fields, index=index, leaf=leaf_hash(raw))


def check_entries(archive, head, report):
    """Chaîne et arbre : rien n'a été ôté du milieu, chaque entrée est dans l'arbre signé. Rend les entrées."""
    _, size, root = head
    entries, previous = [], None
    for number, line in enumerate(read(archive, ENTRIES).decode("utf-8", "replace").split("\n")):
        if not line:
            continue
        try:
            row = json.loads(line)
            raw, index = row["entry"].encode(), row["index"]
            proof = [_base64(each) for each in row["proof"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            report.problems.append(f"La ligne {number + 1} du journal n'est pas lisible.")
            continue
        fields = check_entry(raw, index, previous, report.problems)
        if fields is None:
            continue
        if not isinstance(index, int) or not verify_inclusion(index, size, fields["leaf"], proof, root):
            report.problems.append(f"L'entrée {index} n'est pas dans l'arbre que la ville a signé.")
        entries.append(fields)
        previous = fields
    if not entries:
        report.problems.append("Le dossier ne contient aucune entrée de journal.")
    report.facts.append(f"{len(entries)} entrées de journal, chaînées, toutes dans l'arbre signé ({size} entrées).")
    return entries


def check_payloads(archive, entries, report):
    """Chaque contenu est celui que son entrée engage ; ce qui manque est déclaré. Rend le texte de tous les contenus."""
    salts, withheld = read_json(archive, SALTS), read_json(archive, WITHHELD)
    if not isinstance(salts, dict) or not isinstance(withheld, dict):
        raise Broken("La liste des contenus n'est pas lisible.")
    texts, checked = [], 0
    known = {str(entry["index"]) for entry in entries}
    for entry in entries:
        key = str(entry["index"])
        name = f"data/payloads/{entry['index']:06d}.json"
        if key in withheld:
            if key in salts:
                report.problems.append(f"Le contenu de l'entrée {key} est à la fois donné et retenu.")
            continue
        if key not in salts:
            report.problems.append(f"Il manque le contenu de l'entrée {key}, sans raison déclarée.")
            continue
        body = read(archive, name)
        try:
            salt = bytes.fromhex(salts[key])
        except (ValueError, TypeError):
            salt = b""
        if hashlib.sha256(salt + body).hexdigest() != entry["payload_sha256"]:
            report.problems.append(f"Le contenu de l'entrée {key} n'est pas celui que le journal engage.")
        checked += 1
        texts.append(body.decode("utf-8", "replace"))
    for extra in sorted((set(salts) | set(withheld)) - known):
        report.problems.append(f"Un contenu est donné pour l'entrée {extra[:20]}, qui n'est pas là.")
    report.facts.append(f"{checked} contenus conformes à leur entrée ; {len(withheld)} retenus ou effacés, dits.")
    return "\n".join(texts)


def check_export(archive, head, entries, sums, public_key, report):
    """L'entrée de l'export : dernière de la chaîne, elle engage chaque fichier ; son arbre prolonge le premier."""
    export = read_json(archive, EXPORT)
    try:
        raw, body, salt = export["entry"].encode(), export["payload"].encode(), bytes.fromhex(export["salt"])
        index, proof = export["index"], [_base64(each) for each in export["proof"]]
        consistency = [_base64(each) for each in export["consistency"]]
        note = export["checkpoint"]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Broken("La preuve de l'export n'est pas lisible.") from None
    origin, size, root = head
    later_origin, later_size, later_root = open_checkpoint(note, public_key)
    fields = check_entry(raw, index, entries[-1] if entries else None, report.problems)
    if fields is None:
        return
    if fields["verb"] != "dossier.built" or hashlib.sha256(salt + body).hexdigest() != fields["payload_sha256"]:
        report.problems.append("L'entrée de l'export n'est pas celle que le journal engage.")
    if later_origin != origin or not verify_inclusion(index, later_size, fields["leaf"], proof, later_root):
        report.problems.append("L'entrée de l'export n'est pas dans l'arbre que la ville a signé.")
    if not verify_consistency(size, later_size, consistency, root, later_root):
        report.problems.append("Les deux points de contrôle se contredisent : le journal a été réécrit entre les deux.")
    try:
        files = json.loads(body)["files"]
    except (ValueError, KeyError, TypeError):
        files = {}
    outside = {EXPORT} | {name for name in sums if not name.startswith("data/") and name not in HELPERS}
    for name in sorted(set(files) | set(sums)):
        if name in outside or (name in HELPERS and name not in sums):
            continue
        if files.get(name) != sums.get(name):
            report.problems.append(f"Le fichier {name} n'est pas celui que l'entrée de l'export engage.")
    report.facts.append(f"L'export est lui-même au journal : il engage {len(files)} fichiers.")


def check_documents(archive, texts, sums, report):
    """Chaque document est cité, avec sa somme, par un contenu du journal."""
    index = read_json(archive, DOCUMENTS)
    for document in index:
        name, digest = document.get("path", ""), document.get("sha256", "")
        if sums.get(name) != digest or digest not in texts:
            report.problems.append(f"Le document {str(name)[:80]} n'est cité par aucune entrée du journal.")
    listed = {document.get("path") for document in index}
    for name in sums:
        if name.startswith("data/documents/") and name != DOCUMENTS and name not in listed:
            report.problems.append(f"Le document {name} n'est pas dans l'index.")
    report.facts.append(f"{len(index)} documents cités par le journal.")


def verify(path, expected_fingerprint=""):
    """Vérifie le ZIP `path` ; rend un `Report`. Ne lève pas : ce qui est illisible est un problème."""
    report = Report()
    try:
        with zipfile.ZipFile(path) as archive:
            _verify(archive, expected_fingerprint, report)
    except Broken as problem:
        report.problems.append(str(problem))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zipfile.zlib.error):
        report.problems.append("Ce fichier n'est pas un ZIP lisible, ou il est coupé.")
    return report


def _verify(archive, expected_fingerprint, report):
    check_names(archive)
    sums = check_sums(archive, report)
    match = re.search(r"(?m)^cle: (\S+)$", read(archive, KEY).decode("utf-8", "replace"))
    public_key = _base64(match[1]) if match else b""
    head = open_checkpoint(read(archive, CHECKPOINT).decode("utf-8", "replace"), public_key)
    report.facts.append(f"Point de contrôle signé de « {head[0]} », {head[1]} entrées.")
    entries = check_entries(archive, head, report)
    texts = check_payloads(archive, entries, report)
    check_export(archive, head, entries, sums, public_key, report)
    check_documents(archive, texts, sums, report)
    own = fingerprint(public_key)
    if not expected_fingerprint:
        report.facts.append(f"Clé non comparée : son empreinte est {own}. Comparez-la à celle d'une lettre.")
    elif re.sub(r"[^0-9A-F]", "", expected_fingerprint.upper()) == own.replace(" ", ""):
        report.facts.append("La clé est celle dont vous avez donné l'empreinte.")
    else:
        report.problems.append("La clé du dossier n'est pas celle dont vous avez donné l'empreinte.")
    report.facts.append("Ce dossier n'est pas ancré chez un tiers horodateur : les heures sont celles du serveur de la ville.")


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 1
    expected = arguments[arguments.index("--empreinte") + 1] if "--empreinte" in arguments[:-1] else ""
    report = verify(arguments[0], expected)
    for fact in report.facts:
        print("· " + fact)
    for problem in report.problems:
        print("!! " + problem)
    print("Aucune altération détectée." if report.ok else "Ce dossier n'est PAS conforme.")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
