"""The way of one purchase in six questions: plain words for a department, then what is exact, with its article, for a buyer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sourcier.kernel.money import format_cents
from sourcier.law.book import CHECK, SURE, Rule
from sourcier.law.procedure import ADAPTED, EXEMPT, FORMAL

# Where the consultation is held: in this tool, or on the buyer profile (CCP art. R.2132-3).
TOOL, PROFILE = "tool", "profile"


@dataclass(frozen=True, slots=True)
class Stage:
    """One question of the way. `plain` has no article nor term of the trade; `precise` is for the buyer."""

    id: str
    question: str
    plain: str
    precise: str
    article: str
    confidence: str = SURE

    def to_json(self) -> dict[str, str]:
        return {
            "id": self.id, "question": self.question, "plain": self.plain, "precise": self.precise, "article": self.article,
            "confidence": self.confidence,
        }  # fmt: skip


PROCEDURE, PUBLICITY, CHANNEL, TIME, FORM, FILE = QUESTIONS = (
    "Comment acheter ?", "Faut-il une annonce ?", "Où cela se passe-t-il ?", "Combien de temps laisser ?",
    "Faut-il un écrit ?", "Que garder ?",
)  # fmt: skip

_FREE_TIME = Stage(
    "time", TIME, "Assez pour que chacun puisse répondre. L'outil propose une date.",
    "Aucun délai minimal n'est fixé : il tient compte de la complexité de l'achat et du temps qu'il faut pour répondre.",
    "CCP art. R.2151-1", CHECK,
)  # fmt: skip
_ON_PROFILE = Stage(
    "channel", CHANNEL, "Ici, vous vous renseignez auprès des entreprises. La consultation passe par le profil d'acheteur.",
    "Le sourçage se fait ici ; l'avis, les documents, les offres et les échanges passent par le profil d'acheteur.",
    "CCP art. R.2111-1, R.2132-2 et R.2132-3",
)  # fmt: skip
_FILE_OF_PROCEDURE = Stage(
    "file", FILE, "Ce que vous faites ici se garde tout seul et part avec votre besoin chez l'acheteur.",
    "Besoin et estimation, rapport de sourçage, entreprises à prévenir, avis, documents, offres, analyse, décision, "
    "réponses à chacune.",
    "CCP art. R.2184-12", CHECK,
)  # fmt: skip

_EXEMPT = (
    Stage(
        "procedure", PROCEDURE, "Simplement : une entreprise, en disant pourquoi, ou plusieurs, avec les mêmes critères.",
        "Marché sans publicité ni mise en concurrence préalables ; interroger plusieurs entreprises est volontaire.",
        "CCP art. R.2122-8",
    ),
    Stage(
        "publicity", PUBLICITY, "Non. Un avis public reste possible : une entreprise que vous ne connaissez pas peut répondre.",
        "La publicité est libre ; cherchez l'information à la mesure de l'achat.", "CCP art. R.2122-8",
    ),
    Stage("channel", CHANNEL, "Tout se passe ici.", "Le profil d'acheteur n'est pas exigé sous cette limite.",
          "CCP art. R.2132-2"),
    _FREE_TIME,
    Stage(
        "form", FORM, "Un devis accepté suffit.", "Aucun écrit n'est imposé à ce montant ; gardez le devis et sa réponse.",
        "CCP art. R.2112-1",
    ),
    Stage(
        "file", FILE, "Rien à faire : le besoin, les entreprises, les réponses et le choix se gardent tout seuls.",
        "Besoin, entreprises cherchées et écartées avec leurs raisons, demande, échanges, devis, comparaison, choix et "
        "réponses : une trace à la mesure de l'achat.",
        "CCP art. R.2112-1",
    ),
)  # fmt: skip
_ADAPTED = (
    Stage(
        "procedure", PROCEDURE, "Un acheteur met les entreprises en concurrence.",
        "Procédure adaptée : l'acheteur en fixe les règles selon le besoin et le marché.", "CCP art. L.2123-1 et R.2123-4",
        CHECK,
    ),
    Stage(
        "publicity", PUBLICITY, "Oui. L'acheteur choisit où la publier.",
        "Publicité obligatoire, par un moyen adapté à l'objet et au montant.", "CCP art. R.2131-12",
    ),
    _ON_PROFILE,
    _FREE_TIME,
    Stage("form", FORM, "Oui, un contrat écrit.", "", "CCP art. R.2112-1"),
    _FILE_OF_PROCEDURE,
)  # fmt: skip
_FORMAL = (
    Stage(
        "procedure", PROCEDURE, "Un acheteur conduit une procédure européenne.",
        "Appel d'offres, procédure avec négociation ou dialogue compétitif.", "CCP art. L.2124-1 à L.2124-4", CHECK,
    ),
    Stage(
        "publicity", PUBLICITY, "Oui, dans toute l'Europe.", "Avis au BOAMP et au journal officiel de l'Union européenne.",
        "CCP art. R.2131-16", CHECK,
    ),
    _ON_PROFILE,
    Stage(
        "time", TIME, "Un mois au moins.",
        "Appel d'offres ouvert : 35 jours au moins depuis l'envoi de l'avis, 30 quand les offres sont électroniques.",
        "CCP art. R.2161-2 et R.2161-3", CHECK,
    ),
    Stage("form", FORM, "Oui, un contrat écrit.", "", "CCP art. R.2112-1"),
    _FILE_OF_PROCEDURE,
)  # fmt: skip
_WAYS = {EXEMPT: _EXEMPT, ADAPTED: _ADAPTED, FORMAL: _FORMAL}
MINIMAL_DAYS = {FORMAL: 30}


def path(procedure: str, rules: Mapping[str, Rule | None], total_cents: int | None) -> tuple[Stage, ...]:
    """The way for a need whose whole reaches this amount, by the rules of the day; empty when the procedure is not known."""
    return tuple(_of_the_day(stage, rules, total_cents or 0) for stage in _WAYS.get(procedure, ()))


def channel(procedure: str) -> str:
    """Where the consultation is held; empty when the procedure is not known."""
    return {EXEMPT: TOOL, ADAPTED: PROFILE, FORMAL: PROFILE}.get(procedure, "")


def _of_the_day(stage: Stage, rules: Mapping[str, Rule | None], total: int) -> Stage:
    """With the amount of that day and its confidence, when one decides of this stage."""
    if stage.id == "form" and (written := rules.get("written_contract")):
        if total < written.amount_cents:
            limit = f"Sous {format_cents(written.amount_cents)} HT, aucun écrit n'est imposé : gardez le devis et sa réponse."
            return _by(stage, written, stage.plain, limit)
        return _by(stage, written, "Oui : une lettre, un devis signé ou un courriel suffit.", written.sentence)
    if stage in _EXEMPT and stage.id == "procedure" and (exemption := rules.get("exemption")):
        return _by(stage, exemption, stage.plain, stage.precise)
    if stage.id == "publicity" and stage in _ADAPTED:
        rule = rules.get("publicity")
        if rule and total >= rule.amount_cents:
            return _by(
                stage,
                rule,
                "Oui, au bulletin officiel des marchés publics ou dans un journal d'annonces légales.",
                rule.sentence,
            )
    return stage


def _by(stage: Stage, rule: Rule, plain: str, precise: str) -> Stage:
    return replace(
        stage, plain=plain, precise=precise, article=rule.article, confidence=CHECK if rule.to_verify else SURE
    )  # fmt: skip
