"""Who lifts the seals, when, and on whose word about the time."""

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import closing as closed
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from sourcier.accounts.actions import deactivate_user, set_opening
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of, sentence
from sourcier.journal.verify import verify
from sourcier.kernel.timestamps import verify as verify_stamp
from sourcier.kernel.transitions import Refused
from sourcier.quotes import clocks
from sourcier.quotes.actions import answer as act
from sourcier.quotes.actions import evaluate, opening
from sourcier.quotes.actions.opening import open_answers
from sourcier.quotes.models import ClockCheck, OpeningConsent, Submission
from sourcier.quotes.opening_rules import Clock, Seal, may_agree, may_lift, may_lift_alone
from sourcier.quotes.queries import answers
from sourcier.sourcing.actions import closing
from sourcier.sourcing.models import Sourcing
from sourcier.vault import master
from sourcier.vault.models import File
from sourcier.vault.queries import path_of
from sourcier.vault.sealing import ensure_key
from tests.cities import City
from tests.journal.authority import Authority, made_authority, served
from tests.journal.entries import writes_nothing
from tests.pg_client import use_the_servers_own_client
from tests.quotes.requests import BEFORE, DEADLINE, Request, answer, browser, make_request, opened

pytestmark = pytest.mark.django_db
WAIT = timedelta(minutes=5)
REASON = "Salima est en congé de maladie et n'a pas été remplacée."
STORED = "Nous livrons nous-mêmes."


@pytest.fixture(autouse=True)
def five_minutes(settings: Any) -> None:
    settings.OPENING_WAIT = WAIT


def asked(city: City, deadline: datetime = DEADLINE, *, two: bool = False) -> Request:
    """A request with one sealed quote, whose reference is chosen."""
    request = make_request(city, deadline=deadline)
    act.submit(request.invite(), answer(request, note=STORED), received_at=deadline - timedelta(hours=1))
    evaluate.choose_reference(city.buyer, request.sourcing.pk, "none")
    Sourcing.objects.filter(pk=request.sourcing.pk).update(two_openers=two)
    return request


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=f"^{code}$")


def is_open(request: Request) -> bool:
    sent = Submission.objects.get()
    request.sourcing.refresh_from_db()
    assert (request.sourcing.opened_at is None) == (sent.note == "") == (sent.unsealed_at is None)
    return sent.note == STORED


# --- rules -----------------------------------------------------------------------------------------------------------------

seals = st.builds(
    Seal, deadline=st.just(DEADLINE), wait=st.just(WAIT), clock=st.sampled_from(Clock), clock_sentence=st.just(""),
    two_openers=st.booleans(), consents=st.integers(0, 3), days=st.integers(1, 30),
)  # fmt: skip
moments = st.timedeltas(-timedelta(days=2), timedelta(days=40)).map(lambda after: DEADLINE + after)


@given(seals, moments)
def test_no_seal_is_lifted_early_against_the_clock_or_by_one_where_two_are_needed(seal: Seal, at: datetime) -> None:
    if may_lift(seal, at) is None:
        assert at > DEADLINE and at >= DEADLINE + WAIT
        assert seal.clock in (Clock.NOBODY, Clock.AGREED, Clock.SILENT)
        assert seal.consents >= 2 or (not seal.two_openers and seal.clock != Clock.SILENT)


@given(seals, moments, st.booleans(), st.sampled_from(["", "vacances", REASON]))
def test_the_head_buyer_alone_lifts_after_the_days_of_the_city_with_a_reason(
    seal: Seal, at: datetime, heads: bool, reason: str
) -> None:
    if may_lift_alone(seal, at, heads, reason) is None:
        assert heads and reason == REASON and at >= DEADLINE + timedelta(days=seal.days) and may_agree(seal, at) is None
    elif heads and reason == REASON and seal.clock in (Clock.NOBODY, Clock.AGREED, Clock.SILENT):
        assert at < DEADLINE + max(WAIT, timedelta(days=seal.days)), "nobody missing blocks longer than that"


# --- the server alone, below the amount ------------------------------------------------------------------------------------


