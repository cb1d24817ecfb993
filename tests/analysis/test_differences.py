"""Differences of two dumps, against a comparison byte by byte."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.analysis import differences
from sonoffkit.analysis.octets import SLICE

FEW = st.lists(st.sampled_from(b"AB"), max_size=200).map(bytes)


@given(FEW, FEW, st.integers(1, 70))
@example(b"", b"", 4096)
@example(b"A", b"", 1)
@example(b"AB", b"BB", 3)
def test_every_byte_that_differs_is_told(a, b, sector):
    found = differences(a, b, sector)
    both = min(len(a), len(b))
    differing = [at for at in range(both) if a[at] != b[at]]
    told = [at for start, end in zip(*found.runs, strict=True) for at in range(start, end)]
    assert told == differing
    assert found.bytes_differing == len(differing)
    assert found.per_sector.tolist() == [
        sum(start <= at < start + sector for at in differing) for start in range(0, both, sector)
    ]
    assert found.sectors.tolist() == sorted({at // sector for at in differing})
    assert found.is_same == (a == b)


def test_runs_are_as_long_as_they_can_be():
    found = differences(b"AAAAAA", b"ABBABA", 4)
    assert [part.tolist() for part in found.runs] == [[1, 4], [3, 5]]


def test_what_only_one_has_counts_for_itself():
    found = differences(b"AAAA" + b"x" * 10, b"AABA")
    assert (found.only_in_a, found.only_in_b, found.bytes_differing) == ((4, 14), (4, 4), 1)
    assert not differences(b"AB", b"A").is_same


@pytest.mark.parametrize("sector", [1, 4096, 5000, SLICE, SLICE + 1])
def test_slices_lose_nothing(sector):
    rng = np.random.default_rng(9)
    a, b = (rng.integers(0, 2, 2 * SLICE + 77, np.uint8) for _ in range(2))
    found = differences(a, b, sector)
    expected = np.add.reduceat(a != b, np.arange(0, len(a), sector), dtype=np.int64)
    assert (found.per_sector == expected).all()
    assert found.bytes_differing == int((found.runs[1] - found.runs[0]).sum()) == int((a != b).sum())


def test_dumps_that_differ_everywhere_take_memory_in_proportion():
    rng = np.random.default_rng(10)
    a, b = rng.bytes(1 << 22), rng.bytes(1 << 22)
    tracemalloc.start()
    differences(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(a)


def test_a_sector_without_bytes_is_refused():
    with pytest.raises(ValueError, match="a sector has at least 1 byte, not 0"):
        differences(b"", b"", 0)
