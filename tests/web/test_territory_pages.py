"""« Territoire »: which firms the city knows, and one letter to all the others in three clicks; never to whom it must not."""

import csv
from datetime import date, timedelta
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document

from sourcier.insights.territory import territory
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Official, corresponding
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.answer_rules import Answer, TypedPrice
from sourcier.register import correspondence
from sourcier.sourcing.models import Sourcing
from sourcier.spend.models import Family
from sourcier.suppliers import actions, tokens
from sourcier.suppliers.models import Campaign, Firm, FirmKey
from tests.cities import City
from tests.pdf import pictures_of, text_of
from tests.sourcing.scenes import invitation_of, sent
from tests.sourcing.stock import COOP, LEFORT, MATHILDE, PERRIER, Shop
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def bread(city: City) -> Family:
    return Family.objects.create(
        organisation=city.organisation, code="10.01", label="Pain et viennoiseries", kind="supplies",
        activities=[["NAFRev2", "10.71C"], ["NAFRev2", "47.24Z"]],
    )  # fmt: skip


def met(city: City, shop: Shop) -> Firm:
    return actions.meet(city.organisation, {"siret": shop.siret, "name": shop.name}, "register")


def page(client: Client, name: str, *args: Any) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return unescape(response.content.decode())


def made(city: City) -> Campaign:
    signed_in(city.buyer).post(reverse("campaign_new", args=[bread(city).pk]))
    return Campaign.objects.get()


def test_the_page_counts_what_exists_is_known_asked_and_answered_without_what_is_sealed(city: City) -> None:
    bread(city)
    Family.objects.create(
        organisation=city.organisation, code="9", label="Plomberie", kind="works", activities=[["NAFRev2", "43.22A"]]
    )
    sourcing = sent(city)
    submit(invitation_of(sourcing, MATHILDE), answer_to(sourcing))
    [plumbing, pain] = territory(city.buyer, 5_000)
    assert (plumbing.family.label, plumbing.known, pain.undisclosed) == ("Plomberie", 0, 1)
    assert (pain.known, pain.asked, pain.answered) == (3, 0, 0), "nothing shows before the opening"
    Sourcing.objects.update(state="opened", opened_at=timezone.now())
    [_, pain] = territory(city.buyer, 5_000)
    assert (pain.asked, pain.answered) == (2, 1), "a letter not posted asked nobody"
    text = page(signed_in(city.auditor), "territory")
    assert "Pain et viennoiseries" in text and "Écrire à toutes" not in text
    export = signed_in(city.auditor).get(reverse("territory") + "?export=csv").content.decode()
    assert "Pain et viennoiseries" in export


def answer_to(sourcing: Sourcing) -> Answer:
    prices = tuple(TypedPrice(line.pk, 9_500, 550) for line in sourcing.price_lines.all())
    return Answer(prices=prices, signer="Mathilde Durand")


def test_all_get_one_letter_but_those_who_must_not_who_are_counted_and_told(city: City) -> None:
    actions.unsubscribe(met(city, MATHILDE))
    actions.close_firm(met(city, PERRIER))
    family, client = bread(city), signed_in(city.buyer)
    before = page(client, "campaign_new", family.pk)
    for words in ("1 : ne veulent plus de courrier", "1 : ont fermé ou vendu", "1 : non diffusibles", "Madame, Monsieur"):
        assert words in before
    assert not FirmKey.objects.exists()
    address = reverse("campaign_new", args=[family.pk])
    assert client.post(address).status_code == 302
    again = client.post(address)
    assert again.status_code == 422 and "personne à qui écrire" in again.content.decode()
    campaign = Campaign.objects.get()
    names = set(campaign.keys.values_list("firm__name", flat=True))
    assert {"AU PAIN DE MATHILDE", "FOURNIL DU BOIS-PERRIER"}.isdisjoint(names) and campaign.letters == len(names) >= 2
    assert not any("DIFFUSIBLE" in name for name in names)
    entry = Entry.objects.get(verb="campaign.made")
    payload = payload_of(entry) or {}
    assert payload["letters"] == campaign.letters and ["ont fermé ou vendu", 1] in payload["left_out"]


def test_a_printed_letter_opens_the_place_of_its_firm_and_says_where_its_address_comes_from(city: City) -> None:
    campaign = made(city)
    client = signed_in(city.buyer)
    pdf = client.post(reverse("campaign_print", args=[campaign.pk])).content
    assert pdf == client.post(reverse("campaign_print", args=[campaign.pk])).content, "printed again, the same to the last byte"
    pages = pictures_of(pdf)
    assert len(pages) == campaign.letters
    written = text_of(pdf).replace("’", "'")
    for words in ("Faites-vous connaître", "répertoire public SIRENE", "Ne plus m'écrire", "CNIL", "pas obligé"):
        assert words in written
    [square] = zxingcpp.read_barcodes(pages[0])
    phone = Client()
    assert phone.get("/r/" + square.text.rsplit("/", 1)[-1])["Location"] == "/place/"
    phone.post("/place/ouvrir/")
    assert "a ouvert sa place" in page(client, "campaign", campaign.pk)
    code = tokens.format_code(tokens.code(campaign.keys.get(firm__siret=LEFORT.siret).seed))
    assert code in written and code not in page(client, "campaign", campaign.pk)


