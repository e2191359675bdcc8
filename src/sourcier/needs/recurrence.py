"""How much of a need is counted when it comes back: the whole length of its contract with options, else twelve months. Pure."""

from dataclasses import dataclass

from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refusal

MAX_MONTHS = 120


@dataclass(frozen=True, slots=True)
class Length:
    """`per_year`: the estimate is that of one year; `months` of the contract (None: no end is fixed), then its options."""

    per_year: bool = False
    months: int | None = None
    options: int = 0

    @property
    def whole(self) -> int | None:
        """Months with options and renewals."""
        return None if self.months is None else self.months + self.options

    def counted(self, estimate_cents: int | None) -> int | None:
        """What the thresholds count of an estimate, in cents: R.2121-1; twelve months when no end is fixed, R.2121-7."""
        if estimate_cents is None or not self.per_year or self.whole is None:
            return estimate_cents
        return -(-estimate_cents * self.whole // 12)

    def words(self, estimate_cents: int | None) -> str:
        """What is counted and why; empty for a purchase made once."""
        if estimate_cents is None or not (self.per_year or self.months):
            return ""
        total, options = format_cents(self.counted(estimate_cents) or 0), ", options comprises" if self.options else ""
        if self.whole is None:
            return f"Cet achat revient, sans fin fixée\u00a0: douze mois sont comptés, {total}\u00a0HT (CCP art. R.2121-7)."
        if not self.per_year:
            return f"Montant pour toute la durée, {length(self.whole)}{options}\u00a0: {total}\u00a0HT (CCP art. R.2121-1)."
        yearly = format_cents(estimate_cents)
        return f"{yearly} par an × {length(self.whole)}{options}\u00a0: {total}\u00a0HT (CCP art. R.2121-1)."


def length(months: int) -> str:
    """« 3 ans », « 18 mois »."""
    if months % 12:
        return f"{months}\u00a0mois"
    years = months // 12
    return f"{years}\u00a0an{'s' * (years > 1)}"


def length_refusal(months: int | None, options: int) -> tuple[Refusal, str] | None:
    """A length that no contract has, with its field."""
    if months is not None and not 1 <= months <= MAX_MONTHS:
        return Refusal("months", f"Écrivez une durée en mois, de 1 à {MAX_MONTHS}."), "duration_months"
    if not 0 <= options <= MAX_MONTHS:
        return Refusal("options", f"Écrivez des mois, de 0 à {MAX_MONTHS}."), "options_months"
    if options and months is None:
        return Refusal("months", "Dites d'abord la durée, sans les options."), "duration_months"
    return None
