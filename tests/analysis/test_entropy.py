"""Entropy: the same as by the formula, block by block and in windows, and what random bytes reach."""

from __future__ import annotations

import math
import os
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.analysis import BANDS, band_of, block_entropy, random_ceiling, shannon_entropy, sliding_entropy

# Few values make repeats, all 256 make scatter.
BYTES = st.binary(max_size=3000) | st.lists(st.sampled_from(b"\x00\xffAB"), max_size=600).map(bytes)


def by_formula(data: bytes) -> float:
    return -sum(k / len(data) * math.log2(k / len(data)) for k in Counter(data).values()) if data else 0.0


@given(BYTES, st.integers(1, 1100))
@example(b"", 1)
@example(b"A", 1024)
@example(bytes(range(256)) * 5 + b"B", 256)
def test_each_block_has_the_entropy_of_the_formula(data, block):
    parts = [data[start : start + block] for start in range(0, len(data), block)]
    assert block_entropy(data, block) == pytest.approx([by_formula(part) for part in parts], abs=1e-9)


@given(BYTES, st.integers(1, 300), st.integers(1, 300))
@example(bytes(range(256)) * 9, 1024, 256)
@example(bytes(range(256)) * 9, 96, 32)
@example(b"ABA" * 1000, 7, 7)
@example(os.urandom(5000), 2048, 1)
def test_each_window_has_the_entropy_of_the_formula(data, window, step):
    starts = range(0, max(len(data) - window, 0) + step, step) if data else ()
    found = sliding_entropy(data, window, step)
    assert found == pytest.approx([by_formula(data[start : start + window]) for start in starts], abs=1e-9)


@given(BYTES, st.integers(1, 1100))
def test_entropy_stays_between_nothing_and_what_the_size_allows(data, block):
    found = block_entropy(data, block)
    assert (found >= 0).all()
    assert (found <= min(8.0, math.log2(block))).all()


@pytest.mark.parametrize("block", [1, 3, 1000, 1024, 4097, 70_000])
@pytest.mark.parametrize("value", [0x00, 0x41, 0xFF])
def test_a_constant_block_has_exactly_none(block, value):
    assert not block_entropy(bytes([value]) * 150_001, block).any()


def test_all_values_alike_have_exactly_eight_bits():
    assert shannon_entropy(bytes(range(256)) * 4) == 8.0


def test_a_single_odd_byte_in_a_large_block_is_not_rounded_away():
    assert 0 < shannon_entropy(b"\xff" * (1 << 21) + b"\x00") < 1e-4


@pytest.mark.parametrize("block", [1 << 16, (1 << 16) + 1, (1 << 20) + 7, 1 << 30])
def test_large_blocks_have_the_entropy_of_the_formula(block):
    data = np.random.default_rng(5).integers(0, 7, 2_200_001, np.uint8).tobytes()
    parts = [data[start : start + block] for start in range(0, len(data), block)]
    assert block_entropy(data, block) == pytest.approx([by_formula(part) for part in parts], abs=1e-9)


def test_large_windows_have_the_entropy_of_the_formula():
    data = np.random.default_rng(6).integers(0, 7, 2_200_001, np.uint8).tobytes()
    found = sliding_entropy(data, (1 << 20) + 1, 1 << 19)
    expected = [by_formula(data[start : start + (1 << 20) + 1]) for start in range(0, 4 << 19, 1 << 19)]
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
def test_any_kind_of_bytes_will_do(kind):
    assert shannon_entropy(kind(b"ABAB")) == 1.0
    assert block_entropy(kind(b"ABAA"), 2).tolist() == [1.0, 0.0]


def test_nothing_has_no_blocks_no_windows_and_no_entropy():
    assert block_entropy(b"").shape == sliding_entropy(b"").shape == (0,)
    assert shannon_entropy(b"") == 0.0


@pytest.mark.parametrize(("window", "step"), [(0, 1), (1, 0), (-5, 1), (1024, -1)])
def test_a_block_window_or_step_without_bytes_is_refused(window, step):
    with pytest.raises(ValueError, match=f"a block, window or step has at least 1 byte, not {min(window, step)}"):
        sliding_entropy(b"AB", window, step)


@pytest.mark.parametrize(
    ("block", "bits"), [(256, 7.17), (512, 7.59), (1024, 7.81), (2048, 7.91), (4096, 7.95), (8192, 7.98)]
)
def test_the_ceiling_is_what_was_measured_of_random_bytes(block, bits):
    assert random_ceiling(block) == pytest.approx(bits, abs=0.006)


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_the_ceiling_is_the_binomial_mean(block):
    odds = [math.comb(block, k) * 255 ** (block - k) / 256**block for k in range(block + 1)]
    mean = -256 * sum(odds[k] * k / block * math.log2(k / block) for k in range(1, block + 1))
    assert random_ceiling(block) == pytest.approx(mean, abs=1e-12)


def test_random_bytes_reach_the_ceiling_and_not_more():
    found = block_entropy(np.random.default_rng(1).bytes(1 << 20))
    assert found.mean() == pytest.approx(random_ceiling(1024), abs=0.003)


def test_the_ceiling_rises_to_eight_bits():
    ceilings = [random_ceiling(1 << power) for power in range(27)]
    assert ceilings == sorted(ceilings)
    assert 7.9999 < ceilings[-1] < 8.0


def test_a_ceiling_needs_a_block():
    with pytest.raises(ValueError, match="a block has at least 1 byte, not 0"):
        random_ceiling(0)


def test_the_bands_follow_one_another_without_a_gap():
    assert [band.low for band in BANDS[1:]] == [band.high for band in BANDS[:-1]]
    assert (BANDS[0].low, band_of(8.0)) == (0.0, BANDS[-1])


@pytest.mark.parametrize(
    ("bits", "name"),
    [(0.0, "blank"), (0.0113, "settings, tables"), (2.4, "settings, tables"), (5.0, "text"), (6.55, "code"),
     (7.3, "between"), (7.81, "compressed, random")],
)  # fmt: skip
def test_an_entropy_has_a_band(bits, name):
    assert band_of(bits).name == name


def test_memory_stays_small_whatever_the_block():
    data = bytes(1 << 22)
    for block, step in [(1024, 1024), (1 << 19, 1 << 9), (1 << 22, 1 << 22), (1000, 700)]:
        tracemalloc.start()
        sliding_entropy(data, block, step)
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
        tracemalloc.stop()
