"""The request: what the firms will read and fill in. It changes freely until it leaves, then never again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import refuse
from sourcier.law.reasons import REASONS
from sourcier.sourcing import clauses, queries, registry, rules
from sourcier.sourcing.actions.common import check, entry, load, same_version, touch, words
from sourcier.sourcing.models import Criterion, PriceLine, Question, RequestClause, RequestDocument, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.vault.actions import store
from sourcier.vault.models import File

TEXTS = {
    "title": 160, "trade": 80, "description": 20_000, "single_reason": 2_000, "contact_name": 120, "contact_phone": 20,
    "contact_hours": 60,
}  # fmt: skip
OTHERS = {"price_formula", "deadline", "public_notice", "single_reasons"}
ROWS = {"price_lines", "criteria", "questions", "clauses"}
MAX_REASON = 500
MAX_QUANTITY_MILLI = 10**15


@transaction.atomic
def save_request(agent: Agent, sourcing_id: UUID, version: int, **fields: Any) -> Sourcing:
    """Write the fields given; a draft may be incomplete, what is written must be sound.

    Texts, `deadline` (aware datetime or None), `price_formula` (a registered id or ""), `public_notice`, `single_reasons` (ids
    of `law.reasons`, those unknown are left out); and whole lists, each replacing the former: `price_lines` ({designation,
    unit, quantity_milli, lot: number | None}), `criteria` ({kind, label, weight, detail}), `questions` ({kind, text, choices,
    required}), `clauses` ({taken: ids of `law.clauses`, reasons: {id: why an obligation is not}}; their texts are copied from
    the law of the day). Raises `Conflict` for a stale version.
    """
    sourcing = load(agent, sourcing_id, Verb.EDIT)
    same_version(agent, sourcing, version)
    if unknown := fields.keys() - TEXTS.keys() - OTHERS - ROWS:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    for name, limit in TEXTS.items():
        if name in fields:
            setattr(sourcing, name, words(fields[name], limit, name))
    if "price_formula" in fields:
        _set_formula(sourcing, fields["price_formula"])
    if "single_reasons" in fields:
        sourcing.single_reasons = [reason.id for reason in REASONS if reason.id in fields["single_reasons"]]
    if "deadline" in fields:
        sourcing.deadline = fields["deadline"]
    if "public_notice" in fields:
        sourcing.public_notice = bool(fields["public_notice"]) and sourcing.kind != Sourcing.Kind.DIRECT
    rows: list[Model] = []
    gone: list[Model] = []
    for name, build in (
        ("price_lines", _lines),
        ("criteria", _criteria),
        ("questions", _questions),
        ("clauses", _clauses),
    ):
        if name in fields:
            _replace(getattr(sourcing, name), build(sourcing, fields[name]), rows, gone)
    touch(agent, sourcing)
    entry(agent, sourcing, "request.saved", {"fields": sorted(fields)}, rows, gone)
    return sourcing


def _replace(kept: Any, wanted: Sequence[Model], rows: list[Model], gone: list[Model]) -> None:
    """Replace the rows of a relation; when nothing differs, nothing is touched."""

    def values(row: Model) -> list[Any]:
        return [getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key]

    former = list(kept.all())
    if [values(row) for row in former] == [values(row) for row in wanted]:
        return
    kept.all().delete()
    gone += former
    rows += kept.model.objects.bulk_create(wanted)


def _set_formula(sourcing: Sourcing, identifier: str) -> None:
    if identifier and identifier not in registry.PRICE_FORMULAS:
        raise refuse("formula", "Choisissez une des formules proposées.", "price_formula")
    sourcing.price_formula = identifier
    sourcing.price_sentence = registry.PRICE_FORMULAS[identifier].sentence if identifier else ""


def _lines(sourcing: Sourcing, given: Sequence[Mapping[str, Any]]) -> list[PriceLine]:
    if given and sourcing.kind == Sourcing.Kind.RFI:
        raise refuse("rfi_price", "Se renseigner ne demande pas de prix : ôtez les lignes.", "price_lines")
    _at_most(given, rules.MAX_LINES, "price_lines")
    lots = {lot.number: lot for lot in sourcing.need.lots.all()}
    lines = []
    for position, item in enumerate(given, 1):
        number = item.get("lot")
        if lots and number not in lots:
            raise refuse("lot", f"Ligne {position} : dites de quel lot il s'agit.", f"price_lines-{position}-lot")
        quantity = item["quantity_milli"]
        if not 0 < quantity <= MAX_QUANTITY_MILLI:
            raise refuse("quantity", "Écrivez une quantité au-dessus de zéro.", f"price_lines-{position}-quantity")
        where = f"price_lines-{position}-"
        designation = words(item["designation"], 200, where + "designation", required="Dites ce qu'il faut chiffrer.")
        unit = words(item["unit"], 40, where + "unit", required="Donnez l'unité : une baguette, une heure, un forfait.")
        lines.append(
            PriceLine(
                sourcing=sourcing,
                lot=lots.get(number),
                position=position,
                designation=designation,
                unit=unit,
                quantity_milli=quantity,
            )
        )
    return lines


def _criteria(sourcing: Sourcing, given: Sequence[Mapping[str, Any]]) -> list[Criterion]:
    if given and sourcing.kind == Sourcing.Kind.RFI:
        raise refuse("rfi_price", "Se renseigner ne classe personne : ôtez les critères.", "criteria")
    _at_most(given, rules.MAX_CRITERIA, "criteria")
    criteria = []
    for position, item in enumerate(given, 1):
        where = f"criteria-{position}-"
        if item["kind"] not in Criterion.Kind.values:
            raise refuse("kind", "Choisissez : le prix, ou un critère apprécié.", where + "kind")
        if not 1 <= item["weight"] <= 100:
            raise refuse("weight", "Un poids va de 1 à 100.", where + "weight")
        criteria.append(
            Criterion(
                sourcing=sourcing,
                position=position,
                kind=item["kind"],
                weight=item["weight"],
                label=words(item["label"], 120, where + "label", required="Nommez ce critère."),
                detail=words(item.get("detail", ""), 300, where + "detail"),
            )
        )
    return criteria


def _questions(sourcing: Sourcing, given: Sequence[Mapping[str, Any]]) -> list[Question]:
    _at_most(given, rules.MAX_QUESTIONS, "questions")
    questions = []
    for position, item in enumerate(given, 1):
        where = f"questions-{position}-"
        if item["kind"] not in Question.Kind.values:
            raise refuse("kind", "Choisissez la forme de la réponse.", where + "kind")
        choices = [words(choice, 120, where + "choices") for choice in item.get("choices", ()) if choice.strip()]
        if item["kind"] == Question.Kind.CHOICE and len(choices) < 2:
            raise refuse("choices", "Donnez au moins deux choix, un par ligne.", where + "choices")
        questions.append(
            Question(
                sourcing=sourcing,
                position=position,
                kind=item["kind"],
                required=bool(item.get("required")),
                text=words(item["text"], 300, where + "text", required="Écrivez la question."),
                choices=choices if item["kind"] == Question.Kind.CHOICE else [],
            )
        )
    return questions


def _clauses(sourcing: Sourcing, given: Mapping[str, Any]) -> list[RequestClause]:
    reasons = {id: words(text, MAX_REASON, f"clause_reason-{id}") for id, text in given["reasons"].items()}
    return clauses.rows(sourcing, given["taken"], reasons, timezone.localdate())


def _at_most(given: Sequence[object], limit: int, field: str) -> None:
    if len(given) > limit:
        raise refuse("too_many", f"Au plus {limit} lignes ici.", field)


def join_document(agent: Agent, sourcing_id: UUID, upload: UploadedFile) -> RequestDocument:
    """Join a document, the same for all. The file is checked and written before any lock."""
    sourcing = queries.get(agent, sourcing_id)
    check(agent, sourcing, Verb.EDIT)
    file = store(agent.organisation.pk, upload)
    with transaction.atomic():
        sourcing = load(agent, sourcing_id, Verb.EDIT)
        if sourcing.documents.count() >= rules.MAX_DOCUMENTS:
            raise refuse("too_many", f"Au plus {rules.MAX_DOCUMENTS} documents.", "document")
        document, _ = RequestDocument.objects.get_or_create(sourcing=sourcing, file=file)
        touch(agent, sourcing)
        entry(agent, sourcing, "request.document_joined", _file_payload(file), [document, file])
    return document


@transaction.atomic
def remove_document(agent: Agent, sourcing_id: UUID, document_id: int) -> None:
    """Take a document out of the request; the file stays in the vault, as the journal says it was there."""
    sourcing = load(agent, sourcing_id, Verb.EDIT)
    document = sourcing.documents.select_related("file").get(pk=document_id)
    file = document.file
    sourcing.documents.filter(pk=document_id).delete()
    touch(agent, sourcing)
    entry(agent, sourcing, "request.document_removed", _file_payload(file), gone=[document])


def _file_payload(file: File) -> dict[str, Any]:
    return {"file": file.name, "file_id": file.pk, "sha256": file.sha256, "size": file.size}
