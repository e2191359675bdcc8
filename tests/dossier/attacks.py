"""Every way we know to alter a dossier, with the plain sums repaired as an attacker would."""

import base64
import json
import random
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sourcier.kernel.canonical import canonical
from sourcier.kernel.notes import sign_note

Files = dict[str, bytes]
ENTRIES = "data/journal/entries.jsonl"
EXPORT = "data/proofs/export.json"
DOCUMENTS = "data/documents/index.json"
SALTS = "data/payloads/salts.json"
WITHHELD = "data/payloads/withheld.json"


def unpack(data: bytes) -> Files:
    """Name → content, as any reader of ZIPs sees it."""
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(files: Files, *, compression: int = ZIP_STORED, extra: Callable[[ZipFile], None] | None = None) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if extra:
            extra(archive)
    return out.getvalue()


@lru_cache(maxsize=512)
def _sum(content: bytes) -> str:
    """Most files of a mutation are those of the last."""
    return sha256(content).hexdigest()


def repair(files: Files) -> Files:
    """Write the manifests again, so that `sha256sum -c` says nothing."""

    def listing(names: Iterator[str]) -> bytes:
        return "".join(f"{_sum(files[name])}  {name}\n" for name in sorted(names)).encode()

    payload = [name for name in files if name.startswith("data/")]
    oxum = f"Payload-Oxum: {sum(len(files[name]) for name in payload)}.{len(payload)}".encode()
    info = files["bag-info.txt"].split(b"\n")  # bytes, for a bit of it may be changed
    files["bag-info.txt"] = b"\n".join(oxum if line.startswith(b"Payload-Oxum") else line for line in info)
    files["manifest-sha256.txt"] = listing(iter(payload))
    tags = (name for name in files if not name.startswith("data/") and name != "tagmanifest-sha256.txt")
    files["tagmanifest-sha256.txt"] = listing(tags)
    return files


def without_a_document(files: Files, name: str) -> Files:
    """The files without a document, nor its line in the index."""
    index = json.loads(files[DOCUMENTS])
    (gone,) = [row for row in index if row["name"] == name]
    kept = {path: content for path, content in files.items() if path != gone["path"]}
    return kept | {DOCUMENTS: json.dumps([row for row in index if row is not gone]).encode()}


@dataclass
class Attack:
    """One altered dossier and what was done to it."""

    name: str
    data: bytes = field(repr=False)


