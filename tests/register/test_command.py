"""`sourcier register` on the command line."""

import io
import json
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from sourcier.project.demo.stock import ESTABLISHMENT
from sourcier.project.management.commands import register as command
from sourcier.register.importing.columns import LAMBERT
from sourcier.register.importing.run import import_stock
from sourcier.register.search import by_siret
from tests.cities import siret
from tests.register.brute import Brute
from tests.register.stocks import establishment, write, write_csv


def run(*words: str | Path) -> str:
    out = io.StringIO()
    call_command("register", *map(str, words), stdout=out)
    return out.getvalue()


def fails(*words: str | Path) -> str:
    """The sentence of a command that ends with code 1."""
    error = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("register", *map(str, words), stdout=io.StringIO(), stderr=error)
    assert ended.value.code == 1
    return error.getvalue()


def test_a_search_prints_its_total_and_its_nearest_firms(demo: Path, brute: Brute) -> None:
    found = json.loads(
        run("search", "--activity", "10.71C", "4724z", "--near", "48.871,2.486", "--radius", "5", "--limit", "4", "--json")
    )
    total, undisclosed, rows = brute.search({("NAFRev2", "10.71C"), ("NAFRev2", "47.24Z")}, [(48.871, 2.486)], 5_000)
    assert (found["total"], found["undisclosed"]) == (total, undisclosed)
    assert [row["siret"] for row in found["results"]] == [siret for siret, _ in rows[:4]]
    assert {"siret", "name", "activity", "distance_km", "approximate"} <= set(found["results"][0])
    assert found["results"][0]["distance_km"] == pytest.approx(rows[0][1] / 1000, abs=0.001)


@pytest.mark.parametrize("place", ["Rosny-sous-Bois", "93110", "93064"])
def test_a_place_may_be_a_commune(demo: Path, place: str) -> None:
    assert "établissements, dont" in run("search", "--activity", "10.71C", "--near", place)


@pytest.mark.parametrize("near", [("--near", "-21.1,55.5"), ("--near=-21.1,55.5",), ("--near", "-.5,-61.2")])
def test_a_place_south_of_the_equator_is_no_option(demo: Path, near: tuple[str, ...]) -> None:
    found = json.loads(run("search", "--activity", "10.71C", *near, "--radius", "5", "--json"))
    assert found["total"] == 0
    everywhere = json.loads(run("search", "--activity", "10.71C", *near, "--radius", "20000", "--json"))
    assert everywhere["total"] > 10


def test_a_code_of_naf_2025_is_understood_alone(demo: Path) -> None:
    assert json.loads(run("search", "--activity", "10.71H", "--near", "93110", "--json"))["total"] > 10


def test_a_known_code_with_no_firm_is_zero(demo: Path) -> None:
    assert json.loads(run("search", "--activity", "99.00Z", "--near", "93110", "--json"))["total"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--activity", "10.71X", "--near", "93110"), "10.71X n'existe pas dans la NAF. Les plus proches : 10.71A, 10.71B,"),
        (("--activity", "10.79Z", "--near", "93110"), "Les plus proches : 10.71A"),
        (("--activity", "99.99Y", "--near", "93110"), "n'existe pas dans la NAF. Les plus proches : 99.00Z."),
        (("--activity", "04.11Z", "--near", "93110"), "Les plus proches : 03.21Z, 03.22Z, 05.10Z, 05.20Z."),
        (("--activity", "00.00A", "--near", "93110"), "Les plus proches : 01.11Z, 01.12Z."),
        (("--activity", "pain", "--near", "93110"), "« pain » : Un code d'activité s'écrit"),
        (("--activity", "10.71C", "--near", "Nulle-Part"), "Aucune commune « Nulle-Part »"),
        (("--activity", "10.71C", "--near", "148.8,2.4"), "La latitude va de -90 à 90"),
        (("--activity", "10.71C", "--near", "nan,2.4"), "La latitude va de -90 à 90"),
        (("--activity", "10.71C", "--near", "93110", "--radius", "-1"), "Le rayon est un nombre"),
        (("--activity", "10.71C", "--near", "93110", "--radius", "nan"), "Le rayon est un nombre"),
        (("--activity", "10.71C", "--near", "93110", "--limit", "-1"), "Le nombre de réponses"),
        (("--activity", "10.71C"), "Donnez au moins un code"),
    ],
)  # fmt: skip
def test_a_wrong_question_gets_a_sentence(demo: Path, words: tuple[str, ...], said: str) -> None:
    assert said in fails("search", *words)


