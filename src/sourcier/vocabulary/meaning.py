"""What a phrase of the city may mean: an activity of either nomenclature, of which the matching knows NAF rév. 2."""

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.matching import labels
from sourcier.register.search import followed


def meant(activity: Activity) -> tuple[Activity, ...]:
    """What the matching lifts for a phrase of this activity: itself, or those of NAF rév. 2 that correspond; none: unknown."""
    if activity.nomenclature == NAF_REV2:
        return (activity,) if activity in labels.labels() else ()
    return followed().of(activity)


def unknown(activity: Activity) -> str:
    """The sentence for one that means nothing here."""
    if activity.nomenclature == NAF_2025:
        return (
            f"Le code {activity.code} de la NAF 2025 ne correspond à aucun code connu de la NAF rév. 2. "
            "Vérifiez-le, ou écrivez celui de la NAF rév. 2."
        )
    return labels.unknown(activity.code)
