"""Every way we know to alter a journal in its database, the sums, the chains and the tree made again as an attacker would."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import F

from sourcier.accounts.models import DeliveryPlace
from sourcier.journal.entry import FIRST_PREV
from sourcier.journal.models import Anchor, Checkpoint, Entry, Log, Node, Payload
from sourcier.kernel.canonical import canonical
from sourcier.kernel.merkle import completed_nodes, leaf_hash, peaks, root_from_peaks
from sourcier.kernel.notes import TreeHead, format_head, sign_note

FIELDS = ("actor", "at", "payload_sha256", "prev", "seq", "stream", "verb")


@dataclass
class Line:
    """One entry as the forger holds it."""

    fields: dict[str, Any]
    salt: bytes
    body: bytes


def lines_of(log: Log) -> list[Line]:
    """The whole journal, in order."""
    found = Entry.objects.filter(log=log).select_related("payload").order_by("index")
    return [
        Line({key: getattr(entry, key) for key in FIELDS}, bytes(entry.payload.salt), bytes(entry.payload.body))
        for entry in found
    ]


def remake(log: Log, lines: list[Line], *, chained: bool = True) -> None:
    """Write the journal again from these lines: sums, chains (unless told not to) and tree all agree."""
    Payload.objects.filter(entry__log=log)._raw_delete("default")
    Entry.objects.filter(log=log)._raw_delete("default")
    Node.objects.filter(log=log)._raw_delete("default")
    entries, nodes, last = [], {}, {}
    for index, line in enumerate(lines):
        seq, prev = last.get(line.fields["stream"], (-1, FIRST_PREV))
        fields = {**line.fields, "payload_sha256": sha256(line.salt + line.body).hexdigest()}
        fields |= {"seq": seq + 1, "prev": prev} if chained else {}
        raw = canonical({**fields, "log": log.pk.hex, "v": 1})
        last[fields["stream"]] = (fields["seq"], leaf_hash(raw).hex())
        entries.append(Entry(log=log, index=index, raw=raw, leaf_hash=leaf_hash(raw), **fields))
        for level, position, digest in completed_nodes(index, leaf_hash(raw), lambda *place: nodes[place]):
            nodes[level, position] = digest
    made = Entry.objects.bulk_create(entries)
    Payload.objects.bulk_create(Payload(entry=e, salt=line.salt, body=line.body) for e, line in zip(made, lines, strict=True))
    Node.objects.bulk_create(Node(log=log, level=level, position=at, hash=digest) for (level, at), digest in nodes.items())
    Log.objects.filter(pk=log.pk).update(size=len(lines))


def sign(log: Log, key: Ed25519PrivateKey, size: int) -> None:
    """Replace every checkpoint by one of that size, signed by that key, which becomes the log's."""
    Log.objects.filter(pk=log.pk).update(public_key=key.public_key().public_bytes_raw())
    stored = {(n.level, n.position): bytes(n.hash) for n in Node.objects.filter(log=log)}
    root = root_from_peaks([stored[place] for place in peaks(size)])
    at = Checkpoint.objects.filter(log=log).latest("created_at").created_at
    Checkpoint.objects.filter(log=log)._raw_delete("default")
    text = sign_note(format_head(TreeHead(log.origin, size, root)), log.origin, key)
    Checkpoint.objects.create(log=log, size=size, root=root.hex(), text=text, created_at=at)


