"""What came back, closed until the deadline; marks, clarifications, last prices; the choice and who was told."""

import uuid

from django.db import models


class Submission(models.Model):
    """One answer of one firm: a quote, an information, or a refusal. Kept even when replaced, withdrawn or late."""

    class Kind(models.TextChoices):
        QUOTE = "quote", "Devis"
        INFORMATION = "information", "Information"
        DECLINE = "decline", "Refus"

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        RECEIVED = "received", "Reçue"
        REPLACED = "replaced", "Remplacée"
        WITHDRAWN = "withdrawn", "Retirée"
        LATE = "late", "Arrivée trop tard"

    class Vat(models.TextChoices):
        INCLUDED = "included", "avec TVA"
        EXCLUDED = "excluded", "sans TVA"
        EXEMPT = "exempt", "Je ne facture pas la TVA (art. 293 B du CGI)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="submissions")
    invitation = models.ForeignKey("sourcing.Invitation", on_delete=models.PROTECT, related_name="submissions")
    firm = models.ForeignKey("suppliers.Firm", on_delete=models.PROTECT, related_name="submissions")
    round = models.PositiveSmallIntegerField(default=1, help_text="1, then 2 for a last price")
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.QUOTE)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    vat = models.CharField(max_length=8, choices=Vat, default=Vat.INCLUDED)
    daily_maximum = models.CharField("au plus, par jour", max_length=120, blank=True)
    reservation = models.TextField("oui, mais", blank=True)
    note = models.TextField("message", blank=True)
    decline_reason = models.CharField(max_length=20, blank=True)
    decline_note = models.CharField(max_length=300, blank=True)
    signer = models.CharField("votre nom", max_length=120, blank=True)
    email = models.EmailField("adresse électronique", blank=True, help_text="left by the firm for its receipt")
    receipt_number = models.CharField(max_length=12, blank=True, help_text="random, never a counter: « RX-4M2A »")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    envelope = models.TextField(
        blank=True, help_text="whole content of a late answer, salted canonical JSON, never opened; the journal has its SHA-256"
    )
    sealed = models.BinaryField(
        null=True,
        help_text="of a quote: its content, salted canonical JSON, sealed; its own fields are empty until the opening",
    )
    sealed_sha256 = models.CharField(max_length=64, blank=True, help_text="of `sealed`")
    unsealed_at = models.DateTimeField(null=True, help_text="its seal was lifted: its fields and rows say what it holds")
    created_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, help_text="the server's clock at the last byte, to the millisecond")
    withdrawn_at = models.DateTimeField(null=True)
    entry_id = models.BigIntegerField(null=True, help_text="the journal entry of its deposit, or of its withdrawal")
    seat = models.CharField(max_length=64, blank=True, help_text="hash of the browser that sent it")
    sending = models.CharField(
        max_length=64, blank=True, help_text="print of what was sent: the same, sent again, is this answer"
    )
    paper = models.BooleanField(
        default=False, help_text="came in an envelope or by e-mail, without a price in its fields; closed, typed once open"
    )
    by_email = models.BooleanField(default=False, help_text="of such a quote: the firm replied to its e-mail")
    typed_at = models.DateTimeField(null=True, help_text="of a paper quote: when the city typed what it says")
    correction_applied = models.BooleanField(
        default=False, help_text="of a refusal: « ce n'est plus mon métier » waits for the opening, then corrects the firm"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "receipt_number"], condition=~models.Q(receipt_number=""), name="quotes_receipt_once"
            )
        ]
        indexes = [
            models.Index(fields=["sourcing", "state"], name="quotes_submission_state"),
            models.Index(fields=["invitation", "state"], name="quotes_submission_invitation"),
        ]


class SubmissionPlace(models.Model):
    """A place of delivery the firm can serve. None at all means every place."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="places")
    place = models.ForeignKey("accounts.DeliveryPlace", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "place"], name="quotes_place_once")]


class QuotedLine(models.Model):
    """The price of one line, as typed and before tax. A line not priced has no row."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="lines")
    price_line = models.ForeignKey("sourcing.PriceLine", on_delete=models.PROTECT, related_name="+")
    typed_price_e4 = models.BigIntegerField(help_text="as the firm typed it, tax included or not as `vat` says")
    vat_bp = models.PositiveSmallIntegerField(help_text="basis points; 0 when exempt")
    unit_price_e4 = models.BigIntegerField(help_text="before tax, in ten-thousandths of a euro")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "price_line"], name="quotes_line_once")]


