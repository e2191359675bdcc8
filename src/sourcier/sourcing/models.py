"""A sourcing: the panel with its reasons, what is asked, of whom, by which channel, until when."""

import uuid

from django.db import models

from sourcier.kernel.french import format_date


class Sourcing(models.Model):
    """One way of asking the market for a need. A need may have several in turn (information, then quotes)."""

    class Kind(models.TextChoices):
        RFI = "rfi", "Se renseigner"
        RFQ = "rfq", "Demander des devis"
        DIRECT = "direct", "Acheter directement"

    class State(models.TextChoices):
        DRAFT = "draft", "En préparation"
        OPEN = "open", "Réponses attendues"
        CLOSED = "closed", "Date limite passée"
        OPENED = "opened", "Réponses ouvertes"
        CHOSEN = "chosen", "Choix fait"
        DONE = "done", "Terminé"
        ENDED = "ended", "Sans suite"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="sourcings")
    need = models.ForeignKey("needs.Need", on_delete=models.PROTECT, related_name="sourcings")
    buyer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.RFQ)
    state = models.CharField(max_length=6, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField("titre pour les entreprises", max_length=160)
    trade = models.CharField("métier cherché", max_length=80, blank=True, help_text="« un boulanger »")
    description = models.TextField("ce qu'il faut", blank=True)
    single_reason = models.TextField("pourquoi une seule entreprise", blank=True)
    single_reasons = models.JSONField(default=list, help_text="ids of `law.reasons`, ticked when one firm alone is asked")
    price_formula = models.CharField(max_length=20, blank=True, help_text="a key of `registry.PRICE_FORMULAS`")
    price_sentence = models.CharField(max_length=300, blank=True, help_text="the formula as it was announced, in words")
    deadline = models.DateTimeField(null=True)
    two_openers = models.BooleanField(default=False, help_text="two people open its sealed quotes; decided when it is sent")
    public_notice = models.BooleanField(default=True)
    notice_slug = models.CharField(max_length=22, unique=True, help_text="random, in the address of the public notice")
    contact_name = models.CharField("interlocuteur", max_length=120, blank=True)
    contact_phone = models.CharField("téléphone", max_length=20, blank=True)
    contact_hours = models.CharField("heures d'appel", max_length=60, blank=True)
    radius_m = models.PositiveIntegerField(default=5000)
    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    chosen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ending_reason = models.TextField(blank=True)
    next_check = models.DateTimeField(null=True, db_index=True)
    register_seen = models.CharField(max_length=64, blank=True, help_text="of the register its firms were last compared with")

    class Meta:
        indexes = [models.Index(fields=["organisation", "state"], name="sourcing_state")]


class Search(models.Model):
    """One query of the register made for a panel, kept as it was."""

    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="searches")
    activities = models.JSONField(help_text='pairs ["NAFRev2", "10.71C"]')
    centres = models.JSONField(help_text="[[lat_e6, lon_e6]…], the places of delivery, or the one that was typed")
    doubts = models.JSONField(default=list, help_text="metres within which each centre really lies; empty: not kept then")
    around = models.CharField(max_length=200, blank=True, help_text="the place typed; empty: the places of delivery")
    radius_m = models.PositiveIntegerField()
    filters = models.JSONField(default=dict)
    total = models.PositiveIntegerField()
    undisclosed = models.PositiveIntegerField(default=0, help_text="counted, never named nor addressed")
    register_build = models.CharField(max_length=64)
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()


