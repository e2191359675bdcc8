from datetime import timedelta

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "sourcier.insights"
    label = "insights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.insights.models import Finding
        from sourcier.insights.together import look_due
        from sourcier.insights.verbs import VERBS
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.mail.due import register_due

        register_verbs(VERBS)
        # What was found follows the purchases; what was decided stays as its entry says.
        register_rows(
            "finding", Finding, organisation="organisation_id",
            fields=("kind", "decision", "decided_cents", "reason", "unit_id"),
            settled={"decision__in": Finding.Decision.values},
        )  # fmt: skip
        register_due("insights.together", look_due, every=timedelta(minutes=1), atomic=False)
