"""How long an import still lasts is told for the whole of it, in a terminal of 80 columns and in a log file."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sourcier.project.bars import bars, lasting, left
from sourcier.register.importing.run import import_stock
from sourcier.register.importing.stages import KNOWN_AFTER_S, KNOWN_SHARE, WEIGHTS, Estimate, Told
from tests.register.stocks import establishment, write, zipped

STAGES = list(WEIGHTS["parquet"])


@pytest.mark.parametrize("kind", list(WEIGHTS))
def test_every_stage_of_an_import_has_its_weight(kind: str, tmp_path: Path) -> None:
    files = write(tmp_path, [establishment(1), establishment(2)])
    told: list[Told] = []
    import_stock(zipped(files[0]), files[1], out=tmp_path / "r.duckdb", progress=told.append)
    assert list(dict.fromkeys(news.stage for news in told)) == list(WEIGHTS[kind]) == STAGES
    assert told[-1].whole == pytest.approx(1)
    ended = [news.stage for news in told if news.share == 1]
    assert sorted(ended) == sorted(STAGES), "each ends once: a line in a log"
    assert ended[-1] == "Noms", "it goes on beside the two that begin after it"
    assert [news.whole for news in told] == sorted(news.whole for news in told)


@given(
    kind=st.sampled_from(list(WEIGHTS)), pace=st.floats(0.05, 50), shares=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    stage=st.integers(0, len(STAGES) - 1),
)  # fmt: skip
def test_at_an_even_pace_the_time_left_is_the_true_one(kind: str, pace: float, shares: list[float], stage: int) -> None:
    weights = WEIGHTS[kind]
    estimate, before = Estimate(weights), sum(weights[name] for name in STAGES[:stage])
    estimate.tell(STAGES[0], 0, 0)
    for name in STAGES[:stage]:
        estimate.tell(name, 1, before * pace)
    for share in sorted(shares):
        done = before + weights[STAGES[stage]] * share
        news = estimate.tell(STAGES[stage], share, done * pace)
        assert news.whole == pytest.approx(done / sum(weights.values()))
        known = news.whole >= KNOWN_SHARE and done * pace >= KNOWN_AFTER_S
        assert (news.remaining_s is not None) is known
        if news.remaining_s is not None:
            assert news.remaining_s == pytest.approx((sum(weights.values()) - done) * pace, abs=1e-6)


def test_stages_that_run_beside_each_other_add_up_and_none_goes_back() -> None:
    estimate = Estimate({"a": 1, "b": 3})
    estimate.tell("a", 0, 0)
    wholes = [estimate.tell(*news, 10).whole for news in (("a", 0.5), ("b", 0.5), ("a", 0.2), ("b", 1), ("a", 1))]
    assert wholes == [0.125, 0.5, 0.5, 0.875, 1]


def test_a_download_that_goes_on_counts_the_time_of_what_it_brings_itself() -> None:
    estimate = Estimate({"a": 1})
    assert estimate.tell("a", 0.5, 0).remaining_s is None
    assert estimate.tell("a", 0.6, 10).remaining_s == pytest.approx(40)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "…"), (0.4, "moins d'une minute"), (59, "moins d'une minute"), (61, "environ 2 min"), (240, "environ 4 min"),
     (3_700, "environ 1 h 02"), (0, "encore un moment"), (-5, "encore un moment")],
)  # fmt: skip
def test_the_time_left_is_said_in_words(seconds: float | None, said: str) -> None:
    assert left(seconds) == said


def test_a_time_taken_is_said_in_words() -> None:
    assert [lasting(seconds) for seconds in (0.2, 59, 59.5, 61, 3_599, 3_601)] == [
        "1 s", "59 s", "1 min", "2 min", "1 h 00", "1 h 01",
    ]  # fmt: skip


def shown(news: Sequence[Told], *, terminal: bool) -> list[str]:
    """What a console of 80 columns holds in the end."""
    file = io.StringIO()
    with bars("Import", Console(file=file, force_terminal=terminal, width=80)) as told:
        for each in news:
            told(each)
    assert terminal or "\x1b" not in file.getvalue()
    # Each picture begins by going up and clearing: the last one is what stays.
    last = re.split(r"\x1b\[1A\x1b\[2K(?!\x1b)", file.getvalue())[-1]
    return [line for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", last).splitlines() if line.strip()]


NEWS = [
    Told("Établissements", 0, 0, None), Told("Établissements", 1, 0.2, 250.0), Told("Unités légales", 0.5, 0.3, 200.0),
    Told("Unités légales", 1, 0.4, 150.0), Told("Rapprochement", 0.5, 0.5, 120.0),
]  # fmt: skip


def test_in_a_terminal_each_stage_has_its_line_and_the_whole_the_time_left() -> None:
    lines = shown(NEWS, terminal=True)
    assert [line.split("━")[0].strip() for line in lines] == ["Import", "Établissements", "Unités légales", "Rapprochement"]
    assert all(len(line) <= 80 for line in lines)
    assert "50 %" in lines[0] and lines[0].rstrip().endswith("environ 2 min")
    assert "100 %" in lines[1]


def test_the_longest_lines_fit_in_a_terminal_of_80_columns() -> None:
    file = io.StringIO()
    with bars("Téléchargement (établissements)", Console(file=file, force_terminal=True, width=80)) as told:
        told(Told("Téléchargement (établissements)", 0.5, 0.5, 20.0))
        told(Told("Établissements", 0.5, 0.5, 20.0))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.getvalue())
    assert "Téléchargement (établissements)" in text and "moins d'une minute" in text
    assert all(len(line) <= 80 for line in re.split(r"[\r\n]", text))


def test_in_a_log_each_stage_is_one_line_when_it_ends() -> None:
    lines = shown(NEWS, terminal=False)
    assert lines == [
        "Import, Établissements : 1 s ; 20 % du tout, encore environ 5 min",
        "Import, Unités légales : 1 s ; 40 % du tout, encore environ 3 min",
    ]
