from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "sourcier.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.accounts import models
        from sourcier.accounts.verbs import VERBS
        from sourcier.journal.registry import register_rows, register_verbs

        register_verbs(VERBS)
        register_rows(
            "organisation", models.Organisation, organisation="id",
            fields=(
                "name", "siret", "territory", "email", "dpo_email", "phone", "fictitious", "archives_identifier",
                "archives_agreement", "archives_producer",
                "two_openers_from_cents", "opening_days", "asks_a_year", "idea_days", "direct_below_cents",
                "rotation_percent", "author_chooses_up_to_cents",
            ),
        )  # fmt: skip
        register_rows(
            "membership", models.Membership, organisation="organisation_id",
            fields=("user_id", "department_id", "role", "active", "suspended"),
        )  # fmt: skip
        register_rows("department", models.Department, organisation="organisation_id", fields=("name",))
        register_rows(
            "place", models.DeliveryPlace, organisation="organisation_id",
            fields=(
                "name", "address", "postal_code", "commune", "lat_e6", "lon_e6", "uncertainty_m", "hours", "contact_name",
                "contact_phone", "active",
            ),
        )  # fmt: skip
        register_rows("opener", models.Opener, organisation="organisation_id", fields=("user_id", "substitute"))
        usual = ("department_id", "place_id")
        register_rows("usual_place", models.UsualPlace, organisation="department__organisation_id", fields=usual)