def test_one_second_before_the_five_minutes_are_over_nobody_opens(city: City) -> None:
    request = asked(city)
    with time_machine.travel(DEADLINE + WAIT - timedelta(seconds=1), tick=False) as clock:
        closing.close_due(timezone.now())
        for agent in (city.buyer, city.head_buyer):
            with writes_nothing(city.organisation.pk), refused("too_early"):
                open_answers(agent, request.sourcing.pk)
        assert opening.open_due(timezone.now()) == 0
        clock.shift(timedelta(seconds=1))
        assert opening.open_due(timezone.now()) == 1
    assert is_open(request)
    said = payload_of(Entry.objects.get(verb="answers.opened"))
    assert said and (said["how"], said["clock"], said["openers"]) == ("server", "nobody", [])
    assert sentence(Entry.objects.get(verb="answers.opened")) == "Le serveur a ouvert les réponses : 1 à temps, 0 trop tard."
    assert [problem.sentence for problem in verify(city.organisation.pk).problems if "submission" in problem.sentence] == []


def test_a_broken_seal_keeps_no_other_request_closed(city: City, caplog: pytest.LogCaptureFixture) -> None:
    broken, whole = asked(city), asked(city)
    Submission.objects.filter(sourcing=broken.sourcing).update(sealed=b"sourcier-seal-v1\nbroken")
    with time_machine.travel(DEADLINE + WAIT, tick=False):
        closing.close_due(timezone.now())
        assert opening.open_due(timezone.now()) == 1
    opened_ones = Sourcing.objects.exclude(opened_at=None)
    assert [each.pk for each in opened_ones] == [whole.sourcing.pk]
    assert f"the server opens nothing of {broken.sourcing.pk}: seal_broken" in caplog.text


def test_the_server_opens_nothing_whose_reference_is_not_chosen(city: City) -> None:
    request = asked(city)
    request.sourcing.saving_reference.delete()
    with time_machine.travel(DEADLINE + timedelta(days=9), tick=False):
        closing.close_due(timezone.now())
        assert opening.open_due(timezone.now()) == 0
    assert not is_open(request)


def test_information_waits_for_its_buyer_and_is_not_sealed(city: City) -> None:
    request = make_request(city, kind="rfi")
    act.submit(request.invite(), answer(request), received_at=BEFORE)
    assert Submission.objects.get().sealed is None
    with time_machine.travel(DEADLINE + timedelta(seconds=1), tick=False):
        closing.close_due(timezone.now())
        assert opening.open_due(timezone.now()) == 0
        assert open_answers(city.buyer, request.sourcing.pk).opened_at


# --- two people, above it --------------------------------------------------------------------------------------------------


@pytest.fixture
def members(city: City) -> City:
    """Bruno and Helene are members, Salima their substitute."""
    set_opening(
        city.head_buyer, from_cents=1_000_000, days=3,
        members=[city.buyer.id, city.head_buyer.id], substitutes=[city.second_buyer.id],
    )  # fmt: skip
    return city


@pytest.fixture
def after(members: City) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DEADLINE + WAIT, tick=False) as clock:
        yield clock


def test_two_members_open_together_and_one_alone_does_not(members: City, after: time_machine.Traveller) -> None:
    request = asked(members, two=True)
    closing.close_due(timezone.now())
    assert opening.open_due(timezone.now()) == 0
    for _ in range(2):
        open_answers(members.buyer, request.sourcing.pk)
        assert not is_open(request), "one person agrees once"
    open_answers(members.head_buyer, request.sourcing.pk)
    assert is_open(request)
    said = payload_of(Entry.objects.get(verb="answers.opened"))
    assert said and said["how"] == "two_people" and len(said["openers"]) == 2
    assert Entry.objects.filter(verb="opening.agreed").count() == 2


def test_a_substitute_stands_in_and_the_journal_says_so(members: City, after: time_machine.Traveller) -> None:
    request = asked(members, two=True)
    closing.close_due(timezone.now())
    open_answers(members.second_buyer, request.sourcing.pk)
    assert "suppléant, est d'accord" in sentence(Entry.objects.get(verb="opening.agreed"))
    open_answers(members.buyer, request.sourcing.pk)
    assert is_open(request)


def test_who_is_not_named_or_of_another_city_does_not_agree(
    members: City, other_city: City, after: time_machine.Traveller
) -> None:
    request = asked(members, two=True)
    closing.close_due(timezone.now())
    set_opening(
        members.head_buyer, from_cents=0, days=3, members=[members.head_buyer.id, members.second_buyer.id], substitutes=[]
    )
    for agent in (members.buyer, members.requester, members.auditor):
        with writes_nothing(members.organisation.pk), refused("not_an_opener"):
            open_answers(agent, request.sourcing.pk)
    with pytest.raises(Sourcing.DoesNotExist):
        open_answers(other_city.head_buyer, request.sourcing.pk)
    assert not OpeningConsent.objects.exists()


