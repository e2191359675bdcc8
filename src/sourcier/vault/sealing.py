"""Sealing what nobody may read yet: one key pair for each operation, its private half wrapped by the master key.

What is sealed is bound to its city, its operation and its own id: put in another's place, it no longer opens.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.kernel import sealing
from sourcier.kernel.canonical import canonical
from sourcier.vault import master
from sourcier.vault.models import SealingKey


def ensure_key(organisation_id: UUID, operation_id: UUID) -> SealingKey:
    """The key of an operation, drawn when it has none yet. Raises `master.MasterKeyMissing`."""
    found = SealingKey.objects.filter(organisation_id=organisation_id, operation_id=operation_id).first()
    return found or _draw(organisation_id, operation_id)


def _draw(organisation_id: UUID, operation_id: UUID) -> SealingKey:
    private, public = sealing.new_key()
    known = master.numbers() or SealingKey.objects.exists()
    number = master.current() if known else master.draw(1)
    return SealingKey.objects.get_or_create(
        operation_id=operation_id,
        defaults={
            "organisation_id": organisation_id,
            "public_key": public,
            "master": number,
            "wrapped": master.wrap(number, private, _of_key(organisation_id, operation_id)),
            "created_at": timezone.now(),
        },
    )[0]


def seal(organisation_id: UUID, operation_id: UUID, object_id: UUID, content: bytes) -> bytes:
    """`content`, sealed until someone holds the master key and the right to use it. Raises `master.MasterKeyMissing`.

    Sealed to the key that the master key vouches for: whoever writes in the database cannot put his own in its place.
    """
    public = sealing.public_of(_private(ensure_key(organisation_id, operation_id)))
    return sealing.seal(public, _about(organisation_id, operation_id, object_id), content)


def unseal(organisation_id: UUID, operation_id: UUID, object_id: UUID, sealed: bytes) -> bytes:
    """The content. Raises `sealing.BrokenSeal`, `master.MasterKeyMissing`, or `SealingKey.DoesNotExist`.

    It asks for no right: who may read, and when, is for the rules of who calls it.
    """
    key = SealingKey.objects.get(organisation_id=organisation_id, operation_id=operation_id)
    return sealing.unseal(_private(key), _about(organisation_id, operation_id, object_id), sealed)


def lost() -> str:
    """What keeps the last operation of some master key from being opened, in French; empty when nothing does."""
    for number in SealingKey.objects.order_by("master").values_list("master", flat=True).distinct():
        try:
            _private(SealingKey.objects.filter(master=number).latest("created_at"))
        except master.MasterKeyMissing as error:
            return str(error)
    return ""


def _private(key: SealingKey) -> bytes:
    return master.unwrap(key.master, bytes(key.wrapped), _of_key(key.organisation_id, key.operation_id))


@transaction.atomic
def rotate() -> int:
    """Draw a new master key and wrap the key of every operation anew. Returns how many were wrapped.

    The former master key stays until the next rotation: an operation that begins at this very moment may still be using it.
    """
    before = master.numbers()
    number = master.draw((before or [0])[-1] + 1)
    keys = list(SealingKey.objects.select_for_update().order_by("pk"))
    for key in keys:
        about = _of_key(key.organisation_id, key.operation_id)
        key.wrapped = master.wrap(number, master.unwrap(key.master, bytes(key.wrapped), about), about)
        key.master = number
    SealingKey.objects.bulk_update(keys, ["wrapped", "master"])
    transaction.on_commit(lambda: [master.discard(each) for each in before[:-1]])
    return len(keys)


def _of_key(organisation_id: UUID, operation_id: UUID) -> bytes:
    return canonical({"what": "sourcier operation key v1", "organisation": organisation_id.hex, "operation": operation_id.hex})


def _about(organisation_id: UUID, operation_id: UUID, object_id: UUID) -> bytes:
    named = {"organisation": organisation_id.hex, "operation": operation_id.hex, "object": object_id.hex}
    return canonical({"what": "sourcier seal v1", **named})
