"""What the rules of a day ask for one need: procedure, duties, articles. The need adds up by family and year (R.2121-1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sourcier.kernel.french import format_date
from sourcier.kernel.money import format_cents
from sourcier.law.book import CHECK, SERIES, SURE, UNKNOWN_DAY, WORKS, Rule, announced, threshold
from sourcier.law.path import MINIMAL_DAYS, Stage, channel, path
from sourcier.law.procedure import ADAPTED, EXEMPT, FORMAL, NO_AMOUNT, TITLES, UNKNOWN


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do, in a sentence, with its article and confidence (`sure` or `check`)."""

    id: str
    sentence: str
    article: str
    confidence: str = SURE


# Purchases that have an exemption or a formal threshold of their own; a person says that it is one.
CASES = {"innovation": "Achat innovant", "books": "Livres non scolaires", "social": "Services sociaux et spécifiques"}

# Whatever the amount, from the first euro.
ALWAYS = (
    Duty("answers_need", "Choisissez une offre qui répond au besoin.", "CCP art. R.2122-8"),
    Duty("public_money", "Faites bon usage de l'argent public.", "CCP art. R.2122-8"),
    Duty(
        "rotation",
        "Ne prenez pas toujours la même entreprise quand plusieurs peuvent répondre.",
        "CCP art. R.2122-8",
    ),
    Duty(
        "trace",
        "Gardez une trace à la mesure de l'achat : courriels, devis, comparaison des prix. Le dossier s'en charge.",
        "CCP art. R.2112-1",
    ),
)
COMPETE = Duty("competition", "Mettez les entreprises en concurrence.", "CCP art. L.2123-1", CHECK)
ASK_LAWYERS = Duty("unknown_day", f"{UNKNOWN_DAY} Demandez à votre service juridique.", "CCP", CHECK)
FREE_PUBLICITY = Duty("publicity", "Publiez un avis, par le moyen de votre choix adapté à l'achat.", "CCP art. R.2131-12")
FORMALITIES = Duty(
    "formal", "Suivez une procédure formalisée, avec un avis au journal officiel européen.", "CCP art. L.2124-1", CHECK
)

