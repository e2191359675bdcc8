"""A need: its own words, five answers, places, lots, activities, and the talk between department and buyer.

`Need.id` is the id of the operation: the stream of its journal chain, and the address of all its pages.
"""

import uuid

from django.db import models

from sourcier.needs.recurrence import Length


class Kind(models.TextChoices):
    """Purchase kinds of the code de la commande publique."""

    SUPPLIES = "supplies", "Fournitures"
    SERVICES = "services", "Services"
    WORKS = "works", "Travaux"


class Lane(models.TextChoices):
    """Who carries a purchase; the values of `lanes.Lane`."""

    ALONE = "alone", "Le service seul"
    GLANCE = "glance", "Le service, avec le regard d'un acheteur"
    LED = "led", "Un acheteur conduit"


class Need(models.Model):
    """What a department needs."""

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        SUBMITTED = "submitted", "Envoyé à l'acheteur"
        RETURNED = "returned", "À compléter"
        ACCEPTED = "accepted", "Accepté"
        ASKED = "asked", "Entreprises interrogées"
        AWARDED = "awarded", "Choisi"
        CLOSED = "closed", "Clos"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="needs")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="needs")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="needs")
    buyer = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, help_text="grows at each save: two people at once see both versions")
    sentence = models.CharField("votre besoin en une phrase", max_length=500)
    title = models.CharField("titre", max_length=160, blank=True)
    what = models.TextField("quoi, précisément", blank=True)
    how_much = models.CharField("combien, à quel rythme", max_length=300, blank=True)
    where_note = models.CharField("précision sur le lieu", max_length=300, blank=True)
    starts_on = models.DateField("à partir du", null=True, blank=True)
    ends_on = models.DateField("jusqu'au", null=True, blank=True)
    estimate_cents = models.BigIntegerField("montant estimé hors taxes", null=True, blank=True)
    estimate_per_year = models.BooleanField("montant par an", default=False)
    duration_months = models.PositiveSmallIntegerField(
        "durée en mois", null=True, blank=True, help_text="null: no end is fixed"
    )
    options_months = models.PositiveSmallIntegerField("options et reconductions, en mois", default=0)
    unknown = models.JSONField(
        default=list, help_text='questions answered « je ne sais pas »: "what", "how_much", "where", "when", "estimate"'
    )
    details = models.JSONField(
        default=list, help_text='answers to the questions of its family: [{"id", "name", "answer"}], null: « je ne sais pas »'
    )
    kind = models.CharField("nature", max_length=10, choices=Kind, blank=True)
    family = models.ForeignKey("spend.Family", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("spend.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="needs")
    taken_over_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    direct = models.BooleanField(default=False, help_text="bought in one screen, from one firm, without asking any")
    reason = models.TextField("raison", blank=True, help_text="of the last return or of the closing")
    rule = models.JSONField(null=True, help_text="the law's advice of the day this operation was engaged, kept as it was")
    crossing = models.JSONField(
        null=True, help_text="the head buyer's decision to go on beyond the limit: who, reason, total_cents, limit_cents, day"
    )
    lane = models.CharField("voie", max_length=6, choices=Lane, default=Lane.LED, help_text="as it was when the need was sent")
    lane_choice = models.JSONField(
        null=True, help_text="why this lane: sentence, rule, declaration, opener, up_to_cents; null until the need is sent"
    )
    renews = models.ForeignKey(
        "spend.RunningContract", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="the contract that ends, which this need is to replace",
    )  # fmt: skip
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(help_text="since when the person who has it now has it")
    saved_at = models.DateTimeField(null=True)
    saved_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "reference"], name="needs_reference")]
        indexes = [models.Index(fields=["organisation", "state"], name="needs_state")]

    @property
    def length(self) -> Length:
        return Length(self.estimate_per_year, self.duration_months, self.options_months)

    @property
    def counted_cents(self) -> int | None:
        """What the thresholds count of its estimate."""
        return self.length.counted(self.estimate_cents)


