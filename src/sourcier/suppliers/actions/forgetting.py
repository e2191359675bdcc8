"""« Effacez mes coordonnées »: done at once for a prospect, refused with its reason while the law has a file kept."""

from uuid import UUID

from django.db import transaction
from django.db.models import Model

from sourcier.accounts.agents import Agent
from sourcier.accounts.rules import insist
from sourcier.journal.models import Entry
from sourcier.law.retention import CONTACT
from sourcier.mail.retention import EMPTY
from sourcier.retention import rules
from sourcier.retention.erasing import carry_out, planned
from sourcier.retention.registry import ERASERS, KEEPERS, Emptied, Scope
from sourcier.suppliers import queries
from sourcier.suppliers.actions.firms import lock
from sourcier.suppliers.models import Firm, FirmKey, FirmPlace
from sourcier.suppliers.retention import give_up, messages_to


@transaction.atomic
def forget_contact(agent: Agent, contact_id: UUID) -> Entry | None:
    """Erase an address or a telephone at its owner's request: the row, and what the journal said of it. Raises `Refused`."""
    insist(rules.may_act(agent.roles))
    contact = queries.contact(agent, contact_id)
    firm = lock(agent, contact.firm_id)
    for keeper in KEEPERS:
        insist(keeper(firm.organisation_id, contact.value))
    made = planned(Scope(firm.organisation_id, CONTACT, firm.pk), [Emptied(gone=[contact])])
    return carry_out(made, "coordonnées, à la demande de la personne", agent)


@transaction.atomic
def forget_itself(key: FirmKey) -> list[str]:
    """A firm erases, from its place, what it said of itself, its keys and its contacts: what stays, with why.

    Its name, SIRET and « Ne plus m'écrire » stay: the register is public, and a wish must be remembered to be kept.
    """
    firm = Firm.objects.select_for_update().get(pk=key.firm_id)
    gone: list[Model] = [*firm.keys.all(), *FirmPlace.objects.filter(firm=firm)]
    kept = []
    for contact in firm.contacts.order_by("pk"):
        refusals = (keeper(firm.organisation_id, contact.value) for keeper in KEEPERS)
        if refusal := next((found for found in refusals if found), None):
            kept.append(f"{contact.value} : {refusal.sentence}")
        else:
            gone.append(contact)
    own = Emptied(gone=gone)
    own.empty(messages_to(firm.organisation_id, firm.pk), **EMPTY)
    made = planned(Scope(firm.organisation_id, CONTACT, firm.pk), [own, *_said_elsewhere(firm)])
    carry_out(made, "données de l'entreprise, à sa demande, depuis sa place", None, actor=firm.pk)
    return kept


def _said_elsewhere(firm: Firm) -> list[Emptied]:
    """What higher rooms hold of what it said of its own accord."""
    scope = Scope(firm.organisation_id, CONTACT, firm.pk)
    return [eraser(scope) for eraser in ERASERS[CONTACT] if eraser is not give_up]
