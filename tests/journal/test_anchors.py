"""The time of the journal, stamped by a real authority of these tests: taken by the worker, never in the way of anyone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
import time_machine
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.db import connection, transaction
from django.utils import timezone

from sourcier.journal import anchors, queries, revocations
from sourcier.journal.actions import append
from sourcier.journal.models import Anchor, Entry
from sourcier.journal.registry import VERBS, Verb
from sourcier.journal.verify import verify
from sourcier.kernel import revocation
from sourcier.mail.due import run_due
from tests.cities import City
from tests.journal.authority import TIME, Authority, answered, certificate, made_authority, revoked_by, served
from tests.journal.entries import writes, writes_nothing

pytestmark = pytest.mark.django_db(transaction=True)
ACT = Verb("test.deadline", "La date est passée.", anchored=True)


@pytest.fixture
def act(city: City) -> Iterator[Callable[[], Entry]]:
    """Something that happened in the city, whose time matters: `act()`."""

    def act() -> Entry:
        with transaction.atomic():
            return append(city.organisation.pk, None, ACT.id, {})

    VERBS[ACT.id] = ACT
    yield act
    del VERBS[ACT.id]


def test_the_time_of_an_act_is_stamped_by_the_worker_and_told_to_the_journal(
    city: City, authority: Authority, act: Callable[[], Entry]
) -> None:
    entry = act()
    assert authority.asked == 0
    with writes(city.organisation.pk, "anchor.taken") as written:
        run_due(timezone.now())
    anchor = Anchor.objects.get()
    assert (anchor.state, anchor.error, anchor.trusted) == ("obtained", "", True)
    assert anchor.checkpoint and anchor.checkpoint.size == entry.index + 1
    assert anchor.told_at and abs(anchor.told_at - timezone.now()) < timedelta(minutes=1)
    assert anchor.certificates.count("BEGIN CERTIFICATE") == 2
    said = queries.payload_of(written[0])
    assert said and (said["size"], said["root"]) == (anchor.checkpoint.size, anchor.checkpoint.root)
    assert said["token_sha256"] == sha256(bytes(anchor.reply or b"")).hexdigest()
    assert "a attesté l'heure du journal" in queries.sentence(written[0])


def test_without_an_authority_nothing_is_asked(city: City, act: Callable[[], Entry]) -> None:
    act()
    with writes_nothing(city.organisation.pk):
        run_due(timezone.now())
    assert not Anchor.objects.exists()


def test_acts_that_follow_each_other_wait_for_one_stamp(city: City, authority: Authority, act: Callable[[], Entry]) -> None:
    for _ in range(3):
        last = act()
    assert Anchor.objects.get().wanted == last.index + 1
    assert anchors.take_due(timezone.now()) == 1
    assert anchors.take_due(timezone.now()) == 0
    assert authority.asked == 1


def test_an_act_during_the_question_has_its_own_stamp(city: City, authority: Authority, act: Callable[[], Entry]) -> None:
    act()
    honest = authority.reply

    def reply_after_an_act(query: bytes) -> bytes:
        act()
        connection.close()  # that of the server's thread
        return honest(query)

    authority.reply = reply_after_an_act  # type: ignore[method-assign]
    assert anchors.take_due(timezone.now()) == 1
    assert [each.state for each in Anchor.objects.order_by("pk")] == ["obtained", "asked"]


def test_each_day_has_its_stamp_even_when_nothing_happened(city: City, authority: Authority) -> None:
    now = timezone.now()
    assert anchors.take_due(now) == 1
    assert anchors.take_due(now) == 0
    assert anchors.take_due(now + timedelta(days=1)) == 1
    assert Anchor.objects.count() == 2


@pytest.mark.parametrize(
    ("manner", "sentence"),
    [
        ("slow", "n'a pas répondu en 1 s."),
        ("500", "a répondu par une erreur (500)."),
        ("garbage", "a répondu autre chose qu'un horodatage lisible."),
        ("cut", "a répondu autre chose qu'un horodatage lisible."),
        ("endless", "a répondu trop long pour un horodatage."),
        ("refuses", "a refusé d'horodater."),
        ("wrong imprint", "a horodaté autre chose que notre point de contrôle."),
        ("wrong nonce", "a répondu à une autre demande que la nôtre."),
        ("lies", "donne une heure qui diffère de 3 h de celle de notre serveur : l'une des deux est fausse."),
    ],
)
def test_a_bad_authority_is_said_tried_again_later_and_keeps_nobody_waiting(
    city: City, authority: Authority, act: Callable[[], Entry], settings: Any, manner: str, sentence: str
) -> None:
    settings.TSA_TIMEOUT = 1
    authority.manner = manner
    act()
    now = timezone.now()
    with writes_nothing(city.organisation.pk):
        assert anchors.take_due(now) == 0
    anchor = Anchor.objects.get()
    assert (anchor.state, anchor.attempts, anchor.reply) == ("failed", 1, None)
    assert anchor.error.endswith(sentence)
    assert anchor.next_check == now + timedelta(minutes=1)
    act()
    authority.manner = "right"
    settings.TSA_TIMEOUT = 10
    assert anchors.take_due(now + timedelta(seconds=59)) == 0
    assert anchors.take_due(now + timedelta(seconds=60)) == 1
    anchor.refresh_from_db()
    assert (anchor.state, anchor.attempts, anchor.error) == ("obtained", 2, "")
    assert anchor.checkpoint and anchor.checkpoint.size == anchor.wanted


@pytest.mark.parametrize(
    ("signer", "manner", "sentence"),
    [
        ({"days": (-30, -1)}, "right", "signe avec un certificat qui n'était pas valable à l'heure qu'elle donne."),
        (
            {"usage": (ExtendedKeyUsageOID.EMAIL_PROTECTION,)},
            "forged",
            "signe avec un certificat qui n'est pas fait pour horodater.",
        ),
    ],
)
def test_a_certificate_that_may_not_sign_the_time_is_refused(
    city: City, settings: Any, tmp_path: Path, signer: dict[str, object], manner: str, sentence: str
) -> None:
    made = made_authority(tmp_path, **signer)
    made.manner = manner
    with served(made):
        settings.TSA = (made.url,)
        assert anchors.take_due(timezone.now()) == 0
    assert Anchor.objects.get().error.endswith(sentence)


def test_an_authority_that_no_trusted_root_knows_is_refused(
    city: City, authority: Authority, settings: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(certificate("Autre racine").pem)
    settings.TSA_ROOTS = str(other)
    assert anchors.take_due(timezone.now()) == 0
    assert "nos racines de confiance ne connaissent pas" in Anchor.objects.get().error
    settings.TSA_ROOTS = str(tmp_path / "absent.pem")
    assert anchors.take_due(timezone.now() + timedelta(hours=1)) == 0
    assert "SOURCIER_TSA_ROOTS n'est pas lisible" in Anchor.objects.get().error


def test_without_roots_the_stamp_is_kept_and_says_that_nobody_vouches_for_the_authority(
    city: City, authority: Authority, settings: Any
) -> None:
    settings.TSA_ROOTS = ""
    assert anchors.take_due(timezone.now()) == 1
    assert not Anchor.objects.get().trusted


def test_the_next_authority_is_asked_when_the_first_fails_and_the_failure_stays_visible(
    city: City, authority: Authority, settings: Any
) -> None:
    settings.TSA = ("http://127.0.0.1:9/", authority.url)
    assert anchors.take_due(timezone.now()) == 1
    anchor = Anchor.objects.get()
    assert (anchor.authority, anchor.error) == (authority.url, "127.0.0.1:9 n'est pas joignable.")


def test_a_failing_authority_is_asked_once_a_turn_for_all_cities(city: City, other_city: City, authority: Authority) -> None:
    authority.manner = "500"
    assert anchors.take_due(timezone.now()) == 0
    assert authority.asked == 1
    assert [each.state for each in Anchor.objects.all()] == ["failed", "failed"]


def test_waits_grow_to_half_an_hour() -> None:
    assert [anchors.wait_after(attempts).total_seconds() / 60 for attempts in (1, 2, 3, 5, 6, 7, 900)] == [
        1, 2, 4, 16, 30, 30, 30,
    ]  # fmt: skip


def test_an_account_is_given_to_the_authority_and_shown_nowhere(city: City, authority: Authority, settings: Any) -> None:
    settings.TSA = (authority.url.replace("http://", "http://ville:mot%2Dde-passe@"),)
    assert anchors.take_due(timezone.now()) == 1
    assert authority.accounts == ["Basic dmlsbGU6bW90LWRlLXBhc3Nl"]
    anchor = Anchor.objects.get()
    told = bytes(Entry.objects.get(verb="anchor.taken").payload.body or b"").decode()
    assert "passe" not in anchor.authority + anchor.error + told


def test_an_anchor_left_by_a_dead_worker_is_taken_by_another_and_the_late_answer_is_dropped(
    city: City, authority: Authority, act: Callable[[], Entry]
) -> None:
    act()
    now = timezone.now()
    anchor = Anchor.objects.get()
    claimed = anchors._claim(anchor.pk, city.organisation.pk, now)
    assert claimed
    assert anchors.take_due(now + anchors.LEASE - timedelta(seconds=1)) == 0
    assert anchors.take_due(now + anchors.LEASE) == 1
    anchors._put_off(claimed, "trop tard", now)
    assert Anchor.objects.get().state == "obtained"


def found_by_verify(city: City) -> list[str]:
    return [problem.sentence for problem in verify(city.organisation.pk).problems]


def test_verify_checks_each_anchor_against_its_checkpoint_and_says_how_many(
    city: City, authority: Authority, act: Callable[[], Entry]
) -> None:
    assert any("Aucune heure attestée par un tiers" in line for line in verify(city.organisation.pk).sentences())
    for _ in range(2):
        entry = act()
        assert anchors.take_due(timezone.now()) == 1
    report = verify(city.organisation.pk)
    assert report.ok, report.problems
    assert (report.anchors.count, report.anchors.size) == (2, entry.index + 1)
    assert any(line.startswith("Heures attestées par un tiers, vérifiées : 2.") for line in report.sentences())
    assert report.to_json()["anchors"]["count"] == 2


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        ({"told_at": timezone.now() - timedelta(days=400)}, ["l'heure gardée n'est pas celle du jeton", "(told_at)"]),
        ({"reply": b"rien"}, ["a répondu autre chose qu'un horodatage lisible"]),
        ({"reply": None}, ["son jeton ou son point de contrôle manque"]),
        ({"certificates": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, ["ne sont pas lisibles"]),
        ({"state": "asked"}, ["n'est plus dans la base"]),
        ({"serial": "1"}, ["(serial)"]),
    ],
)
def test_an_anchor_changed_afterwards_is_found(
    city: City, authority: Authority, act: Callable[[], Entry], change: dict[str, Any], sentences: list[str]
) -> None:
    act()
    assert anchors.take_due(timezone.now()) == 1
    Anchor.objects.update(**change)
    found = found_by_verify(city)
    assert all(any(sentence in each for each in found) for sentence in sentences), found


def test_a_token_swapped_for_that_of_another_checkpoint_is_found(
    city: City, authority: Authority, act: Callable[[], Entry]
) -> None:
    for _ in range(2):
        act()
        assert anchors.take_due(timezone.now()) == 1
    first, second = Anchor.objects.order_by("pk")
    Anchor.objects.filter(pk=second.pk).update(reply=first.reply, told_at=first.told_at)
    assert any("a horodaté autre chose que notre point de contrôle" in each for each in found_by_verify(city))


def test_an_anchor_still_holds_once_its_certificate_has_expired(
    city: City, authority: Authority, act: Callable[[], Entry]
) -> None:
    act()
    assert anchors.take_due(timezone.now()) == 1
    with time_machine.travel(timezone.now() + timedelta(days=20 * 365)):
        assert verify(city.organisation.pk).ok


def test_a_root_that_the_city_trusts_no_more_is_said(
    city: City, authority: Authority, act: Callable[[], Entry], settings: Any, tmp_path: Path
) -> None:
    act()
    assert anchors.take_due(timezone.now()) == 1
    (tmp_path / "roots.pem").write_bytes(certificate("Autre racine").pem)
    assert any("nos racines de confiance ne connaissent pas" in each for each in found_by_verify(city))
    settings.TSA_ROOTS = str(tmp_path / "absent.pem")
    assert any("SOURCIER_TSA_ROOTS n'est pas lisible" in each for each in found_by_verify(city))


def test_entries_dated_after_the_time_that_covers_them_are_found(
    city: City, authority: Authority, act: Callable[[], Entry], settings: Any
) -> None:
    authority.manner = "forged"
    with time_machine.travel(timezone.now() - timedelta(hours=3)):
        assert anchors.take_due(timezone.now()) == 1
    assert any("est datée d'après elle" in each for each in found_by_verify(city))


def test_what_the_issuer_revoked_is_kept_beside_the_stamp_and_read(
    city: City, authority: Authority, act: Callable[[], Entry]
) -> None:
    address = authority.url.replace("horodatage", "liste.crl")
    authority.signer = certificate("Horodateur révocable", authority.root, usage=TIME, revocations=address)
    lists = [b"", b"rien", revoked_by(certificate("Autre racine")), revoked_by(authority.root, authority.root)]
    for given in lists:
        authority.revocations = given
        act()
        assert anchors.take_due(timezone.now()) == 1
    kept = [each and bytes(each) for each in Anchor.objects.order_by("pk").values_list("revocations", flat=True)]
    assert kept == [None, None, None, lists[3]]
    authority.revocations = revoked_by(authority.root, authority.signer)
    act()
    assert anchors.take_due(timezone.now()) == 0
    assert Anchor.objects.latest("pk").error.endswith("signe avec un certificat révoqué.")


def test_what_each_issuer_answers_is_kept_beside_the_stamp_and_read(
    city: City, authority: Authority, act: Callable[[], Entry], tmp_path: Path
) -> None:
    address = authority.url.replace("horodatage", "ocsp")
    between = certificate("Intermédiaire", authority.root, responder=address)
    authority.signer = certificate("Horodateur interrogeable", between, usage=TIME, kind="rsa", responder=address)
    authority.between = (between,)
    charged = certificate("Répondeur", between, usage=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    stranger = certificate("Intermédiaire", usage=(ExtendedKeyUsageOID.OCSP_SIGNING,))

    def respond(request: bytes, **manner: Any) -> bytes:
        asked = ocsp.load_der_ocsp_request(request).serial_number
        about = between if asked == between.certificate.serial_number else authority.signer
        if about is between:
            return answered(tmp_path, request, authority.root, between)
        if manner.pop("other", False):
            about_another = revocation.question((charged.certificate, between.certificate))
            return answered(tmp_path, about_another, between, charged)
        return answered(tmp_path, request, between, *manner.pop("known", [about]), **manner)

    for manner, count in (
        ({}, 2), ({"by": charged}, 2), ({"by": stranger}, 1), ({"other": True}, 1), ({"known": []}, 1),
    ):  # fmt: skip
        authority.respond = lambda request, manner=manner: respond(request, **manner)  # type: ignore[misc]
        act()
        assert anchors.take_due(timezone.now()) == 1
        anchor = Anchor.objects.latest("pk")
        assert len(revocation.split(bytes(anchor.answers or b""))) == count, manner
        assert ("a répondu autre chose que ce que l'émetteur a signé" in anchor.error) == (count == 1)
    authority.respond = None
    act()
    assert anchors.take_due(timezone.now()) == 1
    assert "a répondu par une erreur (404). Le jeton est gardé sans cela." in Anchor.objects.latest("pk").error
    assert verify(city.organisation.pk).ok
    Anchor.objects.filter(answers__isnull=False).update(answers=b"")
    assert any("ne sont plus ceux que son écriture dit" in each for each in found_by_verify(city))
    authority.respond = lambda request: respond(request, gone=True)
    act()
    assert anchors.take_due(timezone.now()) == 0
    assert Anchor.objects.latest("pk").error.endswith("signe avec un certificat révoqué.")


def test_a_responder_that_is_late_or_away_leaves_the_stamp_without_its_answer(authority: Authority) -> None:
    released = Event()
    authority.respond = lambda request: b"trop tard" if released.wait(10) else b""
    for address, sentence in (
        (authority.url.replace("horodatage", "ocsp"), "n'a pas répondu en"), ("http://127.0.0.1:9/", "n'est pas joignable"),
    ):  # fmt: skip
        signer = certificate("Horodateur interrogeable", authority.root, usage=TIME, responder=address)
        line = (signer.certificate, authority.root.certificate)
        kept = revocations.gather(line, timezone.now(), monotonic() + 0.2)
        assert (kept.lists, kept.answers) == (b"", b"")
        assert sentence in kept.missing
    released.set()
