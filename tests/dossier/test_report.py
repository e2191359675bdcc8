"""The report: archivable, tagged, in French, complete, and deaf to what people type."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pikepdf
import time_machine

from sourcier.dossier import history
from sourcier.dossier.offline import verifier
from sourcier.dossier.report.sections import sections
from sourcier.journal.actions import erase
from sourcier.journal.models import Entry, Log
from sourcier.law.clauses import clause
from sourcier.needs import actions as needs
from sourcier.quotes import results
from sourcier.quotes.actions import choose, tell
from sourcier.sourcing.actions import identity, invite, request
from sourcier.sourcing.models import Sourcing
from sourcier.spend.actions.families import load_families
from sourcier.spend.models import Family
from tests.cities import City
from tests.dossier.purchase import BEGUN, DEADLINE, Purchase, asked_purchase, dossier_of, finished_purchase, taken, zipped
from tests.pdf import text_of
from tests.quotes.test_two_for_one_siret import HOW, WHY, after, opened, quote
from tests.sourcing.scenes import ready, sent
from tests.sourcing.stock import MATHILDE
from tests.sourcing.test_identity import STRANGER, asked, impostor
from tests.sourcing.test_notice import came

HOSTILE = (
    '#read("/etc/passwd")',
    '#panic("perdu")',
    '$x^2$ *gras* <lien> @cle \\ "guillemets" #import "x.typ": *',
    "]#{}[",
)


def report_of(data: bytes) -> bytes:
    with ZipFile(BytesIO(data)) as archive:
        return archive.read("data/rapport.pdf")


def test_the_report_is_an_archive_format_tagged_and_french(finished: Purchase) -> None:
    data = dossier_of(finished)
    with pikepdf.open(BytesIO(report_of(data))) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert str(pdf.Root.Lang).startswith("fr")
        assert pdf.Root.MarkInfo.Marked and "/StructTreeRoot" in pdf.Root
        assert pdf.docinfo["/Title"] == "Rapport : Pain frais des crèches"
        (name,) = pdf.attachments
        assert name == "entries.jsonl"
        with ZipFile(BytesIO(data)) as archive:
            assert pdf.attachments[name].get_file().read_bytes() == archive.read("data/journal/entries.jsonl")


def test_the_report_tells_the_whole_purchase(finished: Purchase) -> None:
    words = text_of(report_of(dossier_of(finished)))
    for said in (
        "Pain frais livré tous les jours avant 7h", "du 4 janvier 2027 au 31 décembre 2027", "1. Le besoin",
        "2. La règle du jour", "Ne livre pas, d'après son site.", "Farine, cuisson", "Oui, en papier, sans marque.",
        "Deux jours de plus pour tous", "Il confirme avoir reçu la lettre.", "Bruno Rosny a ouvert les réponses",
        "Réponses jamais ouvertes : 3.", "Livré avant 6 h 45.", "Corrigée (c'était 70) : Cuisson revue.",
        "prix le plus bas, et une tournée", "Son prix est plus élevé.", "réponse hors délai, non ouverte", "Auteur du choix",
        "Évaluateur", "Demandeur", "12. La suite des faits", "Aucun intérêt dans les entreprises interrogées",
        "avant de chercher les entreprises Aucun intérêt dans les entreprises qui pourraient répondre",
        "mercredi 30 septembre 2026", "Message envoyé à 4 entreprises",
        "Fiche des crèches.pdf", "dite à toutes", "Article L.2112-2",
    ):  # fmt: skip
        assert said in words, said
    assert "2027-01-04" not in words and "UTC" not in words


def test_what_people_type_leaves_as_text(city: City) -> None:
    data = zipped(taken(finished_purchase(city, " ".join(HOSTILE))))
    assert verifier.verify(BytesIO(data)).ok
    text = text_of(report_of(data))
    assert "root:" not in text
    flat = "".join(text.split())
    for words in HOSTILE:
        assert flat.count("".join(words.split())) > 15, "the words are there, as they were typed"


def test_a_sign_that_no_font_draws_is_named_and_keeps_no_dossier_from_being_taken(city: City) -> None:
    data = zipped(taken(finished_purchase(city, "Croissants 🥐 et 日本 👍🏽")))
    assert verifier.verify(BytesIO(data)).ok
    assert "[signe U+1F950]" in " ".join(text_of(report_of(data)).split())


def test_a_need_never_asked_has_a_short_report_without_empty_sections(city: City) -> None:
    with time_machine.travel(BEGUN, tick=True):
        need = needs.start(city.requester, "Des chaises")
    size = Log.objects.get(pk=city.organisation.pk).size
    titles = [section["title"] for section in sections(history.read(city.organisation.pk, need.pk, size))]
    assert titles == ["Le besoin", "Qui a agi, en quelle qualité"]


def test_the_report_tells_the_answers_to_the_questions_of_the_family(city: City) -> None:
    with time_machine.travel(BEGUN, tick=True):
        need = needs.start(city.requester, "Du pain")
        needs.save(city.requester, need.pk, need.version, details={"bread_weight": "250 g", "allergens": None})
    size = Log.objects.get(pk=city.organisation.pk).size
    told = json.dumps(sections(history.read(city.organisation.pk, need.pk, size)), ensure_ascii=False)
    assert "Poids" in told and "250 g" in told and "Allergènes" in told and "ne sait pas" in told


def test_an_operation_whose_contents_were_all_erased_still_has_its_report(finished: Purchase) -> None:
    log = finished.city.organisation.pk
    indexes = list(Entry.objects.filter(log_id=log, stream=finished.need.pk.hex).values_list("index", flat=True))
    with time_machine.travel(DEADLINE.replace(month=10, day=2), tick=True):
        erase(log, indexes, "Délai de conservation atteint", stream=finished.need.pk)
    data = zipped(taken(finished))
    assert verifier.verify(BytesIO(data)).ok
    assert "contenu effacé" in text_of(report_of(data))
    with ZipFile(BytesIO(data)) as archive:
        assert json.loads(archive.read("data/documents/index.json")) == []


def test_half_erased_contents_never_stop_a_report(finished: Purchase) -> None:
    """Any one entry may lose its content: names, rows and firms that others speak of are then missing."""
    log, stream = finished.city.organisation.pk, finished.need.pk.hex
    size = Log.objects.get(pk=log).size
    whole = history.read(log, finished.need.pk, size)
    for skipped in Entry.objects.filter(log_id=log, stream=stream).values_list("verb", flat=True).distinct():
        partial = history.History(steps=[step for step in whole.steps if step.verb != skipped])
        for step in partial.steps:
            for row in step.payload.get("rows", ()):
                partial.keep(row)
        assert sections(partial), skipped


def test_a_direct_question_asked_and_an_open_consultation_are_read_too(city: City) -> None:
    purchase = asked_purchase(city)
    size = Log.objects.get(pk=city.organisation.pk).size
    made = sections(history.read(city.organisation.pk, purchase.need.pk, size))
    assert [section["title"] for section in made][-1] == "Qui a agi, en quelle qualité"


def test_who_came_by_the_notice_is_told_from_the_firm_asked_in_every_section(city: City) -> None:
    sourcing = sent(city)
    real, false = quote(asked(sourcing), 10_000), quote(impostor(sourcing), 5_000)
    late = came(sourcing, MATHILDE.siret, "tardif@mail.example")
    with after(sourcing):
        quote(late, 4_000)
        opened(city, sourcing)
        size = Log.objects.get(pk=city.organisation.pk).size
        unchecked = {s["title"]: json.dumps(s["blocks"], ensure_ascii=False) for s in told(city, sourcing, size)}
        identity.check_identity(city.buyer, false.invitation_id, HOW)
        choose.choose(city.buyer, sourcing.pk, None, real.pk, None, WHY)
        sourcing.refresh_from_db()
        tell.tell_all(city.buyer, sourcing.pk, {part.key: "Plus cher." for part in results.parts(city.buyer, sourcing)})
        size = Log.objects.get(pk=city.organisation.pk).size
        checked = {s["title"]: json.dumps(s["blocks"], ensure_ascii=False) for s in told(city, sourcing, size)}
    for title in ("Qui a été interrogé, par quelle voie, quand", "Ce qui est revenu, et l'ouverture", "La comparaison"):
        assert STRANGER in unchecked[title] and "identité non vérifiée" in unchecked[title], title
        assert STRANGER in checked[title] and "identité vérifiée le" in checked[title] and HOW in checked[title], title
    choice = checked["Le choix et ses raisons"]
    assert STRANGER in choice and "tardif@mail.example" in choice and f"{MATHILDE.name} (avis public)" in choice


def told(city: City, sourcing: Sourcing, size: int) -> list[dict[str, Any]]:
    return sections(history.read(city.organisation.pk, sourcing.need_id, size))


def test_the_report_names_who_attests_the_time_or_says_that_nobody_does(dossier: bytes, anchored: bytes) -> None:
    words = text_of(report_of(anchored))
    assert "Qui atteste l'heure" in words.replace("’", "'") and "127.0.0.1" in words
    assert "aucun tiers ne les atteste" in text_of(report_of(dossier))


def test_the_report_keeps_what_an_archive_needs_of_a_pdf_and_a_reader_aloud_of_its_order(anchored: bytes) -> None:
    """The rules of PDF/A-3a that can be read in the file without a validator, and its tags."""
    with pikepdf.open(BytesIO(report_of(anchored))) as pdf:
        assert not pdf.is_encrypted and pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes()
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.Root.keys())
        (attached,) = pdf.Root.AF
        assert attached.AFRelationship == "/Data" and str(attached.EF.F.Subtype).startswith("/application")
        kinds = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary)]
        fonts = [each for each in kinds if each.get("/Type") == "/FontDescriptor"]
        assert fonts and all({"/FontFile", "/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)
        assert all("/ToUnicode" in each for each in kinds if each.get("/Type") == "/Font" and each.get("/Subtype") == "/Type0")
        assert all(page.get("/StructParents") is not None and page.get("/Tabs") == "/S" for page in pdf.pages)
        roles = {str(each.S) for each in kinds if each.get("/Type") == "/StructElem" or ("/S" in each and "/P" in each)}
        assert {"/Document", "/H1", "/H2", "/H3", "/Table", "/TR", "/TH", "/TD", "/P"} <= roles
        figures = [each for each in kinds if each.get("/S") == "/Figure"]
        assert all(each.get("/Alt") for each in figures)


@time_machine.travel(DEADLINE, tick=True)
def test_a_clause_told_and_an_obligation_left_aside_are_shown_as_they_stood_that_day(city: City) -> None:
    load_families(city.organisation, city.head_buyer)
    sourcing = ready(city)
    bread = Family.objects.get(organisation=city.organisation, code="10.01")
    needs.save(city.buyer, sourcing.need_id, sourcing.need.version, family=bread, kind="supplies")
    ticked = {"taken": ["egalim"], "reasons": {"environment": "Trop petit achat."}}
    request.save_request(city.buyer, sourcing.pk, sourcing.version, clauses=ticked)
    invite.send(city.buyer, sourcing.pk)
    sourcing.clauses.update(text="Changé depuis.", basis="Changé depuis.", reason="Changée depuis.")
    size = Log.objects.get(pk=city.organisation.pk).size
    words = json.dumps(told(city, sourcing, size), ensure_ascii=False)
    known = clause("egalim")
    assert known.text in words and f"{known.basis}\\n(texte du 30 septembre 2026)" in words
    assert "Clause obligatoire non retenue" in words and "Trop petit achat." in words and "Changé" not in words
