"""How often the right activity comes first, in three, five and ten: by set, by what is taken away, beside peers.

    python bench/matching.py [FOLDER] [--write]   (FOLDER: ../shared/data; --write: docs/benchmarks/matching.md)

Peers, in the same run: BM25 on the official labels alone; the engine without word vectors. The development needs were read by
who wrote the first thesaurus; the titles by nobody before they were frozen (`peers/titles.py`).
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from random import Random

from peers.titles import Title, titles
from peers.told import machine

from sourcier.kernel.activities import Activity
from sourcier.matching import engine
from sourcier.matching import index as indexing
from sourcier.matching.examples import examples
from sourcier.matching.index import Index, Text
from sourcier.matching.labels import labels
from sourcier.matching.several import halves
from sourcier.matching.thesaurus import thesaurus

CUTS = (1, 3, 5, 10)
HALVES = (1, 2, 3)
SHORTEST_PREFIX = 3
"""Digits of a CPV code that two codes share, at least, for a trade of one to answer the other: the group."""

UNSEEN = {
    "unseen": "a1d2b238931a950f87df01a304204f75d7b41cdd514dca53c9bf77a7692c1cfd",
    "unseen_2": "752e5f233ed6ad210bc68bb0d3894160ead20b39811ce6a193bc655813249f8e",
}
"""SHA-256 of the needs of `peers/`, frozen before the engine was first asked any of them."""

Need = tuple[str, frozenset[str]]
LOADED = """
import time
start = time.process_time()
from sourcier.matching.engine import match
match("pain")
took = time.process_time() - start
# `getrusage` would count what the parent had when it made this process.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(took, int(peak.split()[1]) / 1024)
"""


def needs(folder: Path, name: str) -> list[Need]:
    """The needs of `needs.jsonl` or `hard.jsonl` with the activities that answer."""
    rows = (json.loads(line) for line in (folder / "needs" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["text"], frozenset(row["naf"])) for row in rows]


def unseen(name: str, kind: str) -> list[Need]:
    """Those of a file of `UNSEEN`, `plain` or `hard`. Raises `ValueError` when the file is not the one that was frozen."""
    data = (Path(__file__).parent / "peers" / f"{name}.jsonl").read_bytes()
    if hashlib.sha256(data).hexdigest() != UNSEEN[name]:
        raise ValueError("the unseen needs are not those that were frozen")
    rows = map(json.loads, data.decode("utf-8").splitlines())
    return [(row["text"], frozenset(row["naf"])) for row in rows if row["kind"] == kind]


def answered(title: Title) -> frozenset[str]:
    """The activities whose CPV codes share most digits with that of a title; empty under three digits."""
    for length in range(8, SHORTEST_PREFIX - 1, -1):
        prefix = title.cpv[:length]
        if found := {each.code for each, entry in thesaurus().items() if any(cpv.startswith(prefix) for cpv in entry.cpv)}:
            return frozenset(found)
    return frozenset()


def typed(text: str, random: Random) -> str:
    """The text with one slip in a third of its words of five letters or more."""
    said = text.split()
    long = [place for place, word in enumerate(said) if len(word) >= 5]
    for place in random.sample(long, min(len(long), max(1, len(long) // 3))):
        word = said[place]
        at = random.randrange(1, len(word) - 1)
        said[place] = random.choice((
            word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + random.choice("aeioulnrst") + word[at + 1 :],
        ))  # fmt: skip
    return " ".join(said)


def described(kept: Callable[[str], bool] = lambda phrase: True) -> dict[Activity, list[Text]]:
    """What the engine's own index is made of, less the phrases that are not kept."""
    return {
        activity: [text for text in texts if text.words == labels()[activity] or kept(text.words)]
        for activity, texts in engine.described().items()
    }


def measure(index: Index, asked: Sequence[Need]) -> list[str]:
    """Recall at each cut and mean reciprocal rank, as cells."""
    ranks = []
    for text, right in asked:
        codes = [each.activity.code for each in engine.match(text, 10, index=index).activities]
        ranks.append(next((place for place, code in enumerate(codes, 1) if code in right), None))
    found = [sum(rank is not None and rank <= cut for rank in ranks) / len(ranks) for cut in CUTS]
    return [f"{value:.3f}" for value in (*found, sum(1 / rank for rank in ranks if rank) / len(ranks))]


def sureness(asked: Sequence[Need]) -> str:
    """How often the engine says that it is sure, and how often it is then right in its first five."""
    answers = [(engine.match(text, 5), right) for text, right in asked]
    sure = [any(each.activity.code in right for each in result.activities) for result, right in answers if result.sure]
    return f"said of {len(sure) / len(asked):.1%}, then right in five {sum(sure) / max(1, len(sure)):.1%}"


