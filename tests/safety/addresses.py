"""Every address of the site, filled with the ids of one city's rows."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sourcier.accounts.models import Membership
from sourcier.dossier.models import Export
from sourcier.ideas.models import Idea
from sourcier.insights.models import Finding
from sourcier.mail.models import IncomingMessage
from sourcier.needs.models import LaneRule
from sourcier.quotes.models import CallBack, Clarification, Contest, Notification
from sourcier.retention.models import Clock
from sourcier.sourcing.models import Criterion, FirmQuestion, Invitation, Relay, RequestDocument
from sourcier.spend.models import CityRule, ContractBatch, Family, OrderBatch, RunningContract
from sourcier.suppliers.models import Campaign, Contact, FirmKey
from sourcier.vault.models import File
from sourcier.vocabulary.models import CityPhrase, Suggestion
from tests.dossier.purchase import Purchase

EXPORT = "?export=csv"
# Pages found to answer the same with and without it: asked for it once.
WITHOUT_EXPORT: set[str] = set()
# Forms alone, found so: nobody reads anything there (405), whatever the city holds.
FORMS: set[str] = set()


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def of_the_city() -> Iterator[URLPattern]:
    """Those that declare roles: the pages of the city."""
    for pattern in patterns():
        if isinstance(getattr(pattern.callback, "right", None), tuple):
            yield pattern


def ids(purchase: Purchase, export: Export) -> dict[str, Any]:
    """`{name of a path argument: an id of this city}`; a random one where the purchase has no such row."""
    sourcing = purchase.sourcing_now()
    rows = {
        "invitation_id": Invitation.objects.filter(sourcing=sourcing).first(),
        "criterion_id": Criterion.objects.filter(sourcing=sourcing).first(),
        "question_id": FirmQuestion.objects.filter(sourcing=sourcing).first(),
        "relay_id": Relay.objects.filter(invitation__sourcing=sourcing).first(),
        "document_id": RequestDocument.objects.filter(sourcing=sourcing).first(),
        "notification_id": Notification.objects.filter(sourcing=sourcing).first(),
        "call_id": CallBack.objects.first(),
        "contest_id": Contest.objects.first(),
        "clarification_id": Clarification.objects.first(),
        "submission_id": sourcing.submissions.first(),
        "contact_id": Contact.objects.filter(firm__organisation=purchase.city.organisation).first(),
        "membership_id": Membership.objects.filter(organisation=purchase.city.organisation).first(),
        "file_id": File.objects.filter(organisation_id=purchase.city.organisation.pk).first(),
        "firm_id": sourcing.invitations.first().firm,
        "need_id": purchase.need,
        "source_id": purchase.need,
        "clock_id": Clock.objects.filter(operation_id=purchase.need.pk).first(),
        "sourcing_id": sourcing,
        "export_id": export,
        "department_id": purchase.city.department,
        "place_id": purchase.city.place,
        "family_id": Family.objects.filter(organisation=purchase.city.organisation).first(),
        "campaign_id": Campaign.objects.filter(organisation=purchase.city.organisation).first(),
        "batch_id": OrderBatch.objects.filter(organisation=purchase.city.organisation).first(),
        "contract_id": RunningContract.objects.filter(organisation=purchase.city.organisation).first(),
        "list_id": ContractBatch.objects.filter(organisation=purchase.city.organisation).first(),
        "rule_id": CityRule.objects.filter(organisation=purchase.city.organisation).first(),
        "phrase_id": CityPhrase.objects.filter(organisation=purchase.city.organisation).first(),
        "suggestion_id": Suggestion.objects.filter(organisation=purchase.city.organisation).first(),
        "lane_id": LaneRule.objects.filter(organisation=purchase.city.organisation).first(),
        "finding_id": Finding.objects.filter(organisation=purchase.city.organisation).first(),
        "key_id": FirmKey.objects.filter(firm__organisation=purchase.city.organisation).first(),
        "idea_id": Idea.objects.filter(organisation=purchase.city.organisation).first(),
        "user_id": purchase.city.requester.user,
        "message_id": IncomingMessage.objects.filter(organisation=purchase.city.organisation, state="tray").first(),
    }
    found = {name: row.pk for name, row in rows.items() if row is not None}
    often = (
        "batch_id",
        "year_file_id",
        "rule_id",
        "lane_id",
        "phrase_id",
        "suggestion_id",
        "contract_id",
        "list_id",
        "call_id",
        "contest_id",
        "lot_id",
        "relay_id",
        "family_id",
        "campaign_id",
        "finding_id",
        "key_id",
        "idea_id",
        "message_id",
        "notification_id",
        "clarification_id",
    )
    missing = dict.fromkeys(often, uuid4())
    return {**missing, "document_id": 1, **found}


def filled(pattern: URLPattern, values: dict[str, Any]) -> str:
    """The address with its ids. Raises `KeyError` for an argument that this file does not know."""
    names = pattern.pattern.converters
    return reverse(pattern.name, kwargs={name: values[name] for name in names})


def read(client: Client, pattern: URLPattern, values: dict[str, Any]) -> Iterator[tuple[str, HttpResponseBase]]:
    """The page, then its export if it has one: `(query, response)`."""
    if pattern.name in FORMS:
        return
    address = filled(pattern, values)
    page = client.get(address)
    yield "", page
    if page.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        FORMS.add(pattern.name)
    elif pattern.name not in WITHOUT_EXPORT:
        response = client.get(address + EXPORT)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            WITHOUT_EXPORT.add(pattern.name)
        else:
            yield EXPORT, response
