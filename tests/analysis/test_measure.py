"""All numbers together, on any bytes and on real dumps."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.analysis import CLASSES, Run, measure, random_ceiling

# Real images, beside the checkout where there are any (see firmware/MANIFEST.md there).
REAL = Path(__file__).parents[3] / "shared" / "firmware"
KIB = 1024


@given(st.binary(max_size=4000), st.integers(1, 2000))
@example(b"", 1024)
@example(b"\xff", 1024)
def test_the_numbers_of_any_bytes_agree_with_one_another(data, block):
    numbers = measure(data, block)
    assert numbers.histogram.sum() == numbers.classes.sum() == len(data)
    assert len(numbers.entropy) == -(-len(data) // block)
    assert (numbers.block, numbers.ceiling) == (block, random_ceiling(block))
    assert sum(run.size for run in numbers.runs) <= len(data)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_a_blank_file_is_one_run_without_entropy_or_edges(value):
    numbers = measure(bytes([value]) * 10_001)
    assert numbers.runs == (Run(0, 10_001, value),)
    assert dict(zip(CLASSES, numbers.classes.tolist(), strict=True))[f"{value:02X}"] == 10_001
    assert (numbers.entropy.any(), numbers.edges, len(numbers.strings)) == (False, (), 0)


def test_random_bytes_have_no_edges_and_no_runs():
    numbers = measure(np.random.default_rng(7).bytes(1 << 20))
    assert (numbers.edges, numbers.runs) == ((), ())


@pytest.mark.parametrize(
    "pattern", [b"\x00", b"a\x00", b"abcdef\x00", b"A" * 256 + b"B" * 256], ids=["zeros", "letters", "words", "runs"]
)
def test_memory_stays_within_a_few_times_the_file(pattern):
    data = pattern * ((4 << 20) // len(pattern))
    tracemalloc.start()
    measure(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * len(data)


def real(name: str) -> bytes:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"there is no {name}")
    return path.read_bytes()


STOCK = {
    "stock_basic_fw1.6.0_redacted.bin": [0x64800, 0x78000, 0x78400, 0x7F000, 0x7F400, 0xF8000, 0xF9000, 0xFB000],
    "stock_mini_fw3.0.0_redacted.bin": [0x6AC00, 0x78000, 0x78400, 0x79000, 0x7F000, 0x7F400, 0xFB000, 0xFF000],
}


@pytest.mark.parametrize("name", STOCK)
def test_a_stock_dump_has_its_edges_where_its_regions_begin_and_end(name):
    edges = [edge.at for edge in measure(real(name)).edges]
    assert set(STOCK[name]) <= set(edges)
    assert len(edges) < 40


def test_the_high_sector_of_the_basic_lies_between_two_edges():
    edges = {edge.at: edge for edge in measure(real("stock_basic_fw1.6.0_redacted.bin")).edges}
    assert edges[0xF8000].after == edges[0xF9000].before == pytest.approx(7.81, abs=0.05)


def test_the_blank_half_of_the_basic_is_a_run_that_begins_with_padding():
    runs = measure(real("stock_basic_fw1.6.0_redacted.bin")).runs
    blank = next(run for run in runs if run.end == 0x78000)
    assert (blank.start, blank.value, blank.padding) == (0x64474, 0xFF, 0x65000 - 0x64474)


def test_strings_of_a_stock_dump_tell_model_and_version():
    texts = measure(real("stock_basic_fw1.6.0_redacted.bin")).strings
    assert any(0x78000 <= found.at < 0x79000 for found in texts.find("ita-gz1-gl"))


@pytest.mark.parametrize("name", ["tasmota-lite_core2.7.4.bin", "micropython_1m_v1.19.1.bin"])
def test_the_code_of_other_firmware_does_not_flap(name):
    assert len(measure(real(name)).edges) < 10