def test_without_a_register_the_command_to_run_is_said(var: Path) -> None:
    assert "sourcier register import" in fails("status")
    assert "sourcier register import" in fails("search", "--activity", "10.71C", "--near", "48.8,2.4")


def test_a_batch_answers_each_line_with_its_id(demo: Path, brute: Brute, tmp_path: Path) -> None:
    asked = [
        {"id": "a", "activities": ["10.71C"], "lat": 48.871, "lon": 2.486, "radius_km": 3, "limit": 3},
        {"id": 7, "activities": ["43.22A", "43.21A"], "lat": 48.85, "lon": 2.45, "radius_km": 12.5},
    ]
    file = tmp_path / "batch.jsonl"
    file.write_text("\n\n".join(json.dumps(line) for line in asked))
    lines: list[dict[str, Any]] = [json.loads(line) for line in run("search", "--batch", file).splitlines()]
    for answer, line in zip(lines, asked, strict=True):
        codes = {("NAFRev2", code) for code in line["activities"]}
        total, _, rows = brute.search(codes, [(line["lat"], line["lon"])], line["radius_km"] * 1000)
        assert set(answer) == {"id", "total", "sirets", "ms"}
        assert (answer["id"], answer["total"]) == (line["id"], total)
        assert answer["sirets"] == [siret for siret, _ in rows[: line.get("limit", 50)]]
        assert answer["ms"] > 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "La ligne 1 n'est pas un objet JSON"),
        ("3", "La ligne 1 n'est pas un objet JSON"),
        ('{"id": 1}', "Ligne 1 : il faut un objet avec id, activities"),
        ('{"id": 1, "activities": ["10.71X"], "lat": 48, "lon": 2, "radius_km": 1}', "Ligne 1 : Le code d'activité 10.71X"),
        ('{"id": 1, "activities": [3], "lat": 48, "lon": 2, "radius_km": 1}', "Ligne 1 : il faut un objet"),
        ('{"id": 1, "activities": ["10.71C"], "lat": "x", "lon": 2, "radius_km": 1}', "Ligne 1 : il faut un objet"),
        ('{"id": 1, "activities": ["10.71C"], "lat": 480, "lon": 2, "radius_km": 1}', "Ligne 1 : La latitude"),
    ],
)
def test_a_bad_line_of_a_batch_is_named(demo: Path, tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "batch.jsonl"
    file.write_text(line)
    assert said in fails("search", "--batch", file)
    assert "ne se lit pas" in fails("search", "--batch", tmp_path / "absent")


def test_import_reports_its_counts_and_puts_the_register_in_use(stock: tuple[Path, Path], var: Path) -> None:
    told = run("import", "--establishments", stock[0], "--legal-units", stock[1], "--departments", "93, 94", "--fictitious")
    assert "Lu : " in told
    assert "Il est en service." in told
    assert "Entreprises inventées pour la démonstration." in run("status")
    found = json.loads(run("status", "--json"))
    assert found["fictitious"] is True
    assert found["stock_date"] == "2026-08-31"
    assert found["active"] + found["closed"] == found["establishments"]


def test_status_tells_the_date_of_the_stock_its_counts_its_size_and_the_share_with_coordinates(
    tmp_path: Path, use: Callable[[Path], Path]
) -> None:
    without = dict.fromkeys(LAMBERT, "")
    rows = [
        *(establishment(number) for number in (1, 2, 3, 4, 5)), establishment(6, **without),
        establishment(7, codeCommuneEtablissement="98812", **without), establishment(8, etatAdministratifEtablissement="F"),
        establishment(9, statutDiffusionEtablissement="P", dateDernierTraitementEtablissement="2026-03-02T00:00:00"),
    ]  # fmt: skip
    file = use(import_stock(*write(tmp_path, rows), out=tmp_path / "r.duckdb").file)
    size = sum(found.stat().st_size for found in tmp_path.rglob("r.duckdb*") if found.is_file())
    size += sum(found.stat().st_size for found in tmp_path.rglob("r.duckdb*/*"))
    assert run("status").splitlines() == [
        f"Stock de l'INSEE. Répertoire {file} arrêté au 2 mars 2026, {size / 1e6:.1f} Mo.",
        "8 établissements actifs (dont 1 qui ne souhaitent pas être nommés), 1 fermés.",
        "5 situés à leur adresse (62,5 % des actifs), 2 à leur commune, 1 non situés. 1 communes.",
    ]
    found = json.loads(run("status", "--json"))
    assert {name: found[name] for name in ("establishments", "active", "closed", "located", "approximate", "unplaced")} == {
        "establishments": 9, "active": 8, "closed": 1, "located": 5, "approximate": 2, "unplaced": 1,
    }  # fmt: skip
    assert (found["size"], found["stock_date"]) == (size, "2026-03-02")


def test_a_stock_without_coordinates_is_imported_and_says_how_to_place_it_by_commune(
    tmp_path: Path, var: Path, shared_data: Path
) -> None:
    files = write(tmp_path, [establishment(1), establishment(2)])
    before_2024 = [name for name in ESTABLISHMENT if name not in (*LAMBERT, "activitePrincipaleNAF25Etablissement")]
    write_csv(files[0], before_2024, [establishment(1), establishment(2)])
    words = ("import", "--establishments", files[0], "--legal-units", files[1])
    told = run(*words)
    assert "Il est en service." in told and "--communes" in told
    assert by_siret(siret(1))
    told = run(*words, "--communes", shared_data / "communes/laposte_hexasmal.csv")
    assert "2 à leur commune, 0 non situés" in told and "--communes" not in told


def test_import_says_which_values_it_could_not_read(tmp_path: Path, var: Path) -> None:
    north = {"coordonneeLambertOrdonneeEtablissement": "6864,0,0"}
    files = write(tmp_path, [establishment(1), establishment(2, **north), establishment(3, dateCreationEtablissement="hier")])
    told = run("import", "--establishments", files[0], "--legal-units", files[1])
    said = "dateCreationEtablissement (1), coordonneeLambertOrdonneeEtablissement (1)"
    assert f"Valeurs illisibles, laissées de côté : {said}." in told and "hors de leur territoire" not in told
    asked = ("import", "--establishments", files[0], "--legal-units", files[1], "--json")
    assert json.loads(run(*asked))["unread"] == {
        "dateCreationEtablissement": 1, "coordonneeLambertOrdonneeEtablissement": 1,
    }  # fmt: skip


def test_import_with_out_says_how_to_use_the_file(stock: tuple[Path, Path], var: Path, tmp_path: Path) -> None:
    words = ("import", "--establishments", stock[0], "--legal-units", stock[1], "--out", tmp_path / "r.duckdb")
    assert f"SOURCIER_REGISTER={tmp_path / 'r.duckdb'}" in run(*words)
    assert json.loads(run(*words, "--json"))["file"] == str(tmp_path / "r.duckdb")


def test_a_bad_import_ends_with_code_one(stock: tuple[Path, Path], var: Path) -> None:
    assert "il manque les colonnes" in fails("import", "--establishments", stock[1], "--legal-units", stock[0])


def test_every_code_of_the_old_nomenclature_is_known_without_a_register(var: Path) -> None:
    assert command.activity_of("10.71c").code == "10.71C"


def test_a_search_is_narrowed_ordered_and_counted(demo: Path) -> None:
    words = ("search", "--activity", "10.71C", "--near", "93110", "--json")
    everything = json.loads(run(*words))
    facets = everything["facets"]
    assert facets["activities"] == {"NAFRev2 10.71C": everything["total"]}
    assert sum(facets["size_classes"].values()) == everything["total"]
    narrowed = json.loads(run(*words, "--employer", "--department", "93", "--created-since", "2015-01-01"))
    assert 0 < narrowed["total"] < everything["total"]
    assert all(row["employer"] and row["commune_code"].startswith("93") for row in narrowed["results"])
    assert narrowed["facets"]["employer"] == narrowed["total"]
    best = json.loads(run(*words, "--by", "score", "--limit", "3", "--offset", "2"))
    assert best["total"] == everything["total"]
    assert len(best["results"]) == 3


def test_a_search_explains_each_firm_by_what_each_scorer_gave(demo: Path) -> None:
    words = ("search", "--activity", "10.71C", "--near", "Rosny-sous-Bois", "--limit", "3", "--explain")
    for firm in json.loads(run(*words, "--json"))["results"]:
        points = [why["points"] for why in firm["why"]]
        assert [why["name"] for why in firm["why"]] == ["Activité", "Distance", "Fraîcheur", "Ses mots"]
        assert firm["score"] == pytest.approx(prod(points) / 100 ** (len(points) - 1), abs=0.5)
    said = run(*words)
    assert said.count("en tout") == 3
    assert said.count("Distance : ") == 3
    assert "est la première des activités cherchées." in said
    assert said.count("Ses mots : Elle n'a rien dit d'elle") == 3
