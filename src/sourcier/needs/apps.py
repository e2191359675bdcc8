from django.apps import AppConfig


class NeedsConfig(AppConfig):
    name = "sourcier.needs"
    label = "needs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import CONTRACT, PROCEDURE
        from sourcier.matching.labels import register_recent
        from sourcier.needs import nomenclatures, retention
        from sourcier.needs.models import (
            ContractAnswer,
            InterestDeclaration,
            LaneRule,
            Lot,
            Need,
            NeedActivity,
            NeedMessage,
            NeedPlace,
            StandIn,
        )
        from sourcier.needs.verbs import VERBS
        from sourcier.retention.registry import register_eraser, register_finder, register_namer
        from sourcier.spend.registry import register_references

        register_verbs(VERBS)
        register_recent(nomenclatures.labels)
        register_rows(
            "need", Need, organisation="organisation_id",
            fields=(
                "department_id", "author_id", "buyer_id", "reference", "state", "version", "sentence", "title", "what",
                "how_much", "where_note", "starts_on", "ends_on", "estimate_cents", "estimate_per_year",
                "duration_months", "options_months", "unknown", "details", "kind", "family_id", "unit_id",
                "taken_over_from_id", "renews_id", "direct", "reason", "rule", "crossing", "lane", "lane_choice", "created_at",
                "submitted_at", "waiting_since",
            ),
        )  # fmt: skip
        set_by_the_city = ("family_id", "kind", "up_to_cents", "lane", "declaration", "opener", "ended_at")
        register_rows("lane_rule", LaneRule, organisation="organisation_id", fields=set_by_the_city)
        inside = "need__organisation_id"
        register_rows("lot", Lot, organisation=inside, fields=("need_id", "number", "title"))
        register_rows("need_place", NeedPlace, organisation=inside, fields=("need_id", "place_id", "note"))
        said = ("need_id", "author_id", "side", "text", "created_at", "settled_at")
        register_rows("need_message", NeedMessage, organisation=inside, fields=said)
        ticked = ("need_id", "nomenclature", "code", "label", "words", "proposed", "contracts")
        register_rows("need_activity", NeedActivity, organisation=inside, fields=ticked)
        declared = ("need_id", "user_id", "step", "interest", "statements", "firm", "link", "words", "declared_at")
        register_rows("interest", InterestDeclaration, organisation=inside, fields=declared)
        placed = ("need_id", "absent_id", "user_id", "chosen_by_id", "chosen_at")
        register_rows("stand_in", StandIn, organisation=inside, fields=placed)
        answered = ("need_id", "contract_id", "answer", "reason", "by_id", "at")
        register_rows("contract_answer", ContractAnswer, organisation=inside, fields=answered)
        register_eraser(retention.give_up, PROCEDURE, CONTRACT)
        register_finder(retention.traces)
        register_namer(retention.named, PROCEDURE, CONTRACT)
        register_references(
            lambda organisation: dict(Need.objects.filter(organisation=organisation).values_list("reference", "pk"))
        )
