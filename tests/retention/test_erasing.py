"""Nothing is destroyed before its time; then nothing personal is left anywhere, and every proof still verifies."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from sourcier.accounts import actions as accounts
from sourcier.accounts.models import User
from sourcier.dossier import build
from sourcier.dossier.offline import verifier
from sourcier.dossier.seda import package
from sourcier.journal.models import Entry, Payload
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.law.retention import ACCOUNT, CONTACT, CONTRACT, PROCEDURE
from sourcier.quotes.models import QuotedLine, Submission
from sourcier.retention import actions, erasing
from sourcier.retention.models import Clock, Hold, Visa
from sourcier.suppliers.actions import add_contact, forget_contact, meet
from sourcier.suppliers.models import Contact
from sourcier.vault.models import File, SealingKey
from tests.cities import City
from tests.dossier.purchase import OPENED, Purchase, saved, taken
from tests.sourcing.stock import MATHILDE, PERRIER
from tests.vault import papers

NOTIFIED_OVER = datetime(2031, 10, 2, 8, tzinfo=UTC)
CONTRACT_OVER = datetime(2033, 1, 1, 8, tzinfo=UTC)
ENDED = date(2027, 12, 31)
SIGNER = "Mathilde Durand"


def clock(kind: str, subject: object) -> Clock:
    return Clock.objects.get(kind=kind, subject_id=subject, erased_at=None)


def sign(purchase: Purchase) -> Visa:
    paper = SimpleUploadedFile("visa.pdf", papers.pdf_bytes())
    return actions.record_visa(purchase.city.head_buyer, purchase.need.pk, "AD93-2031-117", date(2031, 9, 1), paper)


def without_times(purchase: Purchase) -> list[str]:
    """What `journal verify` finds, without what travels in time break: the night checkpoints of the tests are of today."""
    return [f"{each.code} {each.sentence}" for each in verify(purchase.city.organisation.pk).problems if each.code != "time"]


def erase_whole(purchase: Purchase) -> Entry:
    city, need = purchase.city, purchase.need
    with time_machine.travel(CONTRACT_OVER, tick=True):
        actions.note_end(city.head_buyer, need.pk, ENDED)
        sign(purchase)
        entry = actions.destroy(city.head_buyer, clock(CONTRACT, need.pk).pk)
    # After the commit, which the transaction of a test never sees.
    erasing.sweep()
    assert entry
    return entry


def erase_losing(purchase: Purchase) -> Entry:
    with time_machine.travel(NOTIFIED_OVER, tick=True):
        sign(purchase)
        entry = actions.destroy(purchase.city.head_buyer, clock(PROCEDURE, purchase.need.pk).pk)
    assert entry
    return entry


def everywhere(*marks: str) -> list[str]:
    """Where these words still are: columns of any table, files of the vault."""
    found = []
    for model in apps.get_models():
        for row in model._base_manager.all():
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
                found += [f"{model.__name__}.{field.name}: {mark}" for mark in marks if mark in text]
    for path in Path(settings.VAULT).rglob("*"):
        if path.is_file():
            found += [f"{path.name}: {mark}" for mark in marks if mark.encode() in path.read_bytes()]
    return sorted(set(found))


@pytest.mark.parametrize("person", ["buyer", "auditor", "admin", "requester"])
def test_the_head_buyer_alone_decides(finished: Purchase, person: str) -> None:
    agent, need = getattr(finished.city, person), finished.need.pk
    running = clock(PROCEDURE, need).pk
    acts: tuple[Callable[[], object], ...] = (
        lambda: actions.hold(agent, need, "Recours devant le tribunal"),
        lambda: actions.release(agent, need, "Le jugement est rendu"),
        lambda: actions.note_end(agent, need, ENDED),
        lambda: actions.record_visa(agent, need, "AD93", ENDED, SimpleUploadedFile("visa.pdf", papers.pdf_bytes())),
        lambda: actions.destroy(agent, running),
    )
    before = Entry.objects.count()
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.refusal.code == "not_allowed"
    assert Entry.objects.count() == before


def test_another_city_decides_of_nothing_here(finished: Purchase, other_city: City) -> None:
    stranger, need = other_city.head_buyer, finished.need.pk
    for act in (
        lambda: actions.hold(stranger, need, "Recours devant le tribunal"),
        lambda: actions.destroy(stranger, clock(PROCEDURE, need).pk),
        lambda: actions.record_visa(stranger, need, "AD93", date(2026, 1, 1), SimpleUploadedFile("v.pdf", papers.pdf_bytes())),
    ):
        with pytest.raises(Clock.DoesNotExist):
            act()
    with pytest.raises(Refused):
        actions.note_end(stranger, need, ENDED)


def test_nothing_is_destroyed_before_its_day_its_visa_or_during_a_litigation(finished: Purchase) -> None:
    head, need = finished.city.head_buyer, finished.need.pk
    running = clock(PROCEDURE, need).pk

    def refusal() -> str:
        with pytest.raises(Refused) as refused:
            actions.destroy(head, running)
        return refused.value.refusal.code

    with time_machine.travel(datetime(2031, 10, 1, 8, tzinfo=UTC), tick=True):
        assert refusal() == "running"
    with time_machine.travel(NOTIFIED_OVER, tick=True):
        assert refusal() == "unsigned"
        sign(finished)
        actions.hold(head, need, "Recours devant le tribunal administratif")
        assert refusal() == "held"
        with pytest.raises(Refused):
            actions.hold(head, need, "Un second recours")
        actions.release(head, need, "Désistement de l'entreprise")
        assert actions.destroy(head, running)
        assert refusal() == "erased"
    held = Hold.objects.get()
    assert (held.placed_by, held.lifted_by) == (head.user, head.user)
    told = list(
        Entry.objects.filter(stream=need.hex, verb__startswith="retention.").order_by("index").values_list("verb", flat=True)
    )
    assert told == ["retention.held", "retention.released"]


def test_an_unknown_end_of_execution_keeps_the_contract_for_ever(finished: Purchase) -> None:
    with time_machine.travel(datetime(2060, 1, 1, tzinfo=UTC), tick=True):
        sign(finished)
        with pytest.raises(Refused) as refused:
            actions.destroy(finished.city.head_buyer, clock(CONTRACT, finished.need.pk).pk)
    assert refused.value.refusal.code == "not_started"


def test_a_visa_has_a_reference_a_day_that_has_come_and_its_paper(finished: Purchase) -> None:
    head, need, paper = finished.city.head_buyer, finished.need.pk, SimpleUploadedFile("visa.pdf", papers.pdf_bytes())
    for reference, signed_on, upload, field in (
        (" ", ENDED, paper, "reference"),
        ("AD93", None, paper, "signed_on"),
        ("AD93", date(2199, 1, 1), paper, "signed_on"),
        ("AD93", date(2026, 1, 1), None, "document"),
    ):
        with pytest.raises(Refused) as refused:
            actions.record_visa(head, need, reference, signed_on, upload)
        assert refused.value.field == field
    assert not Visa.objects.exists()


def test_the_losing_answers_go_first_and_the_contract_stays(finished: Purchase) -> None:
    best = Submission.objects.get(sourcing=finished.sourcing, firm__siret=MATHILDE.siret, state="received")
    entry = erase_losing(finished)
    said = json.loads(bytes(entry.payload.body or b""))
    assert "offres non retenues" in said["reason"] and "R.2184-12" in said["reason"]
    assert "AD93-2031-117" in said["reason"] and said["name"] == "Helene Rosny"
    best.refresh_from_db()
    assert best.signer == SIGNER and QuotedLine.objects.filter(submission=best).exists()
    others = Submission.objects.filter(sourcing=finished.sourcing, awards=None).exclude(pk=best.pk)
    assert others.exists() and not any(each.signer or each.note for each in others if each.firm.siret != PERRIER.siret)
    assert without_times(finished) == []


def test_who_stands_in_for_the_firm_chosen_is_kept_with_the_contract(finished: Purchase) -> None:
    erase_losing(finished)
    second = Submission.objects.get(sourcing=finished.sourcing, firm__siret=PERRIER.siret, state="received")
    assert second.signer == SIGNER


def test_the_whole_operation_leaves_nothing_personal_and_every_proof_still_verifies(finished: Purchase) -> None:
    marks = (
        SIGNER,
        "mathilde@pain.example",
        "Goûté à deux",
        OPENED,
        "tournée qui passe",
        "Il confirme avoir reçu",
        "crèche.jpg",
    )
    assert {each.split(": ")[1] for each in everywhere(*marks)} == set(marks)
    before = Entry.objects.filter(stream=finished.need.pk.hex).count()
    entry = erase_whole(finished)
    left = everywhere(*marks)
    # The address book has a term of its own.
    assert {each for each in left if "mathilde@pain.example" not in each} == set()
    assert {each for each in left if not each.startswith(("Contact.", "Payload."))} == set()
    assert Entry.objects.filter(stream=finished.need.pk.hex).count() > before
    assert without_times(finished) == []
    assert not Clock.objects.filter(operation_id=finished.need.pk, erased_at=None).exists()
    assert not Clock.objects.exclude(leaving=[]).exists()
    assert not SealingKey.objects.exists() and not Submission.objects.exclude(sealed=None).exists()
    assert not File.objects.exclude(sealed_facts=None).exists()
    report = verify(finished.city.organisation.pk)
    assert report.erased == json.loads(bytes(entry.payload.body or b""))["count"]
    assert any("R.2184-13" in line and "AD93-2031-117" in line for line in report.sentences())


def test_the_dossier_after_an_erasure_verifies_and_says_what_went_when_and_why(finished: Purchase, tmp_path: Path) -> None:
    old = taken(finished)
    given = saved(old, tmp_path, "ancien.zip")
    entry = erase_whole(finished)
    with time_machine.travel(CONTRACT_OVER + timedelta(minutes=1), tick=True):
        export = build.take(finished.city.auditor, finished.need.pk)
    file = saved(export, tmp_path)
    report = verifier.verify(file)
    assert report.problems == []
    told = [fact for fact in report.facts if "La raison dite : contenu effacé le" in fact and "1er janvier 2033" in fact]
    assert len(told) == 1 and "R.2184-13" in told[0] and "AD93-2031-117" in told[0] and f"n° {entry.index}" in told[0]
    with ZipFile(file) as archive:
        withheld = json.loads(archive.read("data/payloads/withheld.json"))
        assert b"Durand" not in b"".join(archive.read(name) for name in archive.namelist())
    assert sum(reason.startswith("contenu effacé le") for reason in withheld.values()) == report_count(entry)
    # A ZIP given before still verifies; it cannot be made again.
    assert verifier.verify(given).problems == []
    with pytest.raises(Refused) as refused:
        saved(old, tmp_path, "refait.zip")
    assert refused.value.refusal.code == "erased_since"


def report_count(entry: Entry) -> int:
    return int(json.loads(bytes(entry.payload.body or b""))["count"])


def test_the_dossier_between_the_two_erasures_verifies_too(finished: Purchase, tmp_path: Path) -> None:
    erase_losing(finished)
    with time_machine.travel(NOTIFIED_OVER, tick=True):
        export = build.take(finished.city.auditor, finished.need.pk)
    report = verifier.verify(saved(export, tmp_path))
    assert report.problems == []
    assert any("offres non retenues" in fact for fact in report.facts)


def test_a_transfer_to_the_archives_carries_the_days_of_the_clocks(finished: Purchase, tmp_path: Path) -> None:
    head = finished.city.head_buyer
    accounts.update_organisation(head, archives_identifier="FRAD093", archives_agreement="CONV-1")
    with time_machine.travel(datetime(2028, 1, 5, tzinfo=UTC), tick=True):
        actions.note_end(head, finished.need.pk, ENDED)
        export = build.take(finished.city.auditor, finished.need.pk)
        with (tmp_path / "versement.zip").open("w+b") as out:
            package.write(export, out)
    with ZipFile(tmp_path / "versement.zip") as archive:
        manifest = archive.read("manifest.xml").decode()
    assert "<StartDate>2027-12-31</StartDate>" in manifest and "<StartDate>2026-10-01</StartDate>" in manifest


def test_a_file_that_another_entry_cites_stays(finished: Purchase, tmp_path: Path) -> None:
    """The same paper was dropped in another purchase: its bytes, and its row there, stay whole."""
    from sourcier.mail.actions import file_exchange
    from sourcier.needs import actions as needs
    from tests.dossier.purchase import FILED

    city = finished.city
    other = needs.start(city.requester, "Du pain pour la fête des crèches, en juin")
    name, channel, data = FILED[0]
    kept = file_exchange(
        city.buyer, other.pk, channel=channel, direction="in", occurred_at=datetime(2026, 9, 1, tzinfo=UTC),
        correspondent="Le moulin", summary="Le même tarif.", upload=SimpleUploadedFile(name, data),
    )  # fmt: skip
    erase_whole(finished)
    assert kept.file
    kept.file.refresh_from_db()
    assert (Path(settings.VAULT) / kept.file.path).read_bytes() == data
    assert without_times(finished) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file of SQLite is read here")
def test_no_byte_of_it_stays_in_the_files_of_the_database(finished: Purchase) -> None:
    marks = ("Goûté à deux", "tournée qui passe", "Il confirme avoir reçu")

    def in_the_files() -> set[str]:
        name = Path(str(connection.settings_dict["NAME"]))
        data = b"".join(path.read_bytes() for path in name.parent.glob(name.name + "*"))
        return {mark for mark in marks if mark.encode() in data}

    assert in_the_files() == set(marks)
    erase_whole(finished)
    assert in_the_files() == set()


def test_bytes_left_by_a_program_that_stopped_are_removed_later(finished: Purchase) -> None:
    stray = Path(settings.VAULT) / "aa"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    Clock.objects.filter(operation_id=finished.need.pk, kind=PROCEDURE).update(leaving=["aa"])
    assert erasing.sweep() == 1
    assert not stray.exists() and erasing.sweep() == 0


# --- people -----------------------------------------------------------------------------------------------------------


def prospect(city: City) -> Contact:
    firm = meet(city.organisation, {"siret": "73282932000074", "name": "Fournil"}, "manual")
    return add_contact(city.buyer, firm.pk, "email", "prospect@fournil.example", "Jeanne Fournil", "Salon")


def test_a_prospect_is_forgotten_at_once(city: City) -> None:
    contact = prospect(city)
    with pytest.raises(Refused):
        forget_contact(city.buyer, contact.pk)
    entry = forget_contact(city.head_buyer, contact.pk)
    assert entry and "à la demande de la personne" in json.loads(bytes(entry.payload.body or b""))["reason"]
    assert everywhere("prospect@fournil.example", "Jeanne Fournil") == []
    # The firm of this test was met without an act: no entry vouches for it.
    assert [each.code for each in verify(city.organisation.pk).problems if " firm " not in each.sentence] == []


def test_who_is_in_the_file_of_a_purchase_is_told_why_it_is_kept(finished: Purchase) -> None:
    contact = Contact.objects.get(firm__siret=MATHILDE.siret, value="mathilde@pain.example")
    with pytest.raises(Refused) as refused:
        forget_contact(finished.city.head_buyer, contact.pk)
    assert "jusqu'au 1er octobre 2031" in refused.value.sentence and "article 17, 3, b" in refused.value.sentence
    assert Contact.objects.filter(pk=contact.pk).exists()


def test_an_address_book_is_emptied_three_years_after_the_last_contact(city: City) -> None:
    contact = prospect(city)
    due = clock(CONTACT, contact.firm_id)
    with pytest.raises(Refused):
        actions.destroy(city.head_buyer, due.pk)
    Clock.objects.filter(pk=due.pk).update(ends_on=date(2020, 1, 1))
    actions.destroy(city.head_buyer, due.pk)
    assert everywhere("prospect@fournil.example") == []


def test_the_account_of_somebody_gone_keeps_his_name_alone(city: City) -> None:
    gone = accounts.deactivate_user(city.admin, city.second_buyer.id)
    Clock.objects.filter(kind=ACCOUNT).update(ends_on=date(2020, 1, 1))
    actions.destroy(city.head_buyer, clock(ACCOUNT, gone.pk).pk)
    after = User.objects.get(pk=gone.pk)
    assert after.email.endswith("@efface.invalid") and after.name == gone.name and not after.has_usable_password()
    assert everywhere(gone.email) == []
    assert not Payload.objects.filter(entry__verb="user.created", body=None).exclude(salt=None).exists()


def test_what_the_journal_holds_after_all_of_it_is_whole(finished: Purchase) -> None:
    erase_losing(finished)
    erase_whole(finished)
    assert without_times(finished) == []


def test_a_problem_is_still_found_after_an_erasure(finished: Purchase) -> None:
    erase_whole(finished)
    finished.need.refresh_from_db()
    type(finished.need).objects.filter(pk=finished.need.pk).update(sentence="autre chose")
    assert any("need" in each for each in without_times(finished))
