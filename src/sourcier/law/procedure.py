"""The procedures that the rules of a day may ask for."""

EXEMPT, ADAPTED, FORMAL = "exempt", "adapted", "formal"
NO_AMOUNT, UNKNOWN = "no_amount", "unknown"

TITLES = {
    EXEMPT: "Achat sans publicité ni mise en concurrence obligatoires",
    ADAPTED: "Procédure adaptée",
    FORMAL: "Procédure formalisée",
    NO_AMOUNT: "Estimez le montant",
    UNKNOWN: "Règle inconnue ce jour-là",
}
