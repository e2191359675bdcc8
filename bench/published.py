"""Learning from a national file of published contracts: a fictitious file, then seconds and memory of reading it.

    .venv/bin/python bench/published.py --rows 1000000 --out FOLDER    writes FOLDER/decp.json
    .venv/bin/python bench/published.py --learn FOLDER/decp.json       learns from it, asks, prints a table

Winners are firms of the register in use, a few of which win often. Titles are words of the thesaurus for the activity of the
winner, up to three of any other, a place and a reference; one row in twelve is dirty. Same seed and same register, same rows.
"""

import argparse
import json
import os
import random
import resource
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

NEEDS = 1000
FRAMES = (
    "Fourniture de {what}", "Fourniture et livraison de {what} pour {whom}", "Travaux de {what} - lot n°{lot}", "{what}",
    "Entretien et maintenance : {what}", "Marché de {what} à {town}", "{ref} Accord-cadre {what} {whom} de {town}",
    "Prestations de {what} et {other} pour {whom}",
)  # fmt: skip
WHOM = ("les écoles", "la ville", "le département", "les services techniques", "le collège", "les crèches", "la restauration")
TOWNS = ("Limoges", "Rosny-sous-Bois", "Trifouillis-les-Oies", "Saint-Denis", "Plougastel", "Nérac", "Vic-sur-Aisne")
DIRTY = (
    {"titulaires": None}, {"objet": None, "codeCPV": None}, {"titulaires": [{"typeIdentifiant": "TVA", "id": "FR40303265045"}]},
    {"titulaires": [{"typeIdentifiant": "SIRET", "id": "12345678900023"}]}, {"dateNotification": "0202-01-01"},
    {"titulaires": [{"typeIdentifiant": "SIRET", "id": 1234}]}, {"acheteur": None},
)  # fmt: skip


def drawn(rows: int, seed: int) -> Iterator[dict[str, Any]]:
    """Contracts in the format of 2022, won by firms of the register in use."""
    from sourcier.kernel.activities import NAF_REV2, Activity
    from sourcier.matching.thesaurus import thesaurus
    from sourcier.register.store import opened

    arrays, words = opened().arrays, {each.code: entry.phrases for each, entry in thesaurus().items()}
    usable = [number for number, (rev2, _) in enumerate(arrays.pairs) if words.get(Activity(NAF_REV2, rev2).code)]
    ends = np.append(arrays.first_rows[1:], len(arrays.siret.values))
    random_ = random.Random(seed)
    everything = sorted({word for phrases in words.values() for phrase in phrases for word in phrase.split()})
    random.Random(0).shuffle(everything)

    def said(count: int) -> list[str]:
        return [everything[int(len(everything) * random_.random() ** 3)] for _ in range(count)]

    begun = date(2019, 1, 1)
    for number in range(rows):
        pair = usable[int(len(usable) * random_.random() ** 1.6)]
        first, last = int(arrays.first_rows[pair]), int(ends[pair])
        if first == last:
            continue
        phrases = words[arrays.pairs[pair][0]]
        firms = {first + int((last - first) * random_.random() ** 3) for _ in range(random_.choice((1, 1, 1, 1, 2, 3)))}
        title = random_.choice(FRAMES).format(
            what=" ".join([random_.choice(phrases), *said(random_.randrange(4))]), other=random_.choice(phrases),
            whom=random_.choice(WHOM), town=random_.choice(TOWNS), lot=random_.randint(1, 20), ref=f"{number:06d}AO",
        )  # fmt: skip
        yield {
            "id": f"{number}", "acheteur": {"id": f"{21_000_000_000_000 + random_.randrange(40_000):014d}"}, "objet": title,
            "nature": "Marché", "codeCPV": f"{random_.randrange(3, 99):02d}{pair % 1000:03d}000-{number % 10}",
            "procedure": "Procédure adaptée", "dureeMois": 12, "montant": random_.randrange(40_000, 900_000) + 0.5,
            "dateNotification": str(begun + timedelta(random_.randrange(2400))), "formePrix": "Unitaire", "offresRecues": 3,
            "lieuExecution": {"code": "93110", "typeCode": "Code postal"}, "ccag": "Fournitures courantes et services",
            "considerationsSociales": {"considerationSociale": ["Pas de considération sociale"]},
            "considerationsEnvironnementales": {"considerationEnvironnementale": ["Pas de considération environnementale"]},
            "techniques": {"technique": ["Accord-cadre"]}, "modalitesExecution": {"modaliteExecution": ["Bons de commande"]},
            "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": f"{int(arrays.siret.values[row]):014d}"}}
                           for row in sorted(firms)],
            "modifications": [], "sousTraitanceDeclaree": False, "origineUE": 0.0, "origineFrance": 0.0,
        } | (random_.choice(DIRTY) if number % 12 == 0 else {})  # fmt: skip


