"""Who opens the sealed quotes of large purchases, from which amount, and how long a missing person is waited for."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Opener, Organisation
from sourcier.accounts.queries import may_be_openers
from sourcier.accounts.rules import insist, may_govern, openers_problem
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse


@transaction.atomic
def set_opening(
    agent: Agent,
    *,
    from_cents: int,
    days: int,
    members: Collection[UUID],
    substitutes: Collection[UUID],
    author_up_to_cents: int | None = None,
) -> Organisation:
    """Name the members and their substitutes, the amount (before tax) from which two open, the days. Raises `Refused`.

    `author_up_to_cents`: up to which amount (before tax) the author of a need may choose himself; None leaves it as it is.
    What is already sent keeps its amount. No members at all: any two buyers open together.
    """
    insist(may_govern(agent.roles, "opening"))
    organisation = Organisation.objects.select_for_update().get(pk=agent.organisation.pk)
    named = dict.fromkeys(members, False) | dict.fromkeys(substitutes, True)
    people = {user.pk: user for user in may_be_openers(organisation).filter(pk__in=named)}
    if problem := openers_problem(from_cents, days, members, substitutes, set(named) - set(people)):
        raise Refused(problem[1], problem[0])
    if author_up_to_cents is not None and author_up_to_cents < 0:
        raise refuse("amount", "Écrivez un montant positif, par exemple 4 000.", "author_amount")
    organisation.two_openers_from_cents, organisation.opening_days = from_cents, days
    if author_up_to_cents is not None:
        organisation.author_chooses_up_to_cents = author_up_to_cents
    organisation.save(update_fields=["two_openers_from_cents", "opening_days", "author_chooses_up_to_cents"])
    former = {opener.user_id: opener for opener in organisation.openers.select_related("user")}
    gone = [opener for user, opener in former.items() if user not in named]
    kept = []
    for user, substitute in named.items():
        opener = former.get(user) or Opener(organisation=organisation, user=people[user])
        opener.substitute = substitute
        opener.save()
        kept.append(opener)
    Opener.objects.filter(pk__in=[opener.pk for opener in gone]).delete()
    words = [f"{people[user].name}{' (suppléant)' if substitute else ''}" for user, substitute in named.items()]
    append(
        organisation.pk,
        None,
        "openers.named",
        {
            "name": agent.user.name,
            "openers": ", ".join(words) or "deux acheteurs, quels qu'ils soient",
            "from_cents": from_cents,
            "days": days,
            "author_up_to_cents": organisation.author_chooses_up_to_cents,
        },
        actor=agent.id,
        rows=[organisation, *kept],
        gone=gone,
    )
    return organisation