def test_nobody_agrees_before_the_hour(members: City) -> None:
    request = asked(members, two=True)
    with time_machine.travel(DEADLINE + WAIT - timedelta(seconds=1), tick=False):
        closing.close_due(timezone.now())
        with writes_nothing(members.organisation.pk), refused("too_early"):
            open_answers(members.buyer, request.sourcing.pk)


def test_a_missing_person_blocks_no_longer_than_the_days_of_the_city(members: City, after: time_machine.Traveller) -> None:
    request = asked(members, two=True)
    closing.close_due(timezone.now())
    open_answers(members.buyer, request.sourcing.pk)
    for agent, code in ((members.head_buyer, "wait_for_second"), (members.buyer, "not_head")):
        with writes_nothing(members.organisation.pk), refused(code):
            open_answers(agent, request.sourcing.pk, alone=REASON)
    after.move_to(DEADLINE + timedelta(days=3))
    with writes_nothing(members.organisation.pk), refused("no_reason"):
        open_answers(members.head_buyer, request.sourcing.pk, alone="absente")
    open_answers(members.head_buyer, request.sourcing.pk, alone=REASON)
    assert is_open(request)
    said = payload_of(Entry.objects.get(verb="answers.opened"))
    assert said and (said["how"], said["reason"]) == ("head_buyer_alone", REASON)


def test_without_named_members_any_two_buyers_open(city: City) -> None:
    request = asked(city, two=True)
    with time_machine.travel(DEADLINE + WAIT, tick=False):
        closing.close_due(timezone.now())
        with refused("not_an_opener"):
            open_answers(city.requester, request.sourcing.pk)
        open_answers(city.buyer, request.sourcing.pk)
        assert not is_open(request)
        open_answers(city.second_buyer, request.sourcing.pk)
    assert is_open(request)


def test_members_are_named_by_the_head_buyer_two_at_least_and_active(city: City) -> None:
    people = [city.buyer.id, city.second_buyer.id]
    good: dict[str, Any] = {"from_cents": 0, "days": 3, "members": people, "substitutes": [city.head_buyer.id]}
    deactivate_user(city.admin, city.requester.id)
    for change, code in (
        ({"members": people[:1], "substitutes": []}, "one_member"),
        ({"members": []}, "one_member"),
        ({"substitutes": people[:1]}, "both"),
        ({"members": [*people, city.requester.id]}, "unknown"),
        ({"members": [*people, city.auditor.id]}, "unknown"),
        ({"days": 0}, "days"),
        ({"days": 31}, "days"),
        ({"from_cents": -1}, "amount"),
    ):
        with writes_nothing(city.organisation.pk), refused(code):
            set_opening(city.head_buyer, **good | change)
    with writes_nothing(city.organisation.pk), refused("not_allowed"):
        set_opening(city.buyer, **good)
    set_opening(city.head_buyer, **good)
    set_opening(city.head_buyer, **good | {"substitutes": []})
    assert [opener.user_id for opener in city.organisation.openers.order_by("pk")] == people
    assert verify(city.organisation.pk).ok


# --- the time, by a third party --------------------------------------------------------------------------------------------


@pytest.fixture
def authority(settings: Any, tmp_path: Path) -> Iterator[Authority]:
    with served(made_authority(tmp_path)) as made:
        settings.TSA, settings.TSA_TIMEOUT = (made.url,), 5.0
        yield made


def now() -> datetime:
    return timezone.now().replace(microsecond=0)


def test_an_authority_that_agrees_is_kept_whole_in_the_journal(city: City, authority: Authority) -> None:
    request = asked(city, now() - timedelta(minutes=6))
    closing.close_due(timezone.now())
    with refused("clock_waits"):
        open_answers(city.buyer, request.sourcing.pk)
    assert clocks.check_clocks(timezone.now()) == 1
    assert clocks.check_clocks(timezone.now()) == 0 and authority.asked == 1, "asked once when it agrees"
    assert opening.open_due(timezone.now()) == 1 and is_open(request)
    said = payload_of(Entry.objects.get(verb="clock.agreed"))
    assert said
    stamp = verify_stamp(base64.b64decode(said["token"]), said["asked"].encode())
    assert stamp.told_at > Sourcing.objects.get().deadline  # type: ignore[operator]
    opened_entry = payload_of(Entry.objects.get(verb="answers.opened"))
    assert opened_entry and opened_entry["clock"] == "agreed" and opened_entry["told_at"] == said["told_at"]
    assert [problem.sentence for problem in verify(city.organisation.pk).problems if "clock" in problem.sentence] == []