class JournalAttacker:
    """Alterations of one log, drawn from a seed; `stranger` is the log of another city.

    None merely adds after the last checkpoint: who can write in the database can write an entry, as the application does.
    """

    def __init__(self, log: Log, stranger: Log, seed: int = 1) -> None:
        self.log, self.random = log, random.Random(seed)
        self.lines, self.foreign = lines_of(log), lines_of(stranger)
        self.places = list(DeliveryPlace.objects.filter(organisation=log.pk).values_list("pk", flat=True))

    def attacks(self, count: int) -> Iterator[Callable[[], Any]]:
        """`count` of them, every kind in turn; each alters the database when called."""
        kinds = [getattr(self, name) for name in dir(type(self)) if name.startswith("attack_")]
        return (kinds[number % len(kinds)] for number in range(count))

    def _entry(self) -> Any:
        return Entry.objects.filter(log=self.log, index=self._place())

    def _payload(self) -> Any:
        return Payload.objects.filter(entry__log=self.log, entry__index=self._place())

    def _place(self) -> int:
        return self.random.randrange(len(self.lines))

    def _flip(self, data: bytes) -> bytes:
        position = self.random.randrange(len(data))
        return data[:position] + bytes([data[position] ^ 1 << self.random.randrange(8)]) + data[position + 1 :]

    def _flip_column(self, found: Any, column: str) -> None:
        found.update(**{column: self._flip(bytes(found.values_list(column, flat=True).get()))})

    def _copy(self) -> list[Line]:
        return [Line(dict(line.fields), line.salt, line.body) for line in self.lines]

    # --- bytes and columns --------------------------------------------------------------------------------------------

    def attack_a_bit_of_an_entry(self) -> None:
        self._flip_column(self._entry(), self.random.choice(["raw", "leaf_hash"]))

    def attack_a_bit_of_a_content(self) -> None:
        self._flip_column(self._payload(), self.random.choice(["salt", "body"]))

    def attack_a_bit_of_the_tree(self) -> None:
        node = self.random.choice(Node.objects.filter(log=self.log).values_list("pk", flat=True))
        self._flip_column(Node.objects.filter(pk=node), "hash")

    def attack_a_column_of_an_entry(self) -> None:
        changed = {
            "stream": "f" * 32, "seq": 10**6, "prev": "0" * 63 + "1", "verb": "x.y", "at": F("at") + 1,
            "actor": "e" * 32, "payload_sha256": "0" * 64,
        }  # fmt: skip
        column = self.random.choice(sorted(changed))
        self._entry().update(**{column: changed[column]})

    def attack_the_number_of_an_entry(self) -> None:
        self._entry().update(index=self.random.choice([-5, 10**6]))

    def attack_a_content_removed(self) -> None:
        payload = self._payload()
        emptied = self.random.choice([None, {"salt": None}, {"body": None}, {"salt": None, "body": None}])
        if emptied is None:
            payload._raw_delete("default")
        else:
            payload.update(**emptied)

    def attack_the_size_of_the_log(self) -> None:
        size = self.random.choice([0, len(self.lines) - 1, len(self.lines) + 1, self._place()])
        Log.objects.filter(pk=self.log.pk).update(size=size)

    def attack_a_node_removed_or_added(self) -> None:
        node = Node.objects.filter(log=self.log).order_by("pk")[self._place()]
        if self.random.random() < 0.5:
            Node.objects.filter(pk=node.pk)._raw_delete("default")
        else:
            Node.objects.create(log=self.log, level=self.random.choice([0, 1, 9]), position=10**6, hash=bytes(32))

    # --- the journal, all sums made again ------------------------------------------------------------------------------

    def attack_an_entry_removed(self) -> None:
        lines = self._copy()
        del lines[self._place()]
        remake(self.log, lines)

    def attack_the_tail_removed(self) -> None:
        remake(self.log, self._copy()[: self._place()])

    def attack_an_entry_inserted(self) -> None:
        lines = self._copy()
        place = self._place()
        lines.insert(place, Line(dict(lines[place].fields), self.random.randbytes(16), b'{"who":"ajout"}'))
        remake(self.log, lines)

    def attack_an_entry_replayed(self) -> None:
        lines = self._copy()
        place = self.random.randrange(len(lines) - 1)
        lines.insert(self.random.randrange(place + 1, len(lines)), lines[place])
        remake(self.log, lines)

    def attack_entries_in_another_order(self) -> None:
        lines = self._copy()
        one, two = self.random.sample(range(len(lines)), 2)
        lines[one], lines[two] = lines[two], lines[one]
        remake(self.log, lines, chained=self.random.random() < 0.5)

    def attack_an_entry_of_another_city(self) -> None:
        lines = self._copy()
        lines[self._place()] = self.random.choice(self.foreign)
        remake(self.log, lines)

    def attack_a_content_rewritten(self) -> None:
        lines = self._copy()
        lines[self._place()].body = b'{"who":"Quelqu\'un d\'autre"}'
        remake(self.log, lines)

    def attack_a_field_rewritten(self) -> None:
        lines = self._copy()
        key, value = self.random.choice([("actor", "d" * 32), ("verb", "test.other"), ("stream", "c" * 32)])
        lines[self._place()].fields[key] = value
        remake(self.log, lines)

    def attack_the_hours_moved(self) -> None:
        lines, since = self._copy(), self._place()
        by = self.random.choice([-86_400_000, -1, 1, 3_600_000])
        for line in lines[since:]:
            line.fields["at"] += by
        remake(self.log, lines)

    # --- what vouches for the journal, and what it vouches for ---------------------------------------------------------------

    def attack_a_checkpoint(self) -> None:
        last = Checkpoint.objects.filter(log=self.log).latest("size")
        text = last.text
        place = self.random.randrange(len(text) - 1)
        other = chr(ord(text[place]) ^ 1 << self.random.randrange(5))
        changed = {"root": "0" * 64, "size": last.size - 1, "text": text[:place] + other + text[place + 1 :]}
        column = self.random.choice(sorted(changed))
        Checkpoint.objects.filter(pk=last.pk).update(**{column: changed[column]})

    def attack_a_checkpoint_signed_by_another_key(self) -> None:
        last = Checkpoint.objects.filter(log=self.log).latest("size")
        note = last.text[: last.text.index("\n\n") + 1]
        text = sign_note(note, self.log.origin, Ed25519PrivateKey.generate())
        Checkpoint.objects.filter(pk=last.pk).update(text=text)

    def attack_the_key(self) -> None:
        Log.objects.filter(pk=self.log.pk).update(public_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw())

    def _anchor(self) -> Any:
        return Anchor.objects.filter(pk=self.random.choice(Anchor.objects.filter(log=self.log).values_list("pk", flat=True)))

    def attack_tokens_exchanged(self) -> None:
        one, two = self.random.sample(list(Anchor.objects.filter(log=self.log)), 2)
        for name in ("reply", *self.random.choice([(), ("told_at",), ("told_at", "serial", "reply_sha256")])):
            mine, other = getattr(one, name), getattr(two, name)
            setattr(one, name, other)
            setattr(two, name, mine)
        one.save()
        two.save()

    def attack_a_token(self) -> None:
        self._flip_column(self._anchor(), "reply")

    def attack_what_vouches_for_a_token(self) -> None:
        changed = {"certificates": "", "revocations": self.random.randbytes(40), "trusted": False}
        name = self.random.choice(sorted(changed))
        self._anchor().update(**{name: changed[name]})

    def attack_an_anchor_removed(self) -> None:
        self._anchor()._raw_delete("default")

    def attack_a_row_of_the_business(self) -> None:
        place = DeliveryPlace.objects.filter(pk=self.random.choice(self.places))
        name = self.random.choice(["name", "address", "lat_e6", None])
        if name is None:
            place._raw_delete("default")
        else:
            place.update(**{name: 42 if name == "lat_e6" else "Ailleurs"})
