"""Ways to reach a firm, each with its source, its date and its author, kept once for the city."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.law.retention import CONTACT
from sourcier.retention.clocks import begin
from sourcier.suppliers import queries, rules
from sourcier.suppliers.actions.firms import check_writer, lock
from sourcier.suppliers.models import Contact, Firm


@transaction.atomic
def add_contact(agent: Agent, firm_id: UUID, kind: str, value: str, person: str = "", source: str = "") -> Contact:
    """Note an e-mail or a telephone of a firm, with its source, date and author. A failing or removed one comes back."""
    check_writer(agent)
    firm = lock(agent, firm_id)
    contact = note(firm, kind, cleaned(kind, value), person, source or f"Saisi par {agent.user.name}", agent)
    if contact is None:
        raise refuse("known", "Ce contact est déjà connu pour cette entreprise.", field="value")
    contact_entry(agent, firm, [contact])
    return contact


def own_contact(firm: Firm, kind: str, value: str, source: str = "L'entreprise elle-même") -> Contact:
    """A contact that the firm gave itself, preferred to the others. No entry of its own: the caller puts it in `rows=`."""
    value = cleaned(kind, value)
    note(firm, kind, value, "", source, None)
    return firm.contacts.get(kind=kind, value=value)


@transaction.atomic
def remove_contact(agent: Agent, contact_id: UUID) -> Contact:
    """Stop using a contact; it stays in the history."""
    check_writer(agent)
    contact = queries.contact(agent, contact_id)
    if contact.state == Contact.State.REMOVED:
        raise refuse("removed", "Ce contact est déjà retiré.")
    contact.state = Contact.State.REMOVED
    contact.save()
    payload = {"name": agent.user.name, "firm": contact.firm.name, "value": contact.value}
    append(agent.organisation.pk, None, "contact.removed", payload, actor=agent.id, rows=[contact])
    return contact


@transaction.atomic
def mark_failing(contact: Contact, why: str, *, agent: Agent | None = None) -> Contact:
    """« Adresse en échec », said by a person (`agent`) or by the outbox (None)."""
    if agent is not None:
        check_writer(agent)
    contact = Contact.objects.select_for_update().select_related("firm").get(pk=contact.pk)
    if contact.state != Contact.State.GOOD:
        return contact
    contact.state = Contact.State.FAILING
    contact.save()
    payload = {"firm": contact.firm.name, "value": contact.value, "why": why[:300]}
    actor = agent.id if agent else None
    append(contact.firm.organisation_id, None, "contact.failing", payload, actor=actor, rows=[contact])
    return contact


def mark_refused(now: datetime) -> int:
    """Mark the addresses that a mail server said do not exist, unless someone noted them again since. For `tick`."""
    done = 0
    for contact, why in queries.refused_addresses():
        done += mark_failing(contact, why).state == Contact.State.FAILING
    return done


def cleaned(kind: str, value: str) -> str:
    """The value as it is kept. Raises `Refused`."""
    if kind not in Contact.Kind.values:
        raise refuse("kind", "Choisissez adresse électronique ou téléphone.", field="kind")
    try:
        return rules.clean_email(value) if kind == Contact.Kind.EMAIL else rules.clean_phone(value)
    except rules.Invalid as error:
        raise refuse("invalid", str(error), field="value") from None


def note(firm: Firm, kind: str, value: str, person: str, source: str, agent: Agent | None) -> Contact | None:
    """The contact written, or None when it was already good. `value` is clean."""
    contact = firm.contacts.filter(kind=kind, value=value).first() or Contact(firm=firm, kind=kind, value=value)
    if not contact._state.adding and contact.state == Contact.State.GOOD:
        return None
    describe(contact, person, source, agent)
    contact.save()
    return contact


def describe(contact: Contact, person: str, source: str, agent: Agent | None) -> None:
    """Give a contact, new or come back, its source, date and author; it is not saved here."""
    contact.state = Contact.State.GOOD
    contact.person = rules.clean_words("person", person)
    contact.source = rules.clean_words("source", source)
    contact.added_by = agent.user if agent else None
    contact.added_at = timezone.now()


def contact_entry(agent: Agent, firm: Firm, contacts: Sequence[Contact], *, new_firm: bool = False) -> None:
    """The entry of what was noted for a firm at once; it vouches for the firm too when the contacts brought it."""
    payload = {
        "name": agent.user.name, "firm": firm.name, "siret": firm.siret, "source": contacts[0].source,
        "person": contacts[0].person, "value": ", ".join(contact.value for contact in contacts),
    }  # fmt: skip
    clock = begin(firm.organisation_id, CONTACT, firm.pk, on=timezone.localdate())
    rows = [firm, *contacts, clock] if new_firm else [*contacts, clock]
    append(agent.organisation.pk, None, "contact.added", payload, actor=agent.id, rows=rows)
