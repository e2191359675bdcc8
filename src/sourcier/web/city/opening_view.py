"""What the pages show of an opening to come: why not yet, who agreed, what this person may do."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.quotes import opening_rules as rules
from sourcier.quotes.models import OpeningConsent
from sourcier.quotes.opening_rules import Clock
from sourcier.quotes.queries import opening
from sourcier.sourcing.models import Sourcing


class AloneForm(forms.Form):
    """Why a head buyer opens without a second person."""

    alone = forms.CharField(
        label="Qui manque, et pourquoi ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 2}), strip=False,
        help_text="Le dossier gardera votre raison.", required=False,
    )  # fmt: skip


@dataclass(frozen=True)
class OpeningView:
    """`refusal`: why nobody opens now. `may`: this person opens, or agrees; `may_alone`: without a second person."""

    refusal: str = ""
    contradicted: bool = False
    silent: bool = False
    two: bool = False
    consents: tuple[OpeningConsent, ...] = ()
    may: bool = False
    may_alone: bool = False
    alone_form: forms.Form | None = None
    alone_at: datetime | None = None


def opening_view(agent: Agent, sourcing: Sourcing, round_: int, alone_form: forms.Form | None = None) -> OpeningView:
    """The opening of that round as this person sees it; without a seal, any buyer opens."""
    seal, now, buys = opening.seal_of(sourcing, round_), timezone.now(), opening.opens(agent, sourcing) is None
    if seal is None:
        return OpeningView(may=buys)
    if refusal := rules.may_agree(seal, now):
        return OpeningView(refusal=refusal.sentence, contradicted=seal.clock == Clock.REFUSED)
    if not seal.needs_two:
        return OpeningView(may=buys)
    agreed = tuple(opening.consents(sourcing, round_))
    return OpeningView(
        silent=seal.clock == Clock.SILENT,
        two=True,
        consents=agreed,
        may=opening.may_consent(agent) and all(consent.user_id != agent.id for consent in agreed),
        may_alone=agent.has(Role.HEAD_BUYER) and now >= seal.alone_at,
        alone_form=alone_form or AloneForm(),
        alone_at=seal.alone_at,
    )