def test_posting_is_noted_with_its_day_and_cost_then_a_letter_comes_back(city: City) -> None:
    campaign, client = made(city), signed_in(city.buyer)
    key = campaign.keys.get(firm__siret=COOP.siret)
    back = reverse("campaign_returned", args=[campaign.pk, key.pk])
    assert client.post(back, {"why": "Inconnu"}).status_code == 422, "not posted yet"
    posted, today = reverse("campaign_posted", args=[campaign.pk]), timezone.localdate()
    late = {"how": "Postées", "posted_on": today + timedelta(days=1), "cost": "12,60"}
    assert client.post(posted, late).status_code == 422
    assert client.post(posted, {**late, "posted_on": today}).status_code == 302
    assert client.post(posted, {**late, "posted_on": today}).status_code == 422, "once"
    assert "12,60" in page(client, "campaign", campaign.pk)
    assert client.post(back, {"why": "Destinataire inconnu"}).status_code == 302
    assert "courrier revenu" in page(client, "campaign", campaign.pk)
    assert Firm.objects.get(siret=COOP.siret).mail_returned_at
    assert "n'ouvre aucune" in unescape(Client().post("/r/", {"code": tokens.code(key.seed)}).content.decode())


def test_a_letter_come_back_is_forgotten_when_somebody_says_why_and_the_next_campaign_writes_again(city: City) -> None:
    campaign, client = made(city), signed_in(city.buyer)
    key = campaign.keys.get(firm__siret=COOP.siret)
    client.post(reverse("campaign_posted", args=[campaign.pk]), {"how": "Postées", "posted_on": timezone.localdate()})
    client.post(reverse("campaign_returned", args=[campaign.pk, key.pk]), {"why": "N'habite plus ici"})
    sheet, mend = reverse("firm_sheet", args=[key.firm_id]), reverse("firm_mail_reaches", args=[key.firm_id])
    assert "Un courrier est revenu" in page(client, "firm_sheet", key.firm_id)
    assert "Dites ce qui a changé" in unescape(client.post(mend, {"how": " "}).content.decode())
    half = {"how": "Son devis porte une autre adresse", "address": "3 rue Neuve"}
    assert "l'adresse entière" in unescape(client.post(mend, half).content.decode())
    assert [signed_in(who).post(mend, half).status_code for who in (city.auditor, city.requester)] == [403, 403]
    assert client.post(mend, {**half, "postal_code": "93110", "commune": "Rosny-sous-Bois"})["Location"] == sheet
    firm = Firm.objects.get(siret=COOP.siret)
    assert (firm.mail_returned_at, firm.address) == (None, "3 rue Neuve")
    said = payload_of(Entry.objects.get(verb="firm.mail_reaches")) or {}
    assert said["how"] == half["how"] and "déjà" not in page(client, "firm_sheet", key.firm_id)
    again = page(client, "campaign_new", Family.objects.get().pk)
    assert "1 lettre, à moins de" in again, "the others have had theirs"
    assert client.post(mend, half).status_code == 422, "it is said once"


def test_the_letters_leave_in_word_and_their_addresses_for_a_printer_too(city: City) -> None:
    campaign, client = made(city), signed_in(city.buyer)
    address = reverse("campaign_print", args=[campaign.pk])
    code = tokens.format_code(tokens.code(campaign.keys.get(firm__siret=LEFORT.siret).seed))
    word = Document(BytesIO(client.post(address, {"format": "docx"}).content))
    texts = [paragraph.text for paragraph in word.paragraphs]
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert sum(text.startswith("Objet : Faites-vous connaître") for text in texts) == campaign.letters
    assert any(code in text for text in cells) and any("LEFORT" in text for text in texts)
    rows = list(csv.reader(StringIO(client.post(address, {"format": "csv"}).content.decode("utf-8-sig")), delimiter=";"))
    [line] = [row for row in rows if row and row[0] == LEFORT.siret]
    assert code in line and any("93" in cell for cell in line)
    assert client.post(address, {"format": "xlsx"}).content[:2] == b"PK"
    assert Entry.objects.filter(verb="campaign.printed").count() == 3


def test_a_firm_that_asks_for_silence_before_the_printing_gets_no_letter(city: City) -> None:
    campaign = made(city)
    actions.unsubscribe(Firm.objects.get(siret=LEFORT.siret))
    pdf = signed_in(city.buyer).post(reverse("campaign_print", args=[campaign.pk])).content
    assert "LEFORT" not in text_of(pdf) and len(pictures_of(pdf, 20)) == campaign.letters - 1


def test_only_buyers_write_and_another_city_sees_nothing(city: City, other_city: City) -> None:
    campaign = made(city)
    key = campaign.keys.first()
    assert key
    addresses = [
        reverse("campaign_new", args=[Family.objects.get().pk]),
        *(reverse(name, args=[campaign.pk]) for name in ("campaign_print", "campaign_posted")),
        reverse("campaign_returned", args=[campaign.pk, key.pk]),
    ]
    for who, status in ((city.requester, 403), (city.auditor, 403), (other_city.buyer, 404)):
        assert {signed_in(who).post(address).status_code for address in addresses} == {status}
    assert signed_in(other_city.buyer).get(reverse("campaign", args=[campaign.pk])).status_code == 404
    assert campaign.label not in page(signed_in(other_city.buyer), "territory")


def test_a_firm_that_bears_naf_2025_alone_is_known_where_its_code_corresponds(city: City) -> None:
    family, firm = bread(city), met(city, LEFORT)
    Firm.objects.filter(pk=firm.pk).update(nomenclature=NAF_2025, activity="10.71H")

    def known() -> int:
        return next(line.known for line in territory(city.buyer, 20_000) if line.family == family)

    assert known() == 0
    file, official = correspondence.file(), Official("table.xlsx", "ab" * 32, date(2026, 9, 1))
    file.parent.mkdir(parents=True, exist_ok=True)
    table = corresponding([(Activity(NAF_REV2, "10.71C"), Activity(NAF_2025, "10.71H"), None)], official)
    file.write_text(correspondence.to_text(table, official))
    try:
        assert known() == 1
    finally:
        file.unlink()