class Candidate(models.Model):
    """A firm that could answer, and why it is or is not in the panel."""

    class State(models.TextChoices):
        KEPT = "kept", "Gardée"
        DROPPED = "dropped", "Écartée"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="candidates")
    firm = models.ForeignKey("suppliers.Firm", on_delete=models.PROTECT, related_name="candidacies")
    state = models.CharField(max_length=8, choices=State)
    origin = models.CharField(max_length=10, help_text="register, added, drawn or notice")
    why = models.JSONField(default=list, help_text="[{name, sentence, points}], what each scorer gave")
    distance_m = models.PositiveIntegerField(null=True)
    reason = models.TextField(blank=True)
    again_reason = models.TextField(blank=True, help_text="why it is proposed again, when it has most of the family already")
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    closed_seen_at = models.DateTimeField(null=True, help_text="since when the register in use says that it closed")
    closed_told_on = models.DateField(null=True, help_text="day of INSEE's row that says so, not of the closing")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "firm"], name="sourcing_candidate_once")]

    @property
    def closed_since(self) -> str:
        """« fermée d'après le répertoire (fiche du 1 août 2026) »; empty for one that is open."""
        if self.closed_seen_at is None:
            return ""
        told = f" (fiche de l'INSEE du {format_date(self.closed_told_on)})" if self.closed_told_on else ""
        return f"fermée d'après le répertoire{told}"


class Draw(models.Model):
    """A balanced proposal drawn by lot over a frozen list: the entry `panel.listed`, then its result, `panel.drawn`.

    It waits for the token of a third party over the checkpoint that includes its list, when the city has set one.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "En attente du hasard d'un tiers"
        DRAWN = "drawn", "Tirée"

    class Source(models.TextChoices):
        TOKEN = "token", "le jeton d'un horodateur"
        ROOT = "root", "la racine du journal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="draws")
    number = models.PositiveSmallIntegerField(help_text="1 for the first of the consultation")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    count = models.PositiveSmallIntegerField(help_text="how many firms were asked for")
    among = models.PositiveIntegerField(help_text="how many the list holds")
    left_out = models.PositiveIntegerField(help_text="how many were found and may not be asked")
    reason = models.TextField(blank=True, help_text="why another draw was asked for; empty for the first")
    listed_index = models.BigIntegerField(null=True, help_text="the entry that froze the list")
    listed_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    seed = models.CharField(max_length=64, blank=True, help_text="hex")
    source = models.CharField(max_length=5, choices=Source, blank=True)
    authority = models.CharField(max_length=300, blank=True, help_text="whose token is the seed")
    proposed = models.JSONField(default=list, help_text="[{siret, name, distance_m, groups}], in the order of the seats")
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "number"], name="sourcing_draw_number")]
        ordering = ["number"]

    @property
    def chance(self) -> str:
        """What its chance is worth, in French; empty while it waits."""
        if self.source == self.Source.TOKEN:
            return f"hasard attesté par {self.authority}"
        return "tirage rejouable, hasard non prouvé" if self.source else ""


class PriceLine(models.Model):
    """A line to price: designation, unit, estimated quantity; for a lot, and for the places it covers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="price_lines")
    lot = models.ForeignKey("needs.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    designation = models.CharField("désignation", max_length=200)
    unit = models.CharField("unité", max_length=40)
    quantity_milli = models.BigIntegerField("quantité estimée")

    class Meta:
        ordering = ["position"]


class Criterion(models.Model):
    """An announced criterion with its weight in percent; the kinds say how its mark is made."""

    class Kind(models.TextChoices):
        PRICE = "price", "Prix"
        JUDGED = "judged", "Apprécié par les évaluateurs"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    label = models.CharField("critère", max_length=120)
    weight = models.PositiveSmallIntegerField("poids")
    detail = models.CharField("ce qui sera regardé", max_length=300, blank=True)

    class Meta:
        ordering = ["position"]


class Question(models.Model):
    """A question put to every firm."""

    class Kind(models.TextChoices):
        TEXT = "text", "Texte"
        CHOICE = "choice", "Choix"
        NUMBER = "number", "Nombre"
        FILE = "file", "Fichier"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    text = models.CharField("question", max_length=300)
    choices = models.JSONField(default=list, blank=True)
    required = models.BooleanField("réponse obligatoire", default=False)

    class Meta:
        ordering = ["position"]


class RequestClause(models.Model):
    """A clause of sustainable purchasing as it stood that day: ticked, it is told to all; an obligation left aside says why."""

    class Force(models.TextChoices):
        OBLIGATION = "obligation", "Obligation"
        POSSIBILITY = "possibility", "Possibilité"
        PRACTICE = "practice", "Bonne pratique"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="clauses")
    position = models.PositiveSmallIntegerField()
    clause = models.CharField(max_length=40, help_text="an id of `law.clauses`, which may change since")
    force = models.CharField(max_length=11, choices=Force)
    title = models.CharField("intitulé", max_length=120)
    text = models.TextField("texte")
    basis = models.CharField("fondement", max_length=300)
    taken = models.BooleanField()
    reason = models.CharField("pourquoi elle n'est pas retenue", max_length=500, blank=True)
    noted_on = models.DateField(help_text="the day whose law this text is")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "clause"], name="sourcing_clause_once")]
        ordering = ["position"]


