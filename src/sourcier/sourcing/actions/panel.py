"""The panel: which firms could answer, found how, kept or dropped why."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.models import Entry
from sourcier.kernel.activities import Activity
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.needs.refining.answers import told
from sourcier.register import search as register
from sourcier.register.establishment import Establishment, Filters, SearchResult
from sourcier.sourcing import around, finding, known_firms, proposal, queries, registry, rules
from sourcier.sourcing.actions.common import entry, load, to_compose, touch, words
from sourcier.sourcing.around import Around
from sourcier.sourcing.models import Candidate, Criterion, Draw, PriceLine, Search, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.sourcing.working_days import propose_deadline
from sourcier.suppliers.actions import meet_many
from sourcier.suppliers.models import Firm

ASKABLE = (Need.State.ACCEPTED, Need.State.ASKED)
Explained = tuple[Establishment, int | None, list[dict[str, Any]]]
MIN_RADIUS_M, MAX_RADIUS_M = 500, 200_000


@transaction.atomic
def start(agent: Agent, need_id: UUID, kind: str) -> Sourcing:
    """Begin to ask the market for an accepted need, with lines, criteria and a deadline proposed."""
    if kind not in Sourcing.Kind.values:
        raise refuse("kind", "Choisissez : se renseigner, demander des devis, ou acheter directement.", "kind")
    need = startable(agent, need_id)
    sourcing = _new(agent, need, kind)
    rows = _propose(sourcing) if kind != Sourcing.Kind.RFI else []
    entry(agent, sourcing, "sourcing.started", {"kind_words": sourcing.get_kind_display(), "title": sourcing.title}, rows)
    return sourcing


def startable(agent: Agent, need_id: UUID) -> Need:
    """The need, locked, if this agent may begin a request for it now. Raises `PermissionDenied` or `Refused`."""
    need = needs.visible(agent).select_for_update(of=("self",)).select_related("organisation").get(pk=need_id)
    if not needs.buys(agent, need):
        raise PermissionDenied
    if refusal := needs.abstention(agent, need):
        raise Refused(refusal)
    if need.state not in ASKABLE:
        raise refuse("need_not_accepted", "Acceptez d'abord le besoin : la demande aux entreprises vient ensuite.")
    existing = queries.current(need)
    if existing and existing.state in queries.ALIVE:
        raise refuse("already_started", "Une consultation est déjà en cours pour ce besoin.")
    for guard in registry.START_GUARDS:
        if refusal := guard(need.pk):
            raise Refused(refusal)
    return need


def _new(agent: Agent, need: Need, kind: str) -> Sourcing:
    now, city = timezone.now(), need.organisation
    phone = agent.user.phone or city.phone
    return Sourcing.objects.create(
        organisation=city, need=need, buyer=agent.user, kind=kind, public_notice=kind != Sourcing.Kind.DIRECT,
        title=(need.title or need.sentence)[:160], description=told(need.what or need.sentence, need.details),
        notice_slug=secrets.token_urlsafe(16), deadline=propose_deadline(kind, now, city.postal_code),
        contact_name=agent.user.name, contact_phone=phone, contact_hours=city.phone_hours,
        created_at=now, saved_at=now, saved_by=agent.user,
    )  # fmt: skip


def _propose(sourcing: Sourcing) -> list[Model]:
    """Lines and, for quotes, criteria proposed from the need, as rows."""
    lines = _propose_lines(sourcing)
    return [*lines, *_propose_criteria(sourcing)] if sourcing.kind == Sourcing.Kind.RFQ else lines


def _propose_lines(sourcing: Sourcing) -> list[Model]:
    need = sourcing.need
    lots = {lot.number: lot for lot in need.lots.all()}
    named = [(lot.number, lot.title) for lot in lots.values()]
    proposed = proposal.lines(
        sourcing.title, need.how_much, named, need.starts_on, need.ends_on, sourcing.organisation.postal_code
    )
    return [
        PriceLine.objects.create(
            sourcing=sourcing, lot=lots.get(line.lot) if line.lot else None, position=position,
            designation=line.designation, unit=line.unit, quantity_milli=line.quantity_milli,
        )
        for position, line in enumerate(proposed, 1)
    ]  # fmt: skip


def _propose_criteria(sourcing: Sourcing) -> list[Model]:
    """The criteria usual for this kind of purchase, and the first formula that was registered."""
    if registry.PRICE_FORMULAS:
        sourcing.price_formula, formula = next(iter(registry.PRICE_FORMULAS.items()))
        sourcing.price_sentence = formula.sentence
        sourcing.save()
    return [
        Criterion.objects.create(
            sourcing=sourcing, position=position, kind=item.kind, label=item.label, weight=item.weight, detail=item.detail
        )
        for position, item in enumerate(proposal.criteria(sourcing.need.kind), 1)
    ]


@transaction.atomic
def change_kind(agent: Agent, sourcing_id: UUID, kind: str) -> Sourcing:
    """Ask otherwise, before anything left: quotes, information, or one firm directly. What the new kind has no use for goes."""
    sourcing = load(agent, sourcing_id, Verb.EDIT)
    if kind not in Sourcing.Kind.values:
        raise refuse("kind", "Choisissez : se renseigner, demander des devis, ou acheter directement.", "kind")
    if kind == sourcing.kind:
        return sourcing
    sourcing.kind, sourcing.public_notice = kind, kind != Sourcing.Kind.DIRECT
    rows: list[Model] = []
    gone: list[Model] = []
    if kind == Sourcing.Kind.RFI:
        gone += _emptied(sourcing.price_lines.all())
        gone += _emptied(sourcing.clauses.all())
    if kind != Sourcing.Kind.RFQ:
        gone += _emptied(sourcing.criteria.all())
        sourcing.price_formula = sourcing.price_sentence = ""
    else:
        rows += _propose_criteria(sourcing)
    if kind != Sourcing.Kind.RFI and not sourcing.price_lines.exists():
        rows += _propose_lines(sourcing)
    touch(agent, sourcing)
    entry(agent, sourcing, "sourcing.kind_changed", {"kind_words": sourcing.get_kind_display()}, rows, gone)
    return sourcing


def _emptied(rows: QuerySet[Any]) -> list[Model]:
    """Delete these rows; returns them, for the journal."""
    gone = list(rows)
    rows.delete()
    return gone


def search(
    agent: Agent, sourcing_id: UUID, activities: Sequence[Activity], radius_m: int, filters: Filters | None = None,
    known: bool | None = None, place: Around | None = None,
) -> Search:  # fmt: skip
    """Query the register, and keep the query. The register is read before any lock.

    `place`: where the buyer asked to look, else around the places of delivery. `known`: only the firms that
    the city knows already, only the others, or all.
    """
    narrowed, sourcing = finding.filters_to_json(filters or Filters(), known), to_compose(agent, sourcing_id)
    return _search(agent, sourcing, activities, radius_m, narrowed, place or around.of_delivery(sourcing))


def _search(
    agent: Agent, sourcing: Sourcing, activities: Sequence[Activity], radius_m: int, narrowed: dict[str, Any], place: Around
) -> Search:
    ticked = [Activity(row.nomenclature, row.code) for row in sourcing.need.activities.all()]
    chosen = [activity for activity in dict.fromkeys(activities) if activity in ticked]
    if not chosen:
        raise refuse("no_activity", "Cochez au moins une activité. Elles se choisissent à l'étape Besoin.", "activities")
    if not MIN_RADIUS_M <= radius_m <= MAX_RADIUS_M:
        raise refuse("radius", "Choisissez un rayon entre 500 m et 200 km.", "radius")
    result = finding.run(chosen, place.centres, radius_m, finding.filters_from_json(narrowed, sourcing), limit=1)
    with transaction.atomic():
        sourcing = load(agent, sourcing.pk, Verb.PANEL)
        kept = Search.objects.create(
            sourcing=sourcing, activities=[[item.nomenclature, item.code] for item in chosen],
            centres=[list(centre) for centre in place.centres], doubts=list(place.doubts), around=place.typed,
            radius_m=radius_m, filters=narrowed,
            total=result.total, undisclosed=result.undisclosed, register_build=result.build,
            made_by=agent.user, made_at=timezone.now(),
        )  # fmt: skip
        sourcing.radius_m = radius_m
        touch(agent, sourcing)
        _search_entry(agent, sourcing, kept, result)
    return kept


def _search_entry(agent: Agent, sourcing: Sourcing, kept: Search, result: SearchResult) -> Entry:
    payload = {
        "activities": kept.activities, "centres": kept.centres, "radius_m": kept.radius_m, "filters": kept.filters,
        "radius_words": format_distance(kept.radius_m), "total": result.total, "undisclosed": result.undisclosed,
        "build": result.build,
    }  # fmt: skip
    if any(kept.doubts):
        payload["doubts_m"] = kept.doubts
    if kept.around:
        payload["around"] = kept.around
    return entry(agent, sourcing, "panel.searched_around" if kept.around else "panel.searched", payload)


def keep(agent: Agent, sourcing_id: UUID, sirets: Sequence[str], order: str = "", narrowed: str = "") -> list[Candidate]:
    """Keep these firms in the panel, each with why it is proposed. Refused for one that may not be written to.

    `order`: of the list that the buyer read, a key of `finding.ORDERS`, and `narrowed`: how, in words; kept with what he chose
    in it.
    """
    sourcing = to_compose(agent, sourcing_id)
    if not sirets:
        raise refuse("no_firm", "Cochez au moins une entreprise.", "firms")
    found = [finding.by_siret(siret) for siret in dict.fromkeys(sirets)]
    read = ", ".join(filter(None, (finding.ORDERS.get(order, ""), narrowed)))
    return _keep(agent, sourcing_id, _explained(sourcing, found), "register", bulk=False, read=read)


def keep_all(agent: Agent, sourcing_id: UUID) -> list[Candidate]:
    """« Toutes les entreprises (143) »: what the last query finds, but who was dropped, is asked too often, or said no.

    Gives those kept now: none when all were.
    """
    sourcing = to_compose(agent, sourcing_id)
    last = queries.last_search(sourcing)
    if last is None:
        raise refuse("no_search", "Cherchez d'abord les entreprises.", "firms")
    rows = finding.rows(last, limit=rules.MAX_FIRMS)
    if last.total > rules.MAX_FIRMS:
        raise refuse("too_many_firms", f"Au plus {rules.MAX_FIRMS} entreprises à la fois : réduisez le rayon.", "radius")
    left_out = set(sourcing.candidates.filter(state=Candidate.State.DROPPED).values_list("firm__siret", flat=True))
    left_out |= known_firms.often_asked(sourcing.organisation, [item.siret for item in rows], timezone.now()).keys()
    chosen = _explained(sourcing, [item for item in rows if item.siret not in left_out])
    if not chosen:
        raise refuse("no_firm", "Cette recherche ne trouve aucune entreprise à garder.", "firms")
    return _keep(agent, sourcing_id, chosen, "register", bulk=True)


def keep_drawn(agent: Agent, sourcing_id: UUID, number: int) -> tuple[list[Candidate], list[str]]:
    """Keep in one act what a draw proposed, but who was dropped, said no or closed since: their names come second."""
    sourcing = to_compose(agent, sourcing_id)
    draw = sourcing.draws.filter(number=number, state=Draw.State.DRAWN).first()
    if draw is None:
        raise refuse("no_draw", "Ce tirage n'est pas encore fait.")
    aside = set(sourcing.candidates.filter(state=Candidate.State.DROPPED).values_list("firm__siret", flat=True))
    aside |= known_firms.exclusions(sourcing.organisation_id, [each["siret"] for each in draw.proposed]).keys()
    found, not_kept = [], []
    for each in draw.proposed:
        establishment = None if each["siret"] in aside else register.by_siret(each["siret"])
        if establishment and establishment.active and establishment.disclosed:
            found.append(establishment)
        else:
            not_kept.append(each["name"])
    if not found:
        raise refuse("no_firm", "Aucune entreprise de ce tirage ne peut plus être gardée.")
    return _keep(agent, sourcing.pk, _explained(sourcing, found), "drawn", bulk=True), not_kept


def add_firm(agent: Agent, sourcing_id: UUID, siret: str) -> Candidate:
    """Add a firm by its SIRET, wherever it is. Refused when the register says it is closed, or may not be named."""
    sourcing = to_compose(agent, sourcing_id)
    try:
        establishment = finding.by_siret(parse_siret(siret))
    except InvalidIdentifier as error:
        raise refuse("siret", str(error), "siret") from None
    [candidate] = _keep(agent, sourcing_id, _explained(sourcing, [establishment]), "added", bulk=False)
    return candidate


@transaction.atomic
def start_with(
    agent: Agent, need_id: UUID, activities: Sequence[Activity], radius_m: int | None, nearest: Sequence[str], named: str
) -> Sourcing:
    """Begin to ask for quotes with a panel that the tool proposes: the `nearest` of a trade, by SIRET, and the firm `named`.

    Nobody composes it: who asks declares his interests before he changes it, and before it leaves.
    """
    sourcing = start(agent, need_id, Sourcing.Kind.RFQ)
    if activities and radius_m:
        _search(agent, sourcing, activities, radius_m, {}, around.of_delivery(sourcing))
    for sirets, origin in ((nearest, "register"), ([named] if named else [], "added")):
        if found := [finding.by_siret(siret) for siret in sirets]:
            _keep(agent, sourcing.pk, _explained(sourcing, found), origin, bulk=False)
    return sourcing


def _explained(sourcing: Sourcing, found: Iterable[Establishment]) -> list[Explained]:
    """Each establishment with its distance to the nearest of the places searched around, and what each scorer gave."""
    last = queries.last_search(sourcing)
    searched, placed = finding.context(sourcing, last), around.last_or_delivery(sourcing, last).all_placed(found)
    return [(item, item.distance_m, finding.why(item, searched)) for item in placed]


@transaction.atomic
def _keep(
    agent: Agent, sourcing_id: UUID, chosen: Sequence[Explained], origin: str, *, bulk: bool, read: str = ""
) -> list[Candidate]:
    sourcing = load(agent, sourcing_id, Verb.PANEL)
    firms = meet_many(sourcing.organisation, [item for item, _, _ in chosen], "register")
    firms = _writable(firms, skip=bulk)
    facts = {item.siret: (metres, why) for item, metres, why in chosen}
    candidates = _decide(agent, sourcing, firms, facts, origin)
    if not candidates:
        return [] if bulk else list(sourcing.candidates.filter(firm__in=firms))
    kept = [candidate.firm for candidate in candidates]
    listed = [
        {"siret": row.firm.siret, "name": row.firm.name, "distance_m": row.distance_m, "why": row.why} for row in candidates
    ]
    payload: dict[str, Any] = {"count": len(kept), "firms": listed, "all": bulk and origin == "register"}
    if read:
        payload["order"] = read
    verb = "panel.kept"
    if origin == "added":
        verb, payload = "panel.added", {"firm": kept[0].name, "firms": listed}
    touch(agent, sourcing)
    entry(agent, sourcing, verb, payload, [*kept, *candidates])
    return candidates


def _writable(firms: Sequence[Firm], *, skip: bool) -> list[Firm]:
    """The firms that may be written to; in bulk the others are left out, one by one they are refused."""
    result = []
    for firm in firms:
        why = rules.exclusion(bool(firm.unsubscribed_at), bool(firm.trade_left_at), bool(firm.closed_at))
        if why and not skip:
            raise refuse("excluded", f"{firm.name} {why} : elle ne peut pas être interrogée.", "firms")
        if not why:
            result.append(firm)
    return result


def _decide(
    agent: Agent,
    sourcing: Sourcing,
    firms: Iterable[Firm],
    facts: Mapping[str, tuple[int | None, list[Any]]],
    origin: str,
) -> list[Candidate]:
    """Candidates KEPT for these firms; those already kept are left as they are."""
    now = timezone.now()
    known = {candidate.firm_id: candidate for candidate in sourcing.candidates.filter(firm__in=[firm.pk for firm in firms])}
    created, changed = [], []
    for firm in firms:
        candidate = known.get(firm.pk)
        if candidate and candidate.state == Candidate.State.KEPT:
            continue
        (created if candidate is None else changed).append(candidate := candidate or Candidate(sourcing=sourcing, firm=firm))
        candidate.firm, candidate.state, candidate.reason = firm, Candidate.State.KEPT, ""
        candidate.origin = candidate.origin or origin
        candidate.distance_m, candidate.why = facts[firm.siret]
        candidate.decided_by, candidate.decided_at = agent.user, now
    Candidate.objects.bulk_create(created)
    fields = ["state", "reason", "origin", "distance_m", "why", "decided_by", "decided_at"]
    Candidate.objects.bulk_update(changed, fields, batch_size=200)
    return created + changed


def drop(agent: Agent, sourcing_id: UUID, siret: str, reason: str) -> Candidate:
    """Put a firm aside, with its reason; it stays on the page. A firm already asked cannot be put aside."""
    sourcing = to_compose(agent, sourcing_id)
    reason = words(reason, 500, "reason", required="Dites pourquoi : le dossier gardera votre raison.")
    if not siret.isdecimal():
        raise refuse("unknown_siret", "Cette entreprise n'est pas dans le répertoire.", "siret")
    firm = sourcing.organisation.firms.filter(siret=siret, candidacies__sourcing=sourcing).first()
    explained = None if firm else _explained(sourcing, [finding.by_siret(siret)])[0]
    with transaction.atomic():
        sourcing = load(agent, sourcing_id, Verb.PANEL)
        if explained:
            [firm] = meet_many(sourcing.organisation, [explained[0]], "register")
        if queries.invitations(sourcing).filter(firm=firm).exists():
            raise refuse("already_asked", "Cette entreprise a déjà reçu la demande : elle ne peut plus être écartée.", "reason")
        candidate = sourcing.candidates.filter(firm=firm).first() or Candidate(sourcing=sourcing, firm=firm, origin="register")
        if explained:
            _, candidate.distance_m, candidate.why = explained
        candidate.state, candidate.reason = Candidate.State.DROPPED, reason
        candidate.decided_by, candidate.decided_at = agent.user, timezone.now()
        candidate.save()
        touch(agent, sourcing)
        entry(agent, sourcing, "panel.dropped", {"firm": firm.name, "siret": firm.siret, "reason": reason}, [firm, candidate])
    return candidate


@transaction.atomic
def propose_again(agent: Agent, sourcing_id: UUID, firm_id: UUID, reason: str) -> Candidate:
    """Why a firm that has most of the family already is asked once more. Raises `Candidate.DoesNotExist` for one not kept."""
    to_compose(agent, sourcing_id)
    sourcing = load(agent, sourcing_id, Verb.PANEL)
    reason = words(reason, 500, "reason", required="Écrivez pourquoi la proposer de nouveau : le dossier gardera votre raison.")
    kept = sourcing.candidates.select_for_update(of=("self",)).select_related("firm")
    candidate = kept.get(firm_id=firm_id, state=Candidate.State.KEPT)
    candidate.again_reason = reason
    candidate.save(update_fields=["again_reason"])
    touch(agent, sourcing)
    said = {"firm": candidate.firm.name, "siret": candidate.firm.siret, "reason": reason}
    entry(agent, sourcing, "panel.again", said, [candidate])
    return candidate
