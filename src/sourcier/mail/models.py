"""Outgoing messages and texts, and exchanges born elsewhere that someone dropped in. Rows know an operation by its UUID."""

import uuid

from django.db import models


class OutgoingMessage(models.Model):
    """An e-mail to send: a row with state, attempts and lease, so that a dead worker loses nothing."""

    class State(models.TextChoices):
        QUEUED = "queued", "En attente"
        SENDING = "sending", "En cours d'envoi"
        SENT = "sent", "Envoyé"
        FAILED = "failed", "En échec"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(null=True, db_index=True)
    firm_id = models.UUIDField(null=True, help_text="the firm written to: two may share a name or an address")
    kind = models.CharField(max_length=40, help_text="invitation, acknowledgement, answer, result, waiting, digest…")
    sealed = models.BooleanField(default=False, help_text="hidden from the city until the opening (acknowledgements)")
    subject_id = models.UUIDField(null=True, help_text="the row it is about: invitation, submission, notification")
    to_address = models.EmailField()
    to_domain = models.CharField(max_length=254, blank=True, help_text="not too many messages a minute to the same")
    to_name = models.CharField(max_length=200, blank=True)
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField(help_text="with the mark {{lien}} where a personal link goes")
    secret = models.TextField(blank=True, help_text="the personal link, encrypted; emptied once the message has left or failed")
    files = models.ManyToManyField("vault.File", related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_check = models.DateTimeField(help_text="not before, when queued")
    lease_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True, db_index=True, help_text="when it was last taken to be sent")
    last_error = models.CharField(max_length=300, blank=True)
    address_refused = models.BooleanField(default=False, help_text="failed because there is no such address")
    message_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_check"], name="mail_outgoing_due")]

    @property
    def lost(self) -> bool:
        """It reached nobody."""
        return self.state == self.State.FAILED


class OutgoingText(models.Model):
    """An SMS to send: one, never cut in two. The same life as an e-mail, then what the gateway reports of it."""

    State = OutgoingMessage.State

    class Delivery(models.TextChoices):
        UNKNOWN = "", "Pas de nouvelle"
        DELIVERED = "delivered", "Remis"
        LOST = "lost", "Non remis"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(null=True, db_index=True)
    firm_id = models.UUIDField(null=True, help_text="the firm written to")
    kind = models.CharField(max_length=40, help_text="invitation, reminder, answer, result, code…")
    sealed = models.BooleanField(default=False, help_text="hidden from the city until the opening")
    subject_id = models.UUIDField(null=True, help_text="the row it is about: invitation, submission, notification")
    to_number = models.CharField(max_length=16, blank=True, db_index=True, help_text="E.164")
    to_name = models.CharField(max_length=200, blank=True)
    body = models.CharField(max_length=200, help_text="with the mark {{lien}} where the link or the code goes")
    secret = models.TextField(blank=True, help_text="the link or the code, encrypted; emptied once the text has left or failed")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_check = models.DateTimeField(help_text="not before, when queued")
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    number_refused = models.BooleanField(default=False, help_text="failed because of this number")
    gateway_id = models.CharField(max_length=100, blank=True, help_text="how the gateway names it: the evidence of its answer")
    delivery = models.CharField(max_length=9, choices=Delivery, default=Delivery.UNKNOWN, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True, help_text="when the gateway told whether it arrived")

    class Meta:
        indexes = [models.Index(fields=["state", "next_check"], name="mail_text_due")]

    @property
    def lost(self) -> bool:
        """It reached nobody: refused, given up, or told by the gateway."""
        return self.state == self.State.FAILED or self.delivery == self.Delivery.LOST

    @property
    def became(self) -> str:
        """What became of it, in a word."""
        return self.get_delivery_display() if self.delivery else self.get_state_display()


class StoppedNumber(models.Model):
    """A number that answered « STOP »: no SMS of this city goes there any more."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=16, blank=True, help_text="E.164")
    stopped_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "number"], name="mail_stopped_number")]


class FiledExchange(models.Model):
    """A message, call, letter or paper born outside the platform, dropped in with its own date."""

    class Channel(models.TextChoices):
        EMAIL = "email", "Courriel"
        LETTER = "letter", "Courrier"
        PHONE = "phone", "Téléphone"
        COUNTER = "counter", "Guichet"
        OTHER = "other", "Autre"

    class Direction(models.TextChoices):
        IN = "in", "Reçu"
        OUT = "out", "Envoyé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(db_index=True)
    firm_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=10, choices=Channel)
    direction = models.CharField(max_length=3, choices=Direction)
    occurred_at = models.DateTimeField(help_text="its own date, as the document or the agent says")
    correspondent = models.CharField(max_length=200, blank=True)
    summary = models.TextField()
    file = models.ForeignKey("vault.File", null=True, on_delete=models.PROTECT, related_name="+")
    filed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()


class IncomingMessage(models.Model):
    """A message received: sealed as it came before anything of it is kept. Its words are empty until the opening."""

    class State(models.TextChoices):
        WAITING = "waiting", "À traiter"
        DONE = "done", "Traité"
        TRAY = "tray", "À classer"
        ASIDE = "aside", "Pas pour la mairie"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(null=True, db_index=True)
    subject_id = models.UUIDField(null=True, help_text="the invitation whose reply address it came to")
    sealed_under = models.UUIDField(help_text="whose key sealed it: a request, or the city for what came to the tray")
    held_by = models.UUIDField(null=True, help_text="the request whose opening makes it readable; none: nothing holds it")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    fingerprint = models.CharField(max_length=64, unique=True, help_text="of address and bytes, under a key: taken once")
    received_at = models.DateTimeField(help_text="the server's clock at the last byte, to the millisecond")
    kind = models.CharField(max_length=6)
    dkim = models.CharField(max_length=4)
    known = models.BooleanField(default=False, help_text="sent from the very address that was asked")
    may_answer = models.BooleanField(default=False, help_text="a person wrote it: an acknowledgement makes no loop")
    answer_id = models.UUIDField(null=True, help_text="the answer that it made")
    file = models.ForeignKey("vault.File", on_delete=models.PROTECT, related_name="+", help_text="as it came, sealed")
    opened = models.ForeignKey("vault.File", null=True, on_delete=models.PROTECT, related_name="+", help_text="readable")
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    handled_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", help_text="in the tray: who did the last thing"
    )
    handled_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="why it was read without an operation")

    class Meta:
        indexes = [models.Index(fields=["state", "received_at"], name="mail_incoming_waiting")]


class IncomingText(models.Model):
    """An SMS that came: sealed, whatever it says, until the opening of its request. One of an unknown number stays so."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(null=True, db_index=True)
    subject_id = models.UUIDField(null=True, help_text="the invitation that was sent to its number")
    sealed_under = models.UUIDField(help_text="whose key sealed it: a request, or the city")
    fingerprint = models.CharField(max_length=64, unique=True, help_text="of number and words, under a key: taken once")
    received_at = models.DateTimeField()
    sealed = models.BinaryField(null=True)
    text = models.TextField(blank=True)
    opened_at = models.DateTimeField(null=True)


class Notice(models.Model):
    """A person was told of something, once."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80, help_text="what he was told of: a hash of the event, or the day of a digest")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="mail_notice_once")]


class DueRun(models.Model):
    """When a regular task may run next; the row is its lock."""

    name = models.CharField(max_length=60, primary_key=True)
    next_at = models.DateTimeField()
    ran_at = models.DateTimeField(null=True)