class RequestDocument(models.Model):
    """A document sent with the request, the same for all."""

    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="documents")
    file = models.ForeignKey("vault.File", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "file"], name="sourcing_document_once")]


class Posting(models.Model):
    """Letters that left together: the day, how, who noted it, what it cost."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="postings")
    posted_on = models.DateField()
    how = models.CharField(max_length=200)
    letters = models.PositiveIntegerField(help_text="how many")
    cost_cents = models.PositiveBigIntegerField(null=True, help_text="of all, envelopes and postage; None when nobody said")
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["posted_on", "made_at"]


class Invitation(models.Model):
    """A firm asked (or come by the public notice), by one channel, with its secret link and typed code.

    Neither rests here: both are computed from `seed` and a key outside the database, and looked up by hash. A new seed kills
    the former link and code. Who came by the notice is hidden from the city until the opening (`Channel.NOTICE`): his address
    is confirmed, not who he is. Until a buyer has checked it, he speaks for his address alone, never for the firm.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "Courriel"
        LETTER = "letter", "Courrier"
        SMS = "sms", "SMS"
        NOTICE = "notice", "Avis public"

    class State(models.TextChoices):
        WAITING = "waiting", "À envoyer"
        SENT = "sent", "Partie"
        FAILED = "failed", "En échec"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="invitations")
    firm = models.ForeignKey("suppliers.Firm", on_delete=models.PROTECT, related_name="invitations")
    channel = models.CharField(max_length=6, choices=Channel)
    state = models.CharField(max_length=11, choices=State, default=State.WAITING)
    address = models.CharField(max_length=254, blank=True, help_text="the e-mail used, or empty")
    mobile = models.CharField(max_length=16, blank=True, help_text="the number asked by SMS (E.164), or empty")
    seed = models.CharField(max_length=32, help_text="128 random bits; worth nothing without the key")
    token_sha256 = models.CharField(max_length=64, unique=True)
    code_hmac = models.CharField(max_length=64, unique=True)
    reply_hmac = models.CharField(max_length=64, blank=True, db_index=True, help_text="of the token of its reply address")
    how = models.CharField(max_length=200, blank=True, help_text="of a letter posted, handed over or brought back")
    posting = models.ForeignKey(Posting, null=True, on_delete=models.PROTECT, related_name="invitations")
    returned_at = models.DateTimeField(null=True, help_text="the post brought the letter back")
    away_at = models.DateTimeField(null=True, help_text="an automatic answer came from its address")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    identity_how = models.CharField(max_length=200, blank=True, help_text="how the city checked who came by the notice")
    identity_checked_at = models.DateTimeField(null=True)
    identity_checked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(
        null=True, help_text="« Ne plus m'écrire » of who came by the notice; « STOP » of a mobile"
    )
    received_bytes = models.BigIntegerField(default=0, help_text="of all the documents it sent, drafts included")

    class Meta:
        indexes = [models.Index(fields=["sourcing", "firm"], name="sourcing_invitation_firm")]

    @property
    def came(self) -> bool:
        """The city did not ask: someone came by the public notice, in the name of this firm."""
        return self.channel == self.Channel.NOTICE

    @property
    def unverified(self) -> bool:
        """Nobody has checked that who came is the firm he names."""
        return self.came and self.identity_checked_at is None

    @property
    def author_id(self) -> uuid.UUID:
        """Who speaks by it, for the journal. Who came by the notice does not speak under the firm's own id."""
        return self.pk if self.came else self.firm_id

    @property
    def named(self) -> str:
        """The firm, marked when who answers came by the notice: several may answer for one SIRET."""
        return f"{self.firm.name} (avis public)" if self.came else self.firm.name

    @property
    def who(self) -> str:
        """`named`, with the address that tells two of them apart."""
        return f"{self.firm.name} (avis public, {self.address})" if self.came else self.firm.name


