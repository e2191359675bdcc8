"""Real time-stamps of public authorities, and what changing them anywhere gives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sourcier.kernel import timestamps
from sourcier.kernel.timestamps import BadStamp, Stamp
from tests.journal.authority import TIME, Authority, certificate, made_authority

FIXTURES = ("tsa", "fixtures")
MESSAGE = b"hello"


def real(shared_data: Path, name: str, *, known: bool = False) -> tuple[bytes, list[timestamps.x509.Certificate]]:
    """A reply and the certificates given beside it."""
    file = shared_data.joinpath(*FIXTURES, name)
    if not file.exists():
        pytest.skip("../shared/data/tsa is absent")
    return file.read_bytes(), timestamps.read_certificates((file.parent / "ts_chain.pem").read_bytes())


@pytest.mark.parametrize(
    ("name", "told_at", "length"),
    [
        ("identrust/issue-104.tsr", datetime(2025, 3, 11, 8, 52, 8, tzinfo=UTC), 3),
        ("sigstage/response-sha256.tsr", datetime(2025, 5, 9, 11, 58, 55, tzinfo=UTC), 1),
        ("sigstage/response-sha384.tsr", datetime(2025, 5, 9, 11, 58, 55, tzinfo=UTC), 1),
        ("sigstage/response-sha512.tsr", datetime(2025, 5, 9, 11, 58, 56, tzinfo=UTC), 1),
        ("sigstage/response-no-embedded-cert.tsr", datetime(2025, 6, 18, 8, 13, 2, tzinfo=UTC), 1),
        ("test_tsa/response.tsr", datetime(2024, 10, 8, 15, 40, 32, tzinfo=UTC), 1),
        ("test_tsa/response-injected-certs.tsr", datetime(2024, 10, 8, 15, 40, 32, tzinfo=UTC), 1),
    ],
)
def test_the_time_of_a_real_reply_is_read_up_to_its_root_even_when_its_chain_is_unsorted(
    shared_data: Path, name: str, told_at: datetime, length: int
) -> None:
    reply, known = real(shared_data, name)
    stamp = timestamps.verify(reply, MESSAGE, known=known)
    assert stamp.told_at == told_at
    assert len(timestamps.path(stamp, known)) == length


@pytest.mark.parametrize(
    ("name", "code"),
    [("sigstage/response-invalid-signature.tsr", "signature"), ("sigstore.mock/response-expired.tsr", "imprint")],
)
def test_a_real_reply_that_proves_nothing_is_refused(shared_data: Path, name: str, code: str) -> None:
    reply, known = real(shared_data, name)
    with pytest.raises(BadStamp) as refused:
        timestamps.verify(reply, MESSAGE, known=known)
    assert refused.value.code == code


def test_another_authority_of_the_same_name_is_not_the_one_we_trust(shared_data: Path) -> None:
    reply, known = real(shared_data, "test_tsa/other_response.tsr")
    with pytest.raises(BadStamp) as refused:
        timestamps.path(timestamps.verify(reply, MESSAGE), known)
    assert refused.value.code == "chain"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return made_authority(tmp_path_factory.mktemp("authority"))


def stamped(authority: Authority) -> tuple[bytes, Stamp]:
    reply = authority.reply(timestamps.request(MESSAGE, 7))
    return reply, timestamps.verify(reply, MESSAGE, nonce=7)


def test_a_reply_with_any_byte_changed_is_refused_or_says_the_same(authority: Authority) -> None:
    reply, honest = stamped(authority)
    for place in range(len(reply)):
        changed = reply[:place] + bytes([reply[place] ^ 1]) + reply[place + 1 :]
        try:
            stamp = timestamps.verify(changed, MESSAGE, nonce=7)
        except BadStamp:
            continue
        assert (stamp.told_at, stamp.serial, stamp.certificates[0]) == (honest.told_at, honest.serial, honest.certificates[0])


@pytest.mark.parametrize("kind", ["p256", "p384"])
def test_signatures_on_curves_are_verified(tmp_path: Path, kind: str) -> None:
    stamp = stamped(made_authority(tmp_path, kind=kind))[1]
    assert datetime.now(UTC) - stamp.told_at < timedelta(minutes=1)


def test_rsa_pss_is_verified(authority: Authority) -> None:
    told_at = datetime.now(UTC).replace(microsecond=0)
    reply = authority.forged(timestamps.request(MESSAGE, 7), told_at, "-keyopt", "rsa_padding_mode:pss")
    assert timestamps.verify(reply, MESSAGE, nonce=7).told_at == told_at


def test_the_path_goes_through_authorities_alone_in_whatever_order_they_come(tmp_path: Path) -> None:
    root = certificate("Racine")
    upper = certificate("Intermédiaire 1", root)
    lower = certificate("Intermédiaire 2", upper)
    signer = certificate("Horodateur", lower, usage=TIME)
    authority = Authority(tmp_path, root, signer, between=(lower, upper))
    stamp = stamped(authority)[1]
    assert timestamps.path(stamp, [root.certificate]) == tuple(each.certificate for each in (signer, lower, upper, root))
    ended = certificate("Intermédiaire 1", root, days=(-30, -1))
    for between, roots in [
        ((lower,), [root]),
        ((lower, ended), [root]),
        ((lower, upper), [certificate("Racine")]),
    ]:
        authority.between = between
        with pytest.raises(BadStamp) as refused:
            timestamps.path(stamped(authority)[1], [each.certificate for each in roots])
        assert refused.value.code == "chain"


def test_a_signer_cannot_make_another_signer(tmp_path: Path) -> None:
    root = certificate("Racine")
    first = certificate("Horodateur", root, usage=TIME)
    authority = Authority(tmp_path, root, certificate("Faux horodateur", first, usage=TIME), between=(first,))
    with pytest.raises(BadStamp) as refused:
        timestamps.path(stamped(authority)[1], [root.certificate])
    assert refused.value.code == "chain"


def test_clocks_may_differ_by_a_minute_and_no_more(authority: Authority) -> None:
    stamp = stamped(authority)[1]
    told = stamp.told_at
    minute, second = timedelta(minutes=1), timedelta(seconds=1)
    timestamps.check_clock(stamp, told + minute, told + minute + second)
    timestamps.check_clock(stamp, told - minute - second, told - minute)
    for asked_at, sentence in [
        (told + minute + second, "1 min"),
        (told - timedelta(hours=5), "5 h"),
        (told - timedelta(9), "9 jours"),
    ]:
        with pytest.raises(BadStamp, match=f"diffère de {sentence} de celle de notre serveur"):
            timestamps.check_clock(stamp, asked_at, asked_at)


def test_certificates_are_read_from_any_usual_file(authority: Authority) -> None:
    one, other = authority.root, authority.signer
    text = b"subject=Racine\n" + one.pem.replace(b"\n", b"\r\n") + b"\nother:\n" + other.pem
    assert timestamps.read_certificates(text) == [one.certificate, other.certificate]
    der = one.certificate.public_bytes(timestamps.Encoding.DER)
    assert timestamps.read_certificates(der) == [one.certificate]
    with pytest.raises(ValueError):
        timestamps.read_certificates(b"rien")