def write(rows: int, folder: Path, seed: int) -> None:
    """`folder/decp.json`, in the format of 2022."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "decp.json").open("w", encoding="utf-8") as out:
        out.write('{"marches": {"marche": [')
        for number, row in enumerate(drawn(rows, seed)):
            out.write((",\n" if number else "\n") + json.dumps(row, ensure_ascii=False))
        out.write('], "contrat-concession": []}}')


def measure(file: Path) -> None:
    """Learn, ask, and print the table."""
    from sourcier.needs import learned
    from sourcier.needs.learning import learn

    idle = _memory()
    stages: dict[str, float] = {}
    begun, used = time.perf_counter(), time.process_time()
    report = learn([file], lambda told: stages.setdefault(told.stage, time.perf_counter()) if told.share == 1 else None)
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    peak = _memory()
    begun = time.perf_counter()
    found = learned.opened()
    opening = time.perf_counter() - begun
    if found is None:
        raise SystemExit("nothing was learned")
    index = found.index
    _ = index.numbers, index.codes
    took, spent = [], []
    for row in drawn(NEEDS, 7):
        begun, used = time.perf_counter(), time.process_time()
        index.activities(f"{row['objet']} pour toute l'année", "15811100")
        took.append((time.perf_counter() - begun) * 1000)
        spent.append((time.process_time() - used) * 1000)
    firms, won = [f"{siret:014d}" for siret in index.sirets[:25].tolist()], []
    for row in drawn(NEEDS, 7):
        used = time.process_time()
        index.won(str(row["objet"]), firms)
        won.append((time.process_time() - used) * 1000)
    print(
        f"| rows | file, MB | learning, s | of processor, s | memory at most, MB | index, MB | opened in, ms |\n{'| --- ' * 7}|"
    )
    print(
        f"| {report.rows:,} | {file.stat().st_size / 1e6:,.0f} | {seconds:.0f} | {processor:.0f} "
        f"| {peak:.0f} (idle {idle:.0f}) | {found.size / 1e6:.0f} | {opening * 1000:.0f} |\n"
    )
    print(f"{report.contracts:,} contracts used, {report.winners:,} winners, {report.activities:,} activities, "
          f"{len(index.said):,} titles.")  # fmt: skip
    for asked, milliseconds in (("a need", took), ("a need, of processor", spent), ("25 firms of a page, of processor", won)):
        median, usual, high, most = np.percentile(milliseconds, (50, 95, 99, 100))
        print(f"- {asked}: median {median:.2f} ms, 95th {usual:.2f}, 99th {high:.2f}, most {most:.2f}")
    print("\n".join(f"- {count:,} {reason}" for reason, count in report.left.items()))


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sourcier.project.settings")
    import django

    django.setup()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learn", type=Path)
    chosen = parser.parse_args()
    if chosen.learn:
        measure(chosen.learn)
    elif chosen.out:
        write(chosen.rows, chosen.out, chosen.seed)