class QuestionAnswer(models.Model):
    """The firm's answer to a question of the city."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="answers")
    question = models.ForeignKey("sourcing.Question", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    file = models.ForeignKey("vault.File", null=True, on_delete=models.PROTECT, related_name="+")
    box = models.ForeignKey(
        "vault.File", null=True, on_delete=models.PROTECT, related_name="+", help_text="once opened: sealed"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "question"], name="quotes_answer_once")]


class SubmissionDocument(models.Model):
    """A document the firm joined; one taken out of a draft is marked, since the journal knows it."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="documents")
    file = models.ForeignKey("vault.File", on_delete=models.PROTECT, related_name="+")
    removed = models.BooleanField(default=False)
    box = models.ForeignKey(
        "vault.File", null=True, on_delete=models.PROTECT, related_name="+", help_text="once opened: sealed"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "file"], name="quotes_document_once")]


class NewsWish(models.Model):
    """An e-mail that a firm leaves to be told of the next purchases; it joins its contacts at the opening, never before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invitation = models.ForeignKey("sourcing.Invitation", on_delete=models.PROTECT, related_name="+")
    email = models.EmailField("adresse électronique", max_length=200)
    asked_at = models.DateTimeField()
    noted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "email"], name="quotes_wish_once")]


class Contest(models.Model):
    """A firm contests what the city registered of its paper; sealed like a quote, since it may tell a price; then the reply."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="contests")
    sealed = models.BinaryField(null=True, help_text="its words, salted canonical JSON, sealed")
    sealed_sha256 = models.CharField(max_length=64, blank=True, help_text="of `sealed`")
    made_at = models.DateTimeField()
    answer = models.TextField("réponse motivée", blank=True)
    answered_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)


class CallBack(models.Model):
    """« Rappelez-moi »: until the opening the city reads a number and an hour, nothing of who asks nor about which request."""

    class When(models.TextChoices):
        SOON = "soon", "Dès que possible"
        MORNING = "morning", "Le matin"
        NOON = "noon", "Entre 12 h et 14 h"
        AFTERNOON = "afternoon", "L'après-midi"

    class State(models.TextChoices):
        WAITING = "waiting", "À rappeler"
        REACHED = "reached", "Rappelée"
        LEFT = "left", "Laissée, après plusieurs essais"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invitation = models.ForeignKey("sourcing.Invitation", on_delete=models.PROTECT, related_name="+")
    number = models.CharField("numéro", max_length=40)
    when = models.CharField("heure", max_length=9, choices=When)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    tried_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation"], condition=models.Q(state="waiting"), name="quotes_call_waiting")
        ]


class Reminder(models.Model):
    """A round of reminders to those silent. Its entry, sealed, says to whom; no row does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "number"], name="quotes_reminder_once")]


class OneTimeCode(models.Model):
    """Six digits sent to a firm, by which it shows again who it is; a new one takes the place of the former."""

    invitation = models.OneToOneField("sourcing.Invitation", on_delete=models.PROTECT, related_name="one_time_code")
    code_hmac = models.CharField(max_length=64, help_text="with a key outside the database; emptied once used")
    sent_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)


class ClockCheck(models.Model):
    """What a third party said of the time, asked before a round of sealed quotes is opened (RFC 3161)."""

    class State(models.TextChoices):
        AGREED = "agreed", "heure confirmée"
        REFUSED = "refused", "heure contredite"
        SILENT = "silent", "sans réponse"

    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="clock_checks")
    round = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=State)
    next_check = models.DateTimeField(null=True, db_index=True)
    authority = models.CharField(max_length=300, blank=True)
    told_at = models.DateTimeField(null=True, help_text="by the authority")
    checked_at = models.DateTimeField(help_text="by our clock")
    token_sha256 = models.CharField(max_length=64, blank=True, help_text="of its reply, whole in the journal")
    sentence = models.TextField(blank=True, help_text="what the authorities that did not agree did")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "round"], name="quotes_clock_once")]


class OpeningConsent(models.Model):
    """One person's agreement to open a round of sealed quotes, where two are needed."""

    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="opening_consents")
    round = models.PositiveSmallIntegerField()
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    substitute = models.BooleanField(default=False)
    agreed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "round", "user"], name="quotes_consent_once")]


