from datetime import timedelta

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "sourcier.project"
    label = "project"

    def ready(self) -> None:
        from sourcier.journal.anchors import take_due
        from sourcier.journal.nightly import check_nightly
        from sourcier.journal.proofs import publish_checkpoints
        from sourcier.mail.due import register_due
        from sourcier.spend.actions import import_waiting

        # The journal is a lower room than the registry of what is due, and spend stands beside it.
        register_due("journal.checkpoints", publish_checkpoints, every=timedelta(minutes=15), atomic=False)
        register_due("journal.anchors", take_due, atomic=False)
        register_due("journal.checks", check_nightly, every=timedelta(minutes=15), atomic=False)
        register_due("spend.orders", import_waiting, atomic=False)
