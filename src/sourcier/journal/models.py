"""Log, entries, payloads, tree nodes, checkpoints, anchors. The journal alone writes here; triggers refuse the rest."""

from urllib.parse import urlsplit

from django.db import models


class Log(models.Model):
    """The journal of one organisation; its id is the organisation's. Locked last in every action."""

    id = models.UUIDField(primary_key=True)
    origin = models.CharField(max_length=120, unique=True)
    size = models.BigIntegerField(default=0)
    public_key = models.BinaryField(max_length=32, help_text="Ed25519; its private half is a file outside the database")


class Entry(models.Model):
    """One leaf: `raw` is the canonical JSON that was hashed; the other columns repeat it for queries."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="entries")
    index = models.BigIntegerField()
    stream = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    prev = models.CharField(max_length=64)
    verb = models.CharField(max_length=60)
    at = models.BigIntegerField(help_text="UTC, milliseconds since 1970")
    actor = models.CharField(max_length=32)
    payload_sha256 = models.CharField(max_length=64)
    raw = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["log", "index"], name="journal_entry_index"),
            models.UniqueConstraint(fields=["log", "stream", "seq"], name="journal_entry_chain"),
        ]
        indexes = [models.Index(fields=["log", "verb"], name="journal_entry_verb")]


class Payload(models.Model):
    """What the entry says, in clear, with its salt; both are emptied by `journal.erase` and nothing can be guessed then."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True)
    salt = models.BinaryField(max_length=16, null=True)
    body = models.BinaryField(null=True)


class Node(models.Model):
    """Hash of a perfect subtree: level 0 is a leaf."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT)
    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "level", "position"], name="journal_node_place")]


class Checkpoint(models.Model):
    """A signed statement of size and root, in the C2SP tlog-checkpoint text format."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="checkpoints")
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    text = models.TextField()
    created_at = models.DateTimeField()
    public = models.BooleanField(default=False, help_text="published on the daily rhythm")

    class Meta:
        indexes = [models.Index(fields=["log", "size"], name="journal_checkpoint_size")]


class NightCheck(models.Model):
    """What the last nightly check of a journal found; `wrong_since` is the first check of those that go on finding."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, primary_key=True, related_name="night_check")
    checked_at = models.DateTimeField()
    problems = models.PositiveIntegerField()
    sentences = models.JSONField(default=list)
    wrong_since = models.DateTimeField(null=True)


class Anchor(models.Model):
    """The time of a checkpoint, as a third party told it (RFC 3161). One at most waits in each log.

    Written under the lock of its log alone; once obtained it does not change, and its entry vouches for it.
    """

    class State(models.TextChoices):
        ASKED = "asked", "demandée"
        FAILED = "failed", "en échec, sera redemandée"
        OBTAINED = "obtained", "obtenue"

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="anchors")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    wanted = models.BigIntegerField(help_text="size that it must cover, as the last act that asked for it left the log")
    asked_at = models.DateTimeField()
    next_check = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    error = models.TextField(blank=True, help_text="in French, what failed at the last attempt, authorities then revocations")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, null=True, related_name="anchors")
    authority = models.CharField(max_length=300, blank=True, help_text="its address, without account nor password")
    reply = models.BinaryField(null=True, help_text="TimeStampResp, DER, as it came")
    reply_sha256 = models.CharField(max_length=64, blank=True)
    told_at = models.DateTimeField(null=True, help_text="by the authority")
    obtained_at = models.DateTimeField(null=True, help_text="by our clock")
    serial = models.CharField(max_length=60, blank=True)
    certificates = models.TextField(blank=True, help_text="PEM, the signer's first, up to a trusted root when one was found")
    revocations = models.BinaryField(
        null=True,
        help_text="what the issuers of the certificates below the root had revoked then (CRL, DER, one after the other)",
    )
    answers = models.BinaryField(null=True, help_text="what they answered about each (OCSP, DER, one after the other)")
    trusted = models.BooleanField(default=False, help_text="its certificates led to a root that the city trusts")
    entry_index = models.BigIntegerField(null=True, help_text="the entry that says it was obtained")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["log"], condition=models.Q(state__in=("asked", "failed")), name="journal_anchor_one_waits"
            )
        ]
        indexes = [models.Index(fields=["log", "told_at"], name="journal_anchor_time")]

    @property
    def authority_name(self) -> str:
        """The machine that answered, for people to read."""
        return urlsplit(self.authority).netloc