class HeardPrice(models.Model):
    """Someone of the city heard a price before the opening, and gives no mark: he could no longer judge blind."""

    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="heard_prices")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    how = models.TextField(help_text="where, by whom; the price itself is not written")
    told_at = models.DateTimeField()
    allowed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    allowed_at = models.DateTimeField(null=True, help_text="since when he may give marks all the same")
    allowed_reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "user"], name="quotes_heard_once")]


class SavingReference(models.Model):
    """What the price will be compared with, chosen before the opening."""

    class Kind(models.TextChoices):
        LAST_PRICE = "last_price", "Dernier prix payé"
        ESTIMATE = "estimate", "Estimation"
        NONE = "none", "Sans référence"

    sourcing = models.OneToOneField("sourcing.Sourcing", on_delete=models.PROTECT, related_name="saving_reference")
    kind = models.CharField(max_length=10, choices=Kind)
    amount_cents = models.BigIntegerField(null=True, help_text="before tax, for the estimated quantities")
    document = models.ForeignKey("vault.File", null=True, on_delete=models.PROTECT, related_name="+")
    chosen_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()


class Score(models.Model):
    """The mark (0 to 100) of one evaluator for one judged criterion of one answer; a correction is a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey("sourcing.Criterion", on_delete=models.PROTECT, related_name="+")
    evaluator = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField()
    note = models.TextField(blank=True)
    reason = models.TextField(blank=True, help_text="of a correction")
    current = models.BooleanField(default=True)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "criterion", "evaluator"], condition=models.Q(current=True), name="quotes_score_current"
            )
        ]


class Clarification(models.Model):
    """A question put to one firm after the opening, and its answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="clarifications")
    question = models.TextField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    receipt_number = models.CharField(max_length=12, blank=True, help_text="of its answer; random, never a counter")
    entry_id = models.BigIntegerField(null=True, help_text="the journal entry of its answer")


class LastPriceRound(models.Model):
    """All the firms kept are asked for a last price, closed again until one common deadline."""

    sourcing = models.OneToOneField("sourcing.Sourcing", on_delete=models.PROTECT, related_name="last_price_round")
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    deadline = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    submissions = models.ManyToManyField(Submission, related_name="+")


class Award(models.Model):
    """The choice, for one lot or for the whole, and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="awards")
    lot = models.ForeignKey("needs.Lot", null=True, on_delete=models.PROTECT, related_name="+")
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.PROTECT, related_name="awards", help_text="None: lot left without a choice"
    )
    stand_in = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField(help_text="before tax, for the estimated quantities")
    rationale = models.TextField("pourquoi ce choix")
    chosen_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sourcing", "lot"], name="quotes_award_lot"),
            models.UniqueConstraint(fields=["sourcing"], condition=models.Q(lot=None), name="quotes_award_whole"),
        ]


class Notification(models.Model):
    """A firm told of the choice (or of the end without one), by the channel that reached it; once for each answer."""

    class State(models.TextChoices):
        TO_TELL = "to_tell", "À prévenir"
        SENT = "sent", "Prévenue"
        FAILED = "failed", "En échec"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey("sourcing.Sourcing", on_delete=models.PROTECT, related_name="notifications")
    firm = models.ForeignKey("suppliers.Firm", on_delete=models.PROTECT, related_name="+")
    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="+")
    won = models.BooleanField(default=False)
    channel = models.CharField(max_length=6, help_text="email, letter or phone")
    state = models.CharField(max_length=7, choices=State, default=State.TO_TELL)
    sentence = models.TextField(help_text="the one sentence of reason written by the chooser")
    body = models.TextField(help_text="what the firm is told, whole")
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=200, blank=True, help_text="of a letter posted or a call made")