def table(sets: dict[str, list[Need]]) -> list[list[str]]:
    """A row for each set and each way."""
    whole, bare = engine.project_index(), Index({activity: [Text(label, 1.0)] for activity, label in labels().items()})
    rows = []
    for name, asked in sets.items():
        rows.append([name, str(len(asked)), "Sourcier", *measure(whole, asked)])
        slips = [(typed(text, Random(text)), right) for text, right in asked]
        rows.append([name, "", "with slips of the pen", *measure(whole, slips)])
        near, indexing.NEAR = indexing.NEAR, 2.0
        rows.append([name, "", "without word vectors", *measure(Index(described()), asked)])
        indexing.NEAR = near
        parts = [measure(half(seed), asked) for seed in HALVES]
        rows.append([name, "", "half of the thesaurus", *(f"{sum(map(float, of)) / 3:.3f}" for of in zip(*parts, strict=True))])
        rows.append([name, "", "BM25, official labels", *measure(bare, asked)])
    return rows


def half(seed: int) -> Index:
    """An index of half of the phrases and symptoms, drawn."""
    random = Random(seed)
    return Index(described(lambda phrase: random.random() < 0.5))


def speed(asked: Sequence[Need]) -> str:
    """Milliseconds of processor a query (the mean of all needs), and what a new process takes to answer its first."""
    start = time.process_time()
    for text, _ in asked:
        engine.match(text)
    each = 1000 * (time.process_time() - start) / len(asked)
    told = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout.split()
    return f"{each:.1f} ms a need; loaded in {float(told[0]):.2f} s; {float(told[1]):.0f} MB, the interpreter included"


def twice(asked: Sequence[Need]) -> str:
    """How often one need is taken for two, and two joined are seen."""
    texts = [text for text, _ in asked]
    pairs = [pair for pair in combinations(asked, 2) if not pair[0][1] & pair[1][1]]
    drawn = Random(len(pairs)).sample(pairs, len(texts))
    joined = [f"{one}{between}{other}" for (one, _), (other, _) in drawn for between in (" et ", " ; ")]
    alone, both = (sum(halves(text) is not None for text in group) / len(group) for group in (texts, joined))
    return f"{alone:.1%} of single needs are taken for two; {both:.1%} of two joined needs are seen"


def page(folder: Path) -> str:
    """Markdown."""
    drawn = [(title, answered(title)) for title in titles(folder)]
    sets = {
        "unseen needs": unseen("unseen", "plain"),
        "unseen hard paraphrases": unseen("unseen", "hard"),
        "second unseen needs": unseen("unseen_2", "plain"),
        "second unseen hard paraphrases": unseen("unseen_2", "hard"),
        "needs": needs(folder, "needs"),
        "hard paraphrases": needs(folder, "hard"),
        "titles of contracts": [(title.text, right) for title, right in drawn if right and title.source == "contract"],
        "CPV labels": [(title.text, right) for title, right in drawn if right and title.source == "label"],
    }
    lost = sum(not right for _, right in drawn)
    head = ["Set", "of", "Way", *(f"@{cut}" for cut in CUTS), "MRR"]
    lines = "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *table(sets)))
    entries = thesaurus().values()
    phrases, symptoms = (sum(len(getattr(entry, name)) for entry in entries) for name in ("phrases", "symptoms"))
    sure = "\n".join(f"- {name}: {sureness(asked)}." for name, asked in sets.items())
    return f"""# Matching: any words of a city → activities

`make bench-matching`, {date.today().isoformat()}. {machine()}. Thesaurus: {len(entries)} activities, {phrases:,} phrases,
{symptoms:,} symptoms, {len(examples()):,} examples.

{lines}

« @5 »: the share of needs of which a right activity is among the first five. « Half of the thesaurus »: half of the phrases,
symptoms and examples of each activity drawn away, the mean of {len(HALVES)} draws: what happens to needs whose words nobody
thought of.

**Sure**

{sure}

**Speed**: {speed(sets["needs"])}.

**Two needs in one sentence**: {twice(sets["needs"])}.

## What the sets are worth

- *Unseen needs* and *unseen hard paraphrases*: ours (`bench/peers/unseen.jsonl`), written by someone who had seen the official
  labels alone, after the thesaurus and the first engine were done; the right codes are one reader's judgement. The engine was
  asked them once, then changed by what other needs showed (the place of a word, the examples), and asked again. Never tuned on.
- *Second*: `bench/peers/unseen_2.jsonl`, written in the same way by another, before the examples, and asked after them.
- *Needs* and *hard paraphrases*: for development. The first thesaurus was completed by people who had read them; part of the
  present one was written by people who had not, part by one who had seen some of the hard ones. They say that nothing got
  worse, not how it does elsewhere.
- *Titles*: {len(drawn)}, drawn and frozen by hash before any word of the present thesaurus was written; never tuned on. Right
  are the activities whose CPV codes, in the thesaurus, share most digits with the title's own (three at least; {lost} titles
  have none and are left out): a strict judge, to whom the seller of a thing is wrong when its maker bears the code. Contracts
  are few in the data at hand, so labels of the CPV, drawn by a seed and hidden from who wrote, stand for the rest; they are
  written for nomenclatures (« Ferrocérium »), not as cities speak, and many name what no city buys.
"""


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    text = page(chosen.folder)
    print(text)
    if chosen.write:
        Path("docs/benchmarks/matching.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