# For the buyer, beside the duties.
ARTICLES = (
    Duty(
        "estimate",
        "Le besoin se compte en entier : par famille et par an pour les fournitures et les services, par opération pour les "
        "travaux. Le découper pour rester sous une limite est interdit.",
        "CCP art. R.2121-1 à R.2121-9",
    ),
    Duty(
        "voluntary_competition",
        "Demander des devis à plusieurs entreprises est une mise en concurrence volontaire : les critères, avec leur ordre ou "
        "leur poids, sont alors dits à chacune.",
        "CAA Douai, 31 décembre 2012, n° 11DA00590, commune de Hoymille",
    ),
    Duty("first_euro", "Le délit de favoritisme existe dès le premier euro.", "Code pénal art. 432-14"),
    Duty(
        "no_place_criterion",
        "La distance sert à chercher des entreprises, jamais à choisir : aucun critère géographique n'est licite.",
        "CCP art. L.3",
        CHECK,
    ),
    Duty("sourcing", "Se renseigner auprès des entreprises avant l'achat est permis, sans fausser la concurrence.",
         "CCP art. R.2111-1 et R.2111-2"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """The advice of one day, kept with the operation as it was. Amounts in cents, before tax."""

    kind: str
    on: date
    amount_cents: int | None
    used_cents: int
    procedure: str
    sentences: tuple[str, ...]
    duties: tuple[Duty, ...]
    articles: tuple[Duty, ...]
    thresholds: tuple[tuple[str, Rule | None], ...]
    announced: tuple[Rule, ...]

    @property
    def title(self) -> str:
        return TITLES[self.procedure]

    @property
    def path(self) -> tuple[Stage, ...]:
        """The way of this purchase; empty without an amount, or on a day outside the book."""
        return path(self.procedure, dict(self.thresholds), self.total_cents)

    @property
    def total_cents(self) -> int:
        """What the family reaches with this need."""
        return self.used_cents + (self.amount_cents or 0)

    @property
    def limit(self) -> Rule | None:
        """The exemption of that day, which gauges are measured against."""
        return dict(self.thresholds).get("exemption")

    def to_json(self) -> dict[str, object]:
        """Text, integers, lists and objects only: what the journal can hold. What is unknown is absent, or says so in words."""
        return {
            "kind": self.kind,
            "on": self.on.isoformat(),
            **({} if self.amount_cents is None else {"amount_cents": self.amount_cents}),
            "used_cents": self.used_cents,
            "total_cents": self.total_cents,
            **({"limit_cents": self.limit.amount_cents} if self.limit else {}),
            "procedure": self.procedure,
            "title": self.title,
            "sentences": list(self.sentences),
            "path": [stage.to_json() for stage in self.path],
            **({"channel": found} if (found := channel(self.procedure)) else {}),
            **({"minimal_days": MINIMAL_DAYS[self.procedure]} if self.procedure in MINIMAL_DAYS else {}),
            "duties": [_duty_json(duty) for duty in self.duties],
            "articles": [_duty_json(duty) for duty in self.articles],
            "thresholds": [threshold_facts(series, rule) for series, rule in self.thresholds],
            "announced": [threshold_facts(rule.series, rule) for rule in self.announced],
        }


def advise(
    kind: str, amount_cents: int | None, family_used_cents: int, on: date, case: str = "", own: Iterable[Rule] = ()
) -> Advice:
    """What the rules ask that day for a need of `amount_cents` (None: not estimated) in a family where this much is engaged.

    `case` is one of `CASES` when a person says that the need is one; `own` are the rules that the city adds, shown as such.
    Never lower for a higher amount. Raises `ValueError` for a negative amount, an unknown kind, or a case that this kind of
    purchase does not have.
    """
    if family_used_cents < 0 or (amount_cents is not None and amount_cents < 0):
        raise ValueError("amounts are zero or more")
    rules = _for_case(threshold(kind, on), case)
    total = None if amount_cents is None else amount_cents + family_used_cents
    procedure = _procedure(rules, total)
    return Advice(
        kind=kind,
        on=on,
        amount_cents=amount_cents,
        used_cents=family_used_cents,
        procedure=procedure,
        sentences=_sentences(procedure, rules, on, kind),
        duties=(*_duties(procedure, rules, amount_cents, total), *_own(own, kind, on, total)),
        articles=ARTICLES,
        thresholds=tuple(rules.items()),
        announced=announced(kind),
    )


def _for_case(rules: dict[str, Rule | None], case: str) -> dict[str, Rule | None]:
    """The same thresholds, the special one in the place of that which it replaces when it is higher."""
    if not case:
        return rules
    if case not in CASES or case not in rules:
        raise ValueError(f"{case} is no special case of this kind of purchase")
    replaced = "formal" if case == "social" else "exemption"
    special, usual = rules[case], rules[replaced]
    if special is None or (usual and usual.amount_cents >= special.amount_cents):
        return rules
    return {**rules, replaced: special}


def _procedure(rules: dict[str, Rule | None], total: int | None) -> str:
    exemption, formal = rules["exemption"], rules["formal"]
    if exemption is None:
        return UNKNOWN
    if total is None:
        return NO_AMOUNT
    if total < exemption.amount_cents:
        return EXEMPT
    if formal is None:
        return UNKNOWN
    return ADAPTED if total < formal.amount_cents else FORMAL


def _duties(procedure: str, rules: dict[str, Rule | None], amount: int | None, total: int | None) -> tuple[Duty, ...]:
    """The duties that hold at that amount: those of the contract on its own amount, the others on the whole need."""
    duties = list(ALWAYS)
    if procedure == UNKNOWN:
        duties.append(ASK_LAWYERS)
    exemption = rules["exemption"]
    if exemption and total is not None and total >= exemption.amount_cents:
        publicity = _reached(rules, "publicity", total)
        duties += [COMPETE, _of(publicity) if publicity else FREE_PUBLICITY]
        if profile := _reached(rules, "buyer_profile", total):
            duties.append(_of(profile))
    if procedure == FORMAL:
        duties.append(FORMALITIES)
    for series, compared in (
        ("written_contract", total),
        ("vigilance", amount),
        ("essential_data", amount),
        ("year_list", amount),
        ("environment", amount or 0),
    ):
        if rule := _reached(rules, series, compared):
            duties.append(_of(rule))
    return tuple(duties)


def _own(rules: Iterable[Rule], kind: str, on: date, total: int | None) -> Iterator[Duty]:
    """What the city asks beside the law, from the amount that the need reaches."""
    for rule in rules:
        if rule.covers(kind, on) and total is not None and total >= rule.amount_cents:
            yield Duty("city", rule.sentence, rule.basis)


def _reached(rules: dict[str, Rule | None], series: str, amount: int | None) -> Rule | None:
    rule = rules.get(series)
    return rule if rule and amount is not None and amount >= rule.amount_cents else None


def _of(rule: Rule) -> Duty:
    return Duty(rule.series, rule.sentence, rule.article, CHECK if rule.to_verify else SURE)


def _sentences(procedure: str, rules: dict[str, Rule | None], on: date, kind: str) -> tuple[str, ...]:
    """For a department: short, without acronym nor article."""
    whole = "L'opération de travaux" if kind == WORKS else "La famille"
    if procedure == UNKNOWN or (exemption := rules["exemption"]) is None:
        return (
            f"Le livre des règles ne dit rien pour le {format_date(on)}.",
            "Demandez à votre service juridique avant d'interroger les entreprises.",
        )
    limit = f"{format_cents(exemption.amount_cents)} HT"
    if procedure == NO_AMOUNT:
        return (
            f"Sans montant estimé, la procédure ne peut pas être dite. La limite du jour est de {limit}.",
            "Donnez un ordre de grandeur, hors taxes : vous pourrez le corriger.",
        )
    if procedure == EXEMPT:
        return (
            f"{whole} reste sous la limite de {limit} : vous pouvez acheter simplement.",
            "Vous pouvez interroger une entreprise, en disant pourquoi, ou plusieurs, avec les mêmes critères pour toutes.",
            "Trois devoirs demeurent : répondre au besoin, bien employer l'argent public, varier les entreprises.",
        )
    needed = "une procédure formalisée" if procedure == FORMAL else "une procédure adaptée"
    return (
        f"{whole} atteint la limite de {limit} : il faut {needed}, conduite par un acheteur.",
        "Ici, vous pouvez encore vous renseigner auprès des entreprises. La consultation passe par le profil d'acheteur.",
    )


def _duty_json(duty: Duty) -> dict[str, str]:
    return {"id": duty.id, "sentence": duty.sentence, "article": duty.article, "confidence": duty.confidence}


def threshold_facts(series: str, rule: Rule | None) -> dict[str, str | int]:
    """A threshold as the journal and programs read it; a day outside the book has a sentence and no amount."""
    if rule is None:
        return {"series": series, "name": SERIES[series], "sentence": UNKNOWN_DAY}
    return {
        "series": series,
        "name": SERIES[series],
        "rule": rule.id,
        "amount_cents": rule.amount_cents,
        "from": rule.first.isoformat(),
        **({"to": rule.last.isoformat()} if rule.last else {}),
        "article": rule.article,
        "basis": rule.basis,
        "confidence": rule.confidence,
        "sentence": rule.sentence,
    }