@pytest.mark.parametrize(
    ("ahead", "moved", "words"),
    [
        pytest.param(timedelta(hours=1), timedelta(hours=2), "diffère de", id="the server's clock is two hours ahead"),
        pytest.param(timedelta(seconds=30), timedelta(seconds=45), "n'est pas passée", id="45 s ahead, the deadline in 30 s"),
    ],
)
def test_with_the_servers_clock_moved_nobody_opens(
    city: City, authority: Authority, settings: Any, ahead: timedelta, moved: timedelta, words: str
) -> None:
    settings.OPENING_WAIT = timedelta(0)
    request = asked(city, now() + ahead)
    with time_machine.travel(now() + moved, tick=True):
        closing.close_due(timezone.now())
        assert clocks.check_clocks(timezone.now()) == 0
        for agent, alone in ((city.buyer, None), (city.head_buyer, None), (city.head_buyer, REASON)):
            with writes_nothing(city.organisation.pk), refused("clock_refused"):
                open_answers(agent, request.sourcing.pk, alone=alone)
        assert opening.open_due(timezone.now()) == 0
        assert words in sentence(Entry.objects.get(verb="clock.refused"))
        assert clocks.check_clocks(timezone.now() + timedelta(minutes=1)) == 0
        assert Entry.objects.filter(verb="clock.refused").count() == 1, "said once"
        authority.manner = "500"
        clocks.check_clocks(timezone.now() + timedelta(minutes=3))
        assert ClockCheck.objects.get().state == "silent" and Entry.objects.filter(verb="clock.silent").count() == 1
        assert [problem.sentence for problem in verify(city.organisation.pk).problems if "clock" in problem.sentence] == []
    assert not is_open(request)


def test_a_lying_authority_is_passed_over_when_another_tells_the_time(
    city: City, authority: Authority, settings: Any, tmp_path: Path
) -> None:
    authority.manner = "lies"
    (tmp_path / "other").mkdir()
    request = asked(city, now() - timedelta(minutes=6))
    closing.close_due(timezone.now())
    with served(made_authority(tmp_path / "other")) as honest:
        settings.TSA = (authority.url, honest.url)
        assert clocks.check_clocks(timezone.now()) == 1
    assert "diffère" in ClockCheck.objects.get().sentence
    assert opening.open_due(timezone.now()) == 1 and is_open(request)


def test_when_none_answers_two_people_vouch_and_the_journal_says_that_the_server_alone_told_the_time(
    city: City, authority: Authority
) -> None:
    authority.manner = "500"
    request = asked(city, now() - timedelta(minutes=6))
    closing.close_due(timezone.now())
    assert clocks.check_clocks(timezone.now()) == 0 and opening.open_due(timezone.now()) == 0
    open_answers(city.buyer, request.sourcing.pk)
    assert not is_open(request)
    assert clocks.check_clocks(timezone.now() + timedelta(minutes=2)) == 0 and authority.asked == 2, "asked again meanwhile"
    open_answers(city.second_buyer, request.sourcing.pk)
    assert is_open(request)
    said = payload_of(Entry.objects.get(verb="answers.opened"))
    assert said and (said["clock"], said["how"], said["told_at"]) == ("silent", "two_people", None)


# --- what the seal keeps ---------------------------------------------------------------------------------------------------

MARKS = ("MARQUE-4711", "471199", "47,1199")


def everything_at_rest(folder: Path) -> bytes:
    """Every row of every table and every file: database, its log, vault, keys."""
    rows = [
        repr([bytes(value) if isinstance(value, memoryview) else value for value in row])
        for model in apps.get_models()
        for row in model._base_manager.values_list()
    ]
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return "\n".join(rows).encode() + b"".join(files)


