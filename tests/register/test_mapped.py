"""Columns mapped from their files: what they hold is what was written, however it is asked for."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.register.mapped import Column, expanded

LONG = np.arange(300_000, dtype=np.int64) * 7


@pytest.fixture(scope="module")
def column(tmp_path_factory: pytest.TempPathFactory) -> Column:
    file = tmp_path_factory.mktemp("column") / "long.npy"
    np.save(file, LONG)
    return Column(file)


ranges = st.lists(
    st.tuples(st.integers(0, len(LONG) - 1), st.integers(1, 2_000)).map(lambda pair: (pair[0], min(len(LONG), sum(pair)))),
    max_size=30,
)


@given(ranges)
def test_ranges_and_rows_hold_what_the_file_holds(column: Column, asked: list[tuple[int, int]]) -> None:
    starts, stops = (np.array([pair[side] for pair in asked], np.int64) for side in (0, 1))
    rows = [row for start, stop in asked for row in range(start, stop)]
    assert expanded(starts, stops).tolist() == rows
    assert column.over(starts, stops).tolist() == LONG[rows].tolist()
    assert column.at(np.array(rows, np.int64)).tolist() == LONG[rows].tolist()


def test_a_page_is_asked_for_once_and_again_when_the_kernel_may_have_dropped_it(column: Column) -> None:
    column.ahead(np.array([0]), np.array([len(LONG)]))
    assert column._asked.all()
    column._since -= 3_600
    column.ahead(np.array([0]), np.array([1]))
    assert column._asked.tolist() == [True] + [False] * (len(column._asked) - 1)


@pytest.mark.parametrize("count", [0, 1, 400])
def test_a_small_or_empty_file_is_read_whole(tmp_path: Path, count: int) -> None:
    np.save(tmp_path / "few.npy", LONG[:count])
    (tmp_path / "bytes").write_bytes(b"a" * count)
    rows = np.arange(count)
    assert Column(tmp_path / "few.npy").at(rows).tolist() == LONG[:count].tolist()
    assert Column(tmp_path / "bytes").at(rows).tobytes() == b"a" * count


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "cut.npy", LONG)
    whole = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError):
        Column(tmp_path / "cut.npy")
