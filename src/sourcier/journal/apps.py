from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "sourcier.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.models import Anchor
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.journal.verbs import VERBS

        register_verbs(VERBS)
        register_rows(
            "anchor", Anchor, organisation="log_id",
            fields=("checkpoint_id", "authority", "reply_sha256", "told_at", "obtained_at", "serial", "trusted", "entry_index"),
            settled={"state": Anchor.State.OBTAINED},
        )  # fmt: skip
