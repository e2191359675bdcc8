"""A draw replays from its dossier alone: its list, its seed and its order."""

import json
from hashlib import sha256
from io import BytesIO

import pytest
from hypothesis import given

from sourcier.dossier.offline import verifier
from sourcier.journal import proofs
from sourcier.journal.models import Entry
from sourcier.sourcing import balanced
from sourcier.sourcing.actions import draw
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.dossier.attacks import pack, repair, unpack
from tests.dossier.drawing import (
    LIES,
    ORDER,
    TOKEN,
    Edit,
    dossier,
    drawn_by_token,
    honest,
    one_order,
    one_seed,
    one_siret,
    told,
)
from tests.dossier.test_report import report_of
from tests.journal.authority import Authority
from tests.pdf import text_of
from tests.sourcing.entries import last_payload
from tests.sourcing.test_balanced import DAY, counts, lists, seeds


def test_the_script_replays_each_draw_and_says_what_its_chance_is_worth(city: City, searched: Sourcing) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    draw.propose(city.buyer, searched.pk, 3, "Deux ont fermé.")
    report = verifier.verify(BytesIO(dossier(city, searched)))
    assert report.problems == []
    told = [fact for fact in report.facts if "tirage" in fact]
    assert told[0].startswith("Le tirage n° 1 est rejoué : 4 entreprises parmi 6, les mêmes dans le même ordre.")
    assert "Son hasard n'est pas prouvé" in told[0]
    assert told[1].endswith("C'en est un de plus, parce que : Deux ont fermé.")


def test_the_seed_of_a_token_is_the_first_that_follows_the_list(city: City, searched: Sourcing, stamping: Authority) -> None:
    data = drawn_by_token(city, searched)
    report = verifier.verify(BytesIO(data))
    assert report.problems == []
    assert any("jeton d'un tiers, pris après la liste (horodatage n° " in fact for fact in report.facts)
    seed = last_payload(searched, "panel.drawn")["seed"]
    assert seed in {sha256(body).hexdigest() for name, body in unpack(data).items() if name.endswith(".tsr")}


@pytest.mark.parametrize(("edit", "sentence"), LIES)
def test_a_false_draw_in_a_sound_journal_is_told(city: City, searched: Sourcing, edit: Edit, sentence: str) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    told(city, searched, honest)
    assert verifier.verify(BytesIO(dossier(city, searched))).problems == []
    told(city, searched, edit)
    assert verifier.verify(BytesIO(dossier(city, searched))).problems == [sentence]


@pytest.mark.parametrize(("edit", "sentence"), [(one_siret, ORDER), (one_order, ORDER), (one_seed, TOKEN)])
def test_what_is_changed_in_the_dossier_itself_is_told_as_well(
    city: City, searched: Sourcing, stamping: Authority, edit: Edit, sentence: str
) -> None:
    files = unpack(drawn_by_token(city, searched))
    (name,) = (name for name, body in files.items() if name.startswith("data/payloads/") and b'"chance":' in body)
    files[name] = json.dumps(edit(json.loads(files[name]))).encode()
    assert f"Le tirage n° 1 ne se rejoue pas : {sentence}" in verifier.verify(BytesIO(pack(repair(files)))).problems


def test_a_token_taken_out_of_the_dossier_is_told(city: City, searched: Sourcing, stamping: Authority) -> None:
    files = unpack(drawn_by_token(city, searched))
    files = {name: body for name, body in files.items() if "anchor" not in name}
    problems = verifier.verify(BytesIO(pack(repair(files)))).problems
    assert "Le tirage n° 1 ne se rejoue pas : le jeton dont vient son hasard n'est pas dans le dossier." in problems


@given(lists, counts, seeds)
def test_the_script_and_the_program_draw_alike(listed: list[balanced.Listed], count: int, seed: bytes) -> None:
    firms = [{name: getattr(each, name) for name in each.__slots__} for each in listed]
    assert verifier.draw_again(firms, count, DAY, seed) == balanced.propose(listed, count, DAY, seed)


def test_the_root_after_an_entry_is_read_from_its_proof_of_inclusion(city: City, searched: Sourcing) -> None:
    log_id, size = city.organisation.pk, proofs.checkpoint(city.organisation.pk).size
    for index, proof in enumerate(proofs.inclusions(log_id, range(size), size)):
        leaf = bytes(Entry.objects.get(log_id=log_id, index=index).leaf_hash)
        assert verifier.root_after(index, size, leaf, proof) == proofs.root(log_id, index + 1)


def test_the_report_tells_each_draw_its_chance_and_its_reason(city: City, searched: Sourcing) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    draw.propose(city.buyer, searched.pk, 3, "Deux ont fermé.")
    said = " ".join(text_of(report_of(dossier(city, searched))).split()).replace("’", "'")
    assert "Tirage n° 1 : 4 entreprises parmi 6" in said and "tirage rejouable, hasard non prouvé" in said
    assert "Tirage n° 2 : 3 entreprises parmi 6" in said and "Deux ont fermé." in said