class Attacker:
    """Mutations of one dossier, drawn from a seed; `stranger` is an entry line of another city."""

    def __init__(self, data: bytes, stranger: str, seed: int = 1) -> None:
        self.data, self.stranger, self.random = data, stranger, random.Random(seed)
        self.files = unpack(data)

    def attacks(self, count: int) -> Iterator[Attack]:
        """`count` of them, every kind in turn."""
        kinds = [getattr(self, name) for name in dir(type(self)) if name.startswith("attack_")]
        return (self.made(kinds[number % len(kinds)]) for number in range(count))

    def made(self, kind: Callable[[Files], Files | bytes]) -> Attack:
        """One altered dossier; where files were altered, the plain sums are repaired."""
        made = kind(dict(self.files))
        return Attack(kind.__name__, made if isinstance(made, bytes) else pack(repair(made)))

    def reads_the_same(self, attack: Attack) -> bool:
        """A date in the ZIP's own headers was changed, or a sum that the repair then put right: each file reads as it was."""
        try:
            return attack.name in ("attack_a_bit_of_the_zip", "attack_a_bit_of_a_tag") and unpack(attack.data) == self.files
        except Exception:
            return False

    def _flip(self, data: bytes) -> bytes:
        position = self.random.randrange(len(data))
        return data[:position] + bytes([data[position] ^ 1 << self.random.randrange(8)]) + data[position + 1 :]

    def _name(self, prefix: str) -> str:
        return self.random.choice([name for name in self.files if name.startswith(prefix)])

    def _lines(self, files: Files) -> list[str]:
        return files[ENTRIES].decode().splitlines()

    def _put(self, files: Files, lines: list[str]) -> Files:
        return files | {ENTRIES: "".join(line + "\n" for line in lines).encode()}

    # --- bytes ---------------------------------------------------------------------------------------------------------

    def attack_a_bit_of_the_zip(self, files: Files) -> bytes:
        return self._flip(self.data)

    def attack_a_bit_of_a_file(self, files: Files) -> Files:
        name = self._name("data/")
        return files | {name: self._flip(files[name])}

    def attack_a_bit_of_a_proof(self, files: Files) -> Files:
        name = self._name("data/proofs/")
        return files | {name: self._flip(files[name])}

    def attack_a_bit_of_a_tag(self, files: Files) -> Files:
        name = self.random.choice(["LISEZ-MOI.txt", "VERIFIER.html", "verifier.py", "bagit.txt", "bag-info.txt"])
        return files | {name: self._flip(files[name])}

    def attack_a_cut(self, files: Files) -> bytes:
        return self.data[: self.random.randrange(len(self.data))]

    def attack_a_shorter_file(self, files: Files) -> Files:
        name = self._name("data/")
        return files | {name: files[name][: self.random.randrange(len(files[name]))]}

    def attack_a_byte_more_or_less(self, files: Files) -> Files:
        name = self._name("data/")
        place, content = self.random.randrange(len(files[name])), files[name]
        more = self.random.randbytes(1)
        return files | {name: content[:place] + self.random.choice([more + content[place:], content[place + 1 :]])}

    def attack_files_renamed(self, files: Files) -> Files:
        one, two = self.random.sample([name for name in files if name.startswith("data/")], 2)
        if files[one] == files[two]:
            return files | {one: files[one] + b" "}
        return files | {one: files[two], two: files[one]}

    # --- the journal -----------------------------------------------------------------------------------------------------

    def attack_an_entry_dropped(self, files: Files) -> Files:
        lines = self._lines(files)
        del lines[self.random.randrange(len(lines))]
        return self._put(files, lines)

    def attack_the_tail_removed(self, files: Files) -> Files:
        lines = self._lines(files)
        return self._put(files, lines[: self.random.randrange(len(lines))])

    def attack_an_entry_twice(self, files: Files) -> Files:
        lines = self._lines(files)
        lines.insert(self.random.randrange(len(lines)), self.random.choice(lines))
        return self._put(files, lines)

    def attack_entries_swapped(self, files: Files) -> Files:
        lines = self._lines(files)
        one, two = self.random.sample(range(len(lines)), 2)
        lines[one], lines[two] = lines[two], lines[one]
        return self._put(files, lines)

    def attack_a_field_of_an_entry(self, files: Files) -> Files:
        lines = self._lines(files)
        place = self.random.randrange(len(lines))
        row = json.loads(lines[place])
        entry = json.loads(row["entry"])
        key = self.random.choice(sorted(entry))
        entry[key] = self.random.choice([0, 1, -1, 2**60, "", "0" * 64, None, [], {}, entry["seq"], entry["at"] + 1, 1.5])
        row["entry"] = json.dumps(entry, separators=(",", ":"), sort_keys=True)
        lines[place] = json.dumps(row)
        return self._put(files, lines)

    def attack_the_place_of_an_entry(self, files: Files) -> Files:
        lines = self._lines(files)
        place = self.random.randrange(len(lines))
        row = json.loads(lines[place])
        key = self.random.choice(["index", "proof", "entry"])
        row[key] = self.random.choice([None, -1, "5", 10**30, [], ["x"], [1], {}, True, 2.5, row["index"] + 1])
        lines[place] = json.dumps(row)
        return self._put(files, lines)

    def attack_a_line_that_is_no_entry(self, files: Files) -> Files:
        lines = self._lines(files)
        junk = ["", "{}", "[]", "null", "[" * 5000, '"\\ud800"', "\ufeff{}", '{"entry":"\\ud800","index":0,"proof":[]}', "{"]
        lines.insert(self.random.randrange(len(lines) + 1), self.random.choice(junk))
        return self._put(files, lines)

    def attack_an_entry_of_another_city(self, files: Files) -> Files:
        lines = self._lines(files)
        lines[self.random.randrange(len(lines))] = self.stranger
        return self._put(files, lines)

    def attack_an_entry_invented(self, files: Files) -> Files:
        lines = self._lines(files)
        place = self.random.randrange(len(lines))
        row = json.loads(lines[place])
        entry = json.loads(row["entry"])
        entry |= {"prev": sha256(b"\0" + row["entry"].encode()).hexdigest(), "seq": entry["seq"] + 1, "at": entry["at"] + 1}
        lines.insert(place + 1, json.dumps(row | {"index": row["index"] + 1, "entry": canonical(entry).decode()}))
        return self._put(files, lines)

    def attack_an_entry_replayed(self, files: Files) -> Files:
        lines = self._lines(files)
        last, row = json.loads(lines[-1]), json.loads(self.random.choice(lines[:-1]))
        entry = json.loads(row["entry"]) | {"seq": len(lines), "prev": sha256(b"\0" + last["entry"].encode()).hexdigest()}
        row |= {"index": last["index"] + 1, "entry": canonical(entry).decode(), "proof": last["proof"]}
        return self._put(files, [*lines, json.dumps(row)])

    def attack_the_hours_moved(self, files: Files) -> Files:
        lines = [json.loads(line) for line in self._lines(files)]
        since, by = self.random.randrange(len(lines)), self.random.choice([-86_400_000, -1, 1, 3_600_000])
        for row in lines[since:]:
            entry = json.loads(row["entry"])
            row["entry"] = canonical(entry | {"at": entry["at"] + by}).decode()
        return self._put(files, [json.dumps(row) for row in lines])

    def attack_the_entries_in_another_order(self, files: Files) -> Files:
        lines = self._lines(files)
        return self._put(files, self.random.choice([lines[::-1], lines[1:] + lines[:1], self.random.sample(lines, len(lines))]))

    # --- contents, documents, report ---------------------------------------------------------------------------------------

    def attack_a_payload_edited(self, files: Files) -> Files:
        name = self.random.choice([n for n in files if n.startswith("data/payloads/0")])
        said = json.loads(files[name])
        said["name"] = "Quelqu'un d'autre"
        return files | {name: canonical(said)}

    def attack_payloads_swapped(self, files: Files) -> Files:
        one, two = self.random.sample([n for n in files if n.startswith("data/payloads/0")], 2)
        return files | {one: files[two], two: files[one]}

    def attack_a_payload_hidden(self, files: Files) -> Files:
        salts, withheld = json.loads(files[SALTS]), json.loads(files[WITHHELD])
        key = self.random.choice(sorted(salts))
        del salts[key]
        withheld[key] = "contenu effacé"
        del files[f"data/payloads/{int(key):06d}.json"]
        return files | {SALTS: json.dumps(salts).encode(), WITHHELD: json.dumps(withheld).encode()}

    def attack_a_salt(self, files: Files) -> Files:
        salts = json.loads(files[SALTS])
        key = self.random.choice(sorted(salts))
        salts[key] = self.random.choice(["", "00" * 16, None, 5, ["x"], salts[key][2:], "zz"])
        return files | {SALTS: json.dumps(salts).encode()}

    def attack_the_list_of_contents(self, files: Files) -> Files:
        name = self.random.choice([SALTS, WITHHELD, DOCUMENTS, EXPORT])
        return files | {name: self.random.choice([b"", b"null", b"[]", b"{}", b"5", b'"x"', b"\xff", b"[1]", b'[{"path":5}]'])}

    def attack_documents_swapped(self, files: Files) -> Files:
        one, two = self.random.sample([n for n in files if n.startswith("data/documents/")], 2)
        return files | {one: files[two], two: files[one]}

    def attack_a_document_replaced_in_the_index_too(self, files: Files) -> Files:
        forged = b"%PDF-1.7 un autre devis"
        index = json.loads(files[DOCUMENTS])
        document = self.random.choice(index)
        document["sha256"], document["size"] = sha256(forged).hexdigest(), len(forged)
        return files | {document["path"]: forged, DOCUMENTS: json.dumps(index).encode()}

    def attack_a_document_removed_with_its_lines(self, files: Files) -> Files:
        return without_a_document(files, self.random.choice(json.loads(files[DOCUMENTS]))["name"])

    def attack_a_document_replaced(self, files: Files) -> Files:
        path = self.random.choice(json.loads(files[DOCUMENTS]))["path"]
        return files | {path: self.random.choice([b"", b"%PDF-1.7 un autre devis", files[path] + b"\n"])}

    def attack_the_name_of_a_document(self, files: Files) -> Files:
        index = json.loads(files[DOCUMENTS])
        self.random.choice(index)["name"] = "autre.pdf"
        return files | {DOCUMENTS: json.dumps(index).encode()}

    def attack_the_report_edited(self, files: Files) -> Files:
        return files | {"data/rapport.pdf": files["data/rapport.pdf"] + b"\n% ajout"}

    def attack_the_declared_city(self, files: Files) -> Files:
        info = files["bag-info.txt"].decode()
        change = self.random.choice([("Rosny", "Pantin"), ("2026", "2025"), ("Sourcier", "Autre")])
        return files | {"bag-info.txt": info.replace(*change).encode()}

    def attack_a_file_removed(self, files: Files) -> Files:
        del files[self._name("data/")]
        return files

    # --- the shape of the ZIP -------------------------------------------------------------------------------------------

    def attack_a_file_added(self, files: Files) -> Files:
        name = self.random.choice(["data/rapport-2.pdf", "data/payloads/000999.json", "data/documents/0099.pdf", "data/x",
                                   "preuve.txt", "data/proofs/autre.json"])  # fmt: skip
        return files | {name: b"ajout"}

    def attack_a_file_added_in_no_manifest(self, files: Files) -> bytes:
        return pack(files | {self.random.choice(["data/note.txt", "note.txt"]): b"ajout"})

    def attack_a_name_that_leaves(self, files: Files) -> bytes:
        names = ["../x", "data/../../x", "/etc/x", "C:\\x", "data\\x", "data//x", "data/./x", "./x", "é.txt", "a b", "x\x00y"]
        return pack(repair(files | {self.random.choice(names): b"ajout"}))

    def attack_a_name_twice(self, files: Files) -> bytes:
        import warnings

        name = self._name("data/")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pack(files, extra=lambda archive: archive.writestr(name, b"autre"))

    def attack_names_that_differ_by_case(self, files: Files) -> bytes:
        return pack(repair(files | {self._name("data/").upper(): b"autre"}))

    def attack_a_link(self, files: Files) -> bytes:
        def link(archive: ZipFile) -> None:
            info = ZipInfo(self.random.choice(["data/lien", "LISEZ-MOI.lnk"]))
            info.create_system = 3
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, b"/etc/passwd")

        return pack(files, extra=link)

    def attack_a_bomb(self, files: Files) -> bytes:
        return pack(repair(files | {"data/documents/0077.pdf": bytes(4 << 20)}), compression=ZIP_DEFLATED)

    def attack_a_size_that_lies(self, files: Files) -> bytes:
        data = bytearray(self.data)
        name = self._name("data/")
        place = data.rindex(name.encode()) - 46
        struct.pack_into("<I", data, place + 24, self.random.choice([0, 1, 2**31, len(files[name]) + 1]))
        return bytes(data)

    def attack_words_around_the_zip(self, files: Files) -> bytes:
        return self.random.choice([b"avant" + self.data, self.data + b"apres", self.data + self.data])

    def attack_two_zips_in_one(self, files: Files) -> bytes:
        return pack(repair(files | {"data/rapport.pdf": b"%PDF faux"})) + self.data

    # --- signatures -----------------------------------------------------------------------------------------------------------

    def attack_a_checkpoint_signed_by_another_key(self, files: Files) -> Files:
        key = Ed25519PrivateKey.generate()
        note = files["data/proofs/checkpoint.txt"].decode()
        text = note[: note.index("\n\n") + 1]
        return files | {"data/proofs/checkpoint.txt": sign_note(text, text.split("\n")[0], key).encode()}

    def attack_another_key_announced(self, files: Files) -> Files:
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        lines = files["data/proofs/key.txt"].decode().split("\n")
        lines[1] = f"cle: {base64.b64encode(key).decode()}"
        return files | {"data/proofs/key.txt": "\n".join(lines).encode()}

    def attack_a_key_that_is_no_key(self, files: Files) -> Files:
        lines = files["data/proofs/key.txt"].decode().split("\n")
        lines[1] = self.random.choice(["", "cle: ", "cle: AAAA", "cle: é", "cle: " + "A" * 43 + "=", "cle: " + "/" * 42 + "8="])
        return files | {"data/proofs/key.txt": "\n".join(lines).encode()}

    def attack_the_size_of_a_checkpoint(self, files: Files) -> Files:
        lines = files["data/proofs/checkpoint.txt"].decode().split("\n")
        lines[1] = self.random.choice(["0", "1", str(int(lines[1]) + 1), "9" * 30, "-1", "x", ""])
        return files | {"data/proofs/checkpoint.txt": "\n".join(lines).encode()}

    def attack_the_proof_of_the_export(self, files: Files) -> Files:
        export = json.loads(files[EXPORT])
        key = self.random.choice(sorted(export))
        export[key] = self.random.choice([None, 5, "", [], ["AAAA"], {}, "é", export["index"] + 1, "{}", '{"files":{}}'])
        return files | {EXPORT: json.dumps(export).encode()}


def recompressed(data: bytes, *, without: tuple[str, ...] = ()) -> bytes:
    """What a mail filter makes of it: another order, deflated, its helpers taken out, a folder entry added."""
    kept = {name: content for name, content in sorted(unpack(data).items()) if name not in without}
    return pack(kept, compression=ZIP_DEFLATED, extra=lambda archive: archive.writestr(ZipInfo("data/"), b""))


def crc_repaired(data: bytes, name: str, content: bytes) -> bytes:
    """Replace a file by another of the same length, in place, with its CRC mended in both headers."""
    old = unpack(data)[name]
    assert len(old) == len(content)
    before, after = struct.pack("<I", zlib.crc32(old)), struct.pack("<I", zlib.crc32(content))
    return data.replace(old, content).replace(before, after)