class AskedPlace(models.Model):
    """A place of delivery as the firms were told of it: what the city's list says later changes nothing to the request."""

    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="asked_places")
    place = models.ForeignKey("accounts.DeliveryPlace", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    postal_code = models.CharField(max_length=5)
    commune = models.CharField(max_length=80)
    hours = models.CharField(max_length=120, blank=True)
    contact_name = models.CharField(max_length=120, blank=True, help_text="told to the firm that is chosen, to no other")
    contact_phone = models.CharField(max_length=20, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sourcing", "place"], name="sourcing_asked_place_once")]
        ordering = ["name", "pk"]

    @property
    def whole_address(self) -> str:
        return f"{self.address}, {self.postal_code} {self.commune}"


class FirmQuestion(models.Model):
    """A question of a firm; its answer goes to all asked, without the asker's name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="firm_questions")
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    asked_at = models.DateTimeField()
    receipt_number = models.CharField(max_length=12, blank=True, help_text="random, never a counter: « RX-4M2A »")
    entry_id = models.BigIntegerField(null=True, help_text="the journal entry its receipt proves")
    wording = models.TextField(blank=True, help_text="the question as all read it, without what would tell who asks")
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    @property
    def told(self) -> str:
        """The question as all read it."""
        return self.wording or self.text


class Extension(models.Model):
    """A later deadline, for all, with its reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="extensions")
    old_deadline = models.DateTimeField()
    new_deadline = models.DateTimeField()
    reason = models.TextField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()


class Correction(models.Model):
    """What changes in a request that has left: told to all at once, in the same words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="corrections")
    text = models.TextField()
    file = models.ForeignKey("vault.File", null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["made_at"]


class Relay(models.Model):
    """What a firm without e-mail, or whose address fails, is to be told otherwise since the request."""

    class Subject(models.TextChoices):
        ANSWER = "answer", "Réponse à une question"
        EXTENSION = "extension", "Nouvelle date limite"
        CORRECTION = "correct", "La demande change"
        END = "end", "Consultation arrêtée"
        CLARIFICATION = "clarify", "Précision demandée"
        LAST_PRICE = "lastprice", "Dernier prix demandé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="relays")
    subject = models.CharField(max_length=9, choices=Subject)
    text = models.TextField()
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=200, blank=True)


class Glance(models.Model):
    """A buyer's glance at a request that a department prepared, before it leaves. `good` is None until it is given."""

    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="glances")
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    good = models.BooleanField(null=True)
    reason = models.TextField("ce qu'il faut reprendre", blank=True)
    seen_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)


class NoticeVisit(models.Model):
    """Someone who wants to answer a public notice: SIRET and e-mail, to be confirmed by the link sent there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sourcing = models.ForeignKey(Sourcing, on_delete=models.PROTECT, related_name="notice_visits")
    siret = models.CharField("SIRET", max_length=14)
    name = models.CharField("nom de l'entreprise", max_length=200)
    email = models.EmailField("adresse électronique")
    seed = models.CharField(max_length=32)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    invitation = models.OneToOneField(Invitation, null=True, on_delete=models.PROTECT, related_name="visit")


class Attempt(models.Model):
    """One try counted against a limit per hour (notice, typed code); `key` is an HMAC, never an address."""

    scope = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["scope", "key", "at"], name="sourcing_attempt_when")]
