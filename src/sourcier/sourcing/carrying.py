"""What the lane of a need asks of its request: whoever prepares it, the glance of a buyer before it leaves."""

from collections.abc import Iterator

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.accounts.queries import in_scope
from sourcier.kernel.transitions import Refusal
from sourcier.needs import queries as needs
from sourcier.needs.interest_rules import PANEL
from sourcier.needs.lanes import Lane
from sourcier.sourcing import rules
from sourcier.sourcing.models import Glance, Sourcing


def refusal(agent: Agent, sourcing: Sourcing, verb: rules.Verb) -> Refusal | None:
    """Why this agent may not do `verb` now; None when he may. The guard of buttons and actions."""
    refused = rules.may(sourcing.state, verb, needs.roles_on(agent, sourcing.need))
    refused = refused or needs.abstention(agent, sourcing.need)
    if refused or verb not in (rules.Verb.PANEL, rules.Verb.EDIT) or sourcing.state != Sourcing.State.DRAFT:
        return refused
    if not needs.only_leads(agent, sourcing.need) or glance(sourcing) is None:
        return None
    return Refusal("glanced", "Un acheteur a votre demande sous les yeux, ou l'a vue. Reprenez-la d'abord, puis changez-la.")


def composing(agent: Agent, sourcing: Sourcing) -> Refusal | None:
    """Why this agent may not compose the panel now: its verb, then what he declares of his interests before it."""
    return refusal(agent, sourcing, rules.Verb.PANEL) or needs.undeclared(agent, sourcing.need, PANEL)


def glance(sourcing: Sourcing) -> Glance | None:
    """The glance that is asked, or given and good; None when none was asked, or the request was taken back since."""
    last = sourcing.glances.select_related("asked_by", "seen_by").order_by("asked_at", "pk").last()
    return None if last is None or last.taken_back_at or last.good is False else last


def to_take_up(sourcing: Sourcing) -> Glance | None:
    """The last glance, when it asks to take the request up again."""
    last = sourcing.glances.select_related("seen_by").order_by("asked_at", "pk").last()
    return last if last and last.good is False else None


def keeps_from_leaving(agent: Agent, sourcing: Sourcing) -> Refusal | None:
    """What its lane asks before the request of a department leaves; None when it may, or when a buyer sends it."""
    need = sourcing.need
    if not needs.only_leads(agent, need):
        return None
    if outgrown := needs.outgrown(need):
        return Refusal("lane", f"{outgrown.sentence} Cet achat passe donc à un acheteur.")
    seen = glance(sourcing) if need.lane == Lane.GLANCE else None
    if need.lane == Lane.GLANCE and not (seen and seen.good):
        return Refusal("glance", "Demandez d'abord le regard d'un acheteur.")
    return None


def looked_at() -> QuerySet[Glance]:
    """The glances that a buyer has still to give, of requests that have not left."""
    waiting = Glance.objects.filter(seen_at=None, taken_back_at=None, sourcing__state=Sourcing.State.DRAFT)
    return waiting.filter(sourcing__need__lane=Lane.GLANCE)


def to_look_at(agent: Agent) -> Iterator[Awaiting]:
    """The requests of departments that wait for a buyer's glance: any buyer's, but that of who asked for it."""
    buys = in_scope(agent, Role.BUYER, Role.HEAD_BUYER, department="sourcing__need__department")
    found = looked_at().filter(buys, sourcing__organisation=agent.organisation).exclude(asked_by=agent.user)
    for glance in found.select_related("sourcing__need__department").order_by("asked_at", "pk"):
        sourcing = glance.sourcing
        url = reverse("request_send", args=[sourcing.need_id])
        department = sourcing.need.department.name
        yield Awaiting(glance.asked_at, f"Votre regard est demandé : {sourcing.title}", "Regarder", url, department)


def last_glance() -> Subquery:
    """What the last glance at a request said of it: good, or to be taken up; None before any, or once it was taken back."""
    given = Glance.objects.filter(sourcing=OuterRef("pk"), taken_back_at=None).order_by("-asked_at", "-pk")
    return Subquery(given.values("good")[:1])


def to_send(seen: bool | None) -> tuple[str, str]:
    """The words and the button of a request that has not left, after what its last glance said."""
    if seen is None:
        return "Demande à envoyer", "Préparer la demande"
    return ("Un acheteur a vu votre demande, envoyez-la", "Envoyer") if seen else ("Demande à reprendre", "La reprendre")
