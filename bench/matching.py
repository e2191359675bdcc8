"""How often the right activity comes first, in three, five and ten; side by side with BM25 on the official labels alone.

The thesaurus was completed by people who had read these needs: only a set never seen tells how it does elsewhere.

    python bench/matching.py [FOLDER]      (needs.jsonl and hard.jsonl; ../shared/data/needs by default)
"""

import json
import sys
import time
from pathlib import Path

from sourcier.matching import engine
from sourcier.matching.engine import Index, index
from sourcier.matching.labels import labels

CUTS = (1, 3, 5, 10)


def measure(ranker: Index, needs: list[dict]) -> dict[str, float]:
    """Recall at each cut, mean reciprocal rank, milliseconds a query."""
    ranks = []
    started = time.perf_counter()
    for need in needs:
        codes = [activity.code for activity, _, _ in ranker.rank(need["text"], 10)]
        ranks.append(next((place for place, code in enumerate(codes, 1) if code in need["naf"]), None))
    spent = time.perf_counter() - started
    return {
        **{f"@{cut}": sum(rank is not None and rank <= cut for rank in ranks) / len(ranks) for cut in CUTS},
        "mrr": sum(1 / rank for rank in ranks if rank) / len(ranks),
        "ms": 1000 * spent / len(ranks),
    }


def sureness(needs: list[dict]) -> tuple[float, float]:
    """How often the engine says that it is sure, and how often it is then right in its first five."""
    answers = [(engine.match(need["text"], 5), need["naf"]) for need in needs]
    sure = [any(found.activity.code in codes for found in result.activities) for result, codes in answers if result.sure]
    return len(sure) / len(needs), sum(sure) / max(1, len(sure))


def main() -> None:
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "needs"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    started = time.perf_counter()
    ours = index()
    loaded = time.perf_counter() - started
    peer = Index({activity: [(label, 1.0)] for activity, label in labels().items()})
    print(f"index of {len(ours.activities)} activities built in {1000 * loaded:.0f} ms")
    print(f"{'set':8}{'engine':14}" + "".join(f"{name:>8}" for name in (*[f"@{cut}" for cut in CUTS], "mrr", "ms")))
    for name in ("needs", "hard"):
        needs = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for title, ranker in (("sourcier", ours), ("labels alone", peer)):
            figures = measure(ranker, needs)
            print(f"{name:8}{title:14}" + "".join(f"{value:8.3f}" for value in figures.values()))
        said, right = sureness(needs)
        print(f"{name:8}sure of {said:.0%}, then right in five {right:.1%}")


if __name__ == "__main__":
    main()
