"""Runs of one value, against itertools.groupby."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.analysis import Run, runs
from sonoffkit.analysis.octets import SLICE

REPEATED = st.lists(st.tuples(st.sampled_from(b"\x00\xffA"), st.integers(1, 40)), max_size=30)
DATA = REPEATED.map(lambda parts: b"".join(bytes([value]) * count for value, count in parts))


def by_groups(data: bytes, shortest: int) -> tuple[Run, ...]:
    found, at = [], 0
    for value, group in groupby(data):
        size = len(list(group))
        found.append(Run(at, at + size, value))
        at += size
    return tuple(run for run in found if run.size >= shortest)


@given(DATA | st.binary(max_size=300), st.integers(2, 50))
@example(b"", 2)
@example(b"A", 2)
@example(b"AA", 2)
def test_runs_are_the_groups_that_are_long_enough(data, shortest):
    assert runs(data, shortest) == by_groups(data, shortest)


@pytest.mark.parametrize("shift", [-257, -256, -255, -2, -1, 0, 1])
@pytest.mark.parametrize("size", [255, 256, 257])
def test_a_run_across_two_slices_is_one(shift, size):
    data = bytearray(b"AB" * SLICE)
    start, end = SLICE + shift, SLICE + shift + size
    data[start:end] = b"\x00" * size
    assert runs(data) == ((Run(start, end, 0),) if size >= 256 else ())


@pytest.mark.parametrize("value", [0x00, 0x55, 0xFF])
def test_a_file_of_one_value_is_one_run(value):
    size = 2 * SLICE + 1
    assert runs(bytes([value]) * size) == (Run(0, size, value),)


@pytest.mark.parametrize(
    ("run", "padding", "is_padding"),
    [
        (Run(0x64474, 0x65000, 0xFF), 0xB8C, True),
        (Run(0x64474, 0x78000, 0xFF), 0xB8C, False),
        (Run(0x64474, 0x64FFF, 0xFF), 0, False),
        (Run(0x64000, 0x65000, 0xFF), 0, False),
        (Run(0x64474, 0x65000, 0x41), 0, False),
    ],
    ids=["fills the sector", "goes on behind it", "ends before it does", "is the sector", "is no filler"],
)
def test_padding_fills_up_the_sector_that_the_run_begins_in(run, padding, is_padding):
    assert (run.padding, run.is_padding) == (padding, is_padding)


def test_a_run_of_one_byte_is_refused():
    with pytest.raises(ValueError, match="a run has at least 2 bytes, not 1"):
        runs(b"A", 1)
