"""A dossier made again by who has time, and perhaps the key of the city."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sourcier.kernel.canonical import canonical
from sourcier.kernel.merkle import leaf_hash, node_hash
from sourcier.kernel.notes import TreeHead, format_head, sign_note
from tests.dossier.attacks import DOCUMENTS, ENTRIES, EXPORT, SALTS, WITHHELD, Files, pack, repair, unpack

Edit = Callable[[dict[str, Any]], dict[str, Any]]


def cut_again(data: bytes, key: Ed25519PrivateKey) -> bytes:
    """The last entry left out with its content, and all that follows from it made again with the key."""
    files = unpack(data)
    lines = files[ENTRIES].decode().splitlines()
    last = json.loads(lines.pop())["index"]
    files[ENTRIES] = "".join(line + "\n" for line in lines).encode()
    files.pop(f"data/payloads/{last:06d}.json", None)
    for listing in (SALTS, WITHHELD):
        kept = {index: value for index, value in json.loads(files[listing]).items() if index != str(last)}
        files[listing] = json.dumps(kept).encode()
    return signed_again(pack(files), lambda payload: payload, key)


def signed_again(data: bytes, edit: Edit, key: Ed25519PrivateKey | None = None) -> bytes:
    """What a forger with patience makes: contents edited, the chain, the tree and the signatures remade with his own key.

    Everything inside agrees; only the fingerprint, known from elsewhere, tells. With the city's own `key`, only a receipt.
    """
    files, key = unpack(data), key or Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    rows = [json.loads(line) for line in files[ENTRIES].decode().splitlines()]
    salts = json.loads(files[SALTS])
    previous, raws = "0" * 64, []
    for number, row in enumerate(rows):
        name = f"data/payloads/{row['index']:06d}.json"
        if name in files:
            body = canonical(edit(json.loads(files.pop(name))))
            files[f"data/payloads/{number:06d}.json"] = body
        entry = json.loads(row["entry"]) | {"prev": previous}
        if str(row["index"]) in salts:
            entry["payload_sha256"] = sha256(bytes.fromhex(salts[str(row["index"])]) + body).hexdigest()
        raws.append(canonical(entry))
        previous = leaf_hash(raws[-1]).hex()
    places = {str(row["index"]): str(number) for number, row in enumerate(rows)}
    for listing in (SALTS, WITHHELD):
        moved = {places[index]: value for index, value in json.loads(files[listing]).items()}
        files[listing] = json.dumps(moved).encode()
    index = json.loads(files[DOCUMENTS])
    return _sealed(files, raws, key, public, index)


def _sealed(files: Files, raws: list[bytes], key: Ed25519PrivateKey, public: bytes, index: list[object]) -> bytes:
    origin = files["data/proofs/checkpoint.txt"].decode().split("\n")[0]
    leaves = [leaf_hash(raw) for raw in raws]
    lines = [json.dumps({"index": n, "entry": raw.decode(), "proof": _encoded(_path(n, leaves))}) for n, raw in enumerate(raws)]
    fingerprint = sha256(public).hexdigest().upper()
    groups = " ".join(fingerprint[i : i + 4] for i in range(0, 64, 4))
    files |= {
        ENTRIES: "".join(line + "\n" for line in lines).encode(),
        "data/proofs/key.txt": f"Clé\ncle: {base64.b64encode(public).decode()}\nempreinte: {groups}\n".encode(),
        "data/proofs/checkpoint.txt": _note(origin, leaves, key).encode(),
    }
    export = json.loads(files[EXPORT])
    said = json.loads(export["payload"])
    engaged = [name for name in files if name.startswith("data/") and name != EXPORT]
    engaged += ["LISEZ-MOI.txt", "VERIFIER.html", "verifier.py"]
    said |= {"size": len(raws), "files": {name: sha256(files[name]).hexdigest() for name in engaged}}
    body = canonical(said)
    entry = json.loads(export["entry"]) | {"prev": leaves[-1].hex(), "seq": len(raws)}
    entry["payload_sha256"] = sha256(bytes.fromhex(export["salt"]) + body).hexdigest()
    raw = canonical(entry)
    grown = [*leaves, leaf_hash(raw)]
    export |= {
        "index": len(raws), "entry": raw.decode(), "payload": body.decode(), "proof": _encoded(_path(len(raws), grown)),
        "consistency": _encoded(_growth(len(leaves), grown)), "checkpoint": _note(origin, grown, key),
    }  # fmt: skip
    files[EXPORT] = json.dumps(export).encode()
    return pack(repair(files))


def _note(origin: str, leaves: list[bytes], key: Ed25519PrivateKey) -> str:
    return sign_note(format_head(TreeHead(origin, len(leaves), _root(leaves))), origin, key)


def _encoded(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    return node_hash(_root(leaves[: _split(len(leaves))]), _root(leaves[_split(len(leaves)) :]))


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162, 2.1.3.1, written from its text rather than with the project's own code."""
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*_path(index, leaves[:middle]), _root(leaves[middle:])]
    return [*_path(index - middle, leaves[middle:]), _root(leaves[:middle])]


def _growth(first: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 9162, 2.1.4.1."""
    if first == len(leaves):
        return [] if whole else [_root(leaves)]
    middle = _split(len(leaves))
    if first <= middle:
        return [*_growth(first, leaves[:middle], whole), _root(leaves[middle:])]
    return [*_growth(first - middle, leaves[middle:], False), _root(leaves[:middle])]