@pytest.mark.django_db(transaction=True)
def test_a_mark_typed_in_a_quote_is_nowhere_before_the_opening(
    city: City, settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_the_servers_own_client(monkeypatch)
    caplog.set_level(logging.DEBUG)
    request = make_request(city)
    invitation = request.invite()
    with time_machine.travel(BEFORE, tick=True):
        client = browser(invitation)
        large = SimpleUploadedFile("devis MARQUE-4711.txt", b"MARQUE-4711 dans un gros devis. " * 60_000)
        typed = request.form(
            "47,1199", signer="MARQUE-4711", note="MARQUE-4711", reservation="MARQUE-4711", daily_maximum="MARQUE-4711"
        )
        assert client.post("/r/prix/", {**typed, "vat": "", "documents": large}).status_code == 400
        assert client.post("/r/prix/", typed).status_code == 302
        assert "MARQUE-4711" in client.get("/r/recepisse/").content.decode(), "the firm reads its own"
    with closed(connection):
        call_command("backup", str(tmp_path / "copy"))
        at_rest = everything_at_rest(Path(settings.VAR)) + everything_at_rest(tmp_path / "copy")
    for mark in MARKS:
        for written in (mark.encode(), mark.encode().hex().encode(), repr(mark.encode())[2:-1].encode()):
            assert written not in at_rest, written
        assert mark not in caplog.text
    opened(request)
    assert Submission.objects.get().note == "MARQUE-4711"
    assert b"gros devis" in path_of(File.objects.get(name="devis MARQUE-4711.txt")).read_bytes()


def test_a_damaged_seal_opens_nothing_and_nothing_is_lost_once_it_is_mended(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    draft = act.draft(invitation)
    file = act.add_document(draft, SimpleUploadedFile("devis.txt", b"Mon devis"))
    act.submit(invitation, answer(request), draft=draft, received_at=BEFORE)
    good = path_of(file).read_bytes()
    path_of(file).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(Refused, match="seal_broken") as told:
        opened(request)
    assert "Rien n'a été ouvert" in told.value.sentence
    request.sourcing.refresh_from_db()
    assert request.sourcing.opened_at is None and Submission.objects.get().unsealed_at is None
    path_of(file).write_bytes(good)
    with time_machine.travel(DEADLINE + timedelta(minutes=10), tick=True):
        open_answers(city.buyer, request.sourcing.pk)
    assert [document.file.name for document in answers.documents(Submission.objects.get())] == ["devis.txt"]


def test_without_the_master_key_a_firm_is_told_that_nothing_left_and_keeps_what_it_typed(city: City) -> None:
    request = make_request(city)
    with time_machine.travel(BEFORE, tick=True):
        client = browser(request.invite())
        ensure_key(city.organisation.pk, request.sourcing.pk)
        key = master.folder() / f"master-{master.current():04}.key"
        kept = key.read_bytes()
        key.unlink()
        refusal = client.post("/r/prix/", request.form("0,95"))
        assert refusal.status_code == 400 and 'value="0,95"' in refusal.content.decode()
        assert "rien n&#x27;est parti" in refusal.content.decode()
        key.write_bytes(kept)
        assert client.post("/r/prix/", request.form("0,95")).status_code == 302


def test_a_seal_moved_to_another_answer_does_not_open(city: City) -> None:
    request = make_request(city)
    one, other = (
        act.submit(request.invite(name, f"{name}@pain.example"), answer(request, price), received_at=BEFORE)
        for name, price in (("un", "0.80"), ("deux", "0.95"))
    )
    Submission.objects.filter(pk=one.pk).update(sealed=other.sealed, sealed_sha256=other.sealed_sha256)
    with pytest.raises(Refused, match="seal_broken"):
        opened(request)


def test_what_is_opened_is_what_was_sealed_word_for_word(city: City) -> None:
    request = make_request(city, lines=2, places=3)
    act.submit(request.invite(), answer(request, reservation="pas en août"), received_at=BEFORE)
    sealed = payload_of(Entry.objects.get(verb="answer.received"))
    opened(request)
    lifted = payload_of(Entry.objects.get(verb="answer.unsealed"))
    assert sealed and lifted and lifted["commitment"] == sealed["commitment"]
    content = json.loads(lifted["content"])
    assert content["reservation"] == "pas en août" and len(content["salt"]) == 32
    for row in (row for row in lifted["rows"] if row["kind"] == "submission"):
        assert row["reservation"] == "pas en août" and row["sealed_sha256"] == sealed["sealed_sha256"]


def test_no_answer_replaced_withdrawn_or_late_is_ever_unsealed(city: City) -> None:
    request = make_request(city)
    replaced, taken, late = (request.invite(name, f"{name}@pain.example") for name in ("un", "deux", "trois"))
    for invitation in (replaced, replaced, taken):
        act.submit(invitation, answer(request, note="FERMÉ" if invitation == taken else ""), received_at=BEFORE)
    act.withdraw(taken, at=BEFORE)
    act.submit(late, answer(request), received_at=DEADLINE + timedelta(seconds=1))
    opened(request)
    states = Submission.objects.order_by("created_at").values_list("state", "unsealed_at", "signer")
    assert {(state, bool(at), bool(signer)) for state, at, signer in states} == {
        ("received", True, True), ("replaced", False, False), ("withdrawn", False, False), ("late", False, False),
    }  # fmt: skip
