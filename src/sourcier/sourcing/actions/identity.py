"""Who came by the notice: the check of his identity, and « Ne plus m'écrire », which is his before it and the firm's after.

He has proved an address, nothing more: until a buyer has checked him, what he says concerns his address alone, and the firm he
names is left as it is.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.sourcing import queries
from sourcier.sourcing.actions import common
from sourcier.sourcing.actions.common import entry, load
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.rules import Verb
from sourcier.suppliers.actions import unsubscribe


@transaction.atomic
def stop(invitation: Invitation) -> Invitation:
    """« Ne plus m'écrire »: the firm for every purchase; who came by the notice, his address for this one. Twice is once."""
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("firm", "sourcing").get(pk=invitation.pk)
    sourcing, firm = locked.sourcing, locked.firm
    if not locked.unverified:
        unsubscribe(firm)
    if locked.came and locked.stopped_at is None:
        locked.stopped_at = timezone.now()
        locked.save(update_fields=["stopped_at"])
        facts = {"sourcing": sourcing.pk, "firm": locked.named, "siret": firm.siret, "address": locked.address}
        append(sourcing.organisation_id, sourcing.need_id, "notice.stopped", facts, actor=locked.author_id, rows=[locked])
    return locked


@transaction.atomic
def check_identity(agent: Agent, invitation_id: UUID, how: str) -> Invitation:
    """The city has checked that who came by the notice is the firm he names: how, by whom, when. After the opening only.

    What he said of the firm beside his answer, and the address he left, then count: `quotes` applies them.
    """
    came = Invitation.objects.filter(sourcing__in=queries.visible(agent), channel=Invitation.Channel.NOTICE)
    sourcing = load(agent, came.only("sourcing_id").get(pk=invitation_id).sourcing_id, Verb.CHECK)
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("firm").get(pk=invitation_id)
    if not invitation.unverified:
        raise refuse("checked", "Cette identité est déjà vérifiée.")
    invitation.identity_how = common.words(how, 200, "how", required="Dites comment : à qui vous avez parlé, à quel numéro.")
    invitation.identity_checked_at, invitation.identity_checked_by = timezone.now(), agent.user
    invitation.save()
    firm = invitation.firm
    facts = {"firm": firm.name, "siret": firm.siret, "address": invitation.address, "how": invitation.identity_how}
    entry(agent, sourcing, "notice.identity_checked", facts, [invitation])
    return invitation