class LaneRule(models.Model):
    """Below an amount before tax, who carries the purchases of a family, of a kind, or all; never changed, only ended."""

    class Declaration(models.TextChoices):
        TICK = "tick", "Une case à cocher"
        FORM = "form", "Un formulaire"

    class Opener(models.TextChoices):
        BUYER = "buyer", "Un acheteur"
        AUTHOR = "author", "Qui conduit l'achat"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    family = models.ForeignKey("spend.Family", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("nature", max_length=10, choices=Kind, blank=True, help_text="empty: every kind")
    up_to_cents = models.BigIntegerField("en dessous de", null=True, help_text="null: whatever the amount")
    lane = models.CharField("voie", max_length=6, choices=Lane)
    declaration = models.CharField("déclaration d'intérêts", max_length=4, choices=Declaration)
    opener = models.CharField("qui ouvre les devis", max_length=6, choices=Opener)
    added_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Lot(models.Model):
    """A part of the need that may go to a firm of its own. A need without lots has none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="lots")
    number = models.PositiveSmallIntegerField()
    title = models.CharField("intitulé", max_length=160)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "number"], name="needs_lot_number")]
        ordering = ["number"]


class NeedPlace(models.Model):
    """A place of delivery of a need, with what it needs there."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="places")
    place = models.ForeignKey("accounts.DeliveryPlace", on_delete=models.PROTECT, related_name="+")
    note = models.CharField("quantité ou consigne", max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "place"], name="needs_place_once")]


class NeedActivity(models.Model):
    """An activity ticked for a need: proposed by the matching with its words, by published contracts, or by a person."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="activities")
    nomenclature = models.CharField(max_length=10)
    code = models.CharField(max_length=6)
    label = models.CharField(max_length=200)
    words = models.JSONField(default=list)
    proposed = models.BooleanField(default=True)
    contracts = models.PositiveIntegerField(default=0, help_text="published contracts of this kind that it won, when ticked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "nomenclature", "code"], name="needs_activity_once")]


class NeedMessage(models.Model):
    """Talk between the department and the buyer. The last one waits for the other side, until `settled_at`."""

    class Side(models.TextChoices):
        DEPARTMENT = "department", "Le service"
        PURCHASING = "purchasing", "Les achats"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    files = models.ManyToManyField("vault.File", related_name="+")
    side = models.CharField(max_length=10, choices=Side, help_text="for whom its author wrote")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, help_text="when the other side said that it needs no answer")


class ContractAnswer(models.Model):
    """Why a need does not go to a running contract that it meets."""

    class Answer(models.TextChoices):
        OTHER = "other", "Ce n'est pas le même besoin"
        ELSEWHERE = "elsewhere", "Aller ailleurs"

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="contract_answers")
    contract = models.ForeignKey("spend.RunningContract", on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=9, choices=Answer)
    reason = models.TextField("raison", blank=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "contract"], name="needs_contract_answer_once")]


class InterestDeclaration(models.Model):
    """What a person of an operation declares of his interests in the firms: before they are looked for, asked, chosen.

    It is never changed: another one follows. Who declared an interest abstains.
    """

    class Step(models.TextChoices):
        PANEL = "panel", "avant de chercher les entreprises"
        ASKING = "asking", "avant la demande"
        CHOICE = "choice", "avant le choix"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="interests")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=6, choices=Step)
    interest = models.BooleanField()
    statements = models.JSONField(default=list, help_text="those ticked one by one, where the lane asks for a form")
    firm = models.CharField("entreprise", max_length=200, blank=True)
    link = models.CharField("lien", max_length=6, blank=True)
    words = models.TextField("précision", blank=True)
    declared_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["need", "user"], name="needs_interest_person")]
        ordering = ["declared_at", "id"]


class StandIn(models.Model):
    """Who acts in the place of a person that abstains, or that does not declare; chosen by the head buyer."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="stand_ins")
    absent = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    chosen_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "absent"], name="needs_stand_in_once")]
