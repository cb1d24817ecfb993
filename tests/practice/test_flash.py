"""NOR cells: erasing sets, programming clears, and addresses wrap."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.practice.flash import BLOCK, PAGE, SECTOR, NorFlash, erase_seconds, program_seconds, read_seconds

SIZE = 5 * SECTOR  # no power of two, so that wrapping shows

addresses = st.integers(0, 3 * SIZE)
steps = st.lists(
    st.tuples(st.just("program"), addresses, st.binary(max_size=600))
    | st.tuples(st.just("erase"), addresses)
    | st.tuples(st.just("read"), addresses, st.integers(0, 700)),
    max_size=12,
)


@given(steps, st.integers(0, 255))
@example([("program", SIZE - 3, b"\x00" * 6), ("erase", 2 * SIZE - 1), ("read", SIZE - 2, 9)], 0x5A)
def test_the_cells_do_what_a_plain_model_does(steps, fill):
    cells = bytearray([fill] * SIZE)
    flash, model = NorFlash(cells), [fill] * SIZE
    for step in steps:
        if step[0] == "program":
            flash.program(*step[1:])
            for n, byte in enumerate(step[2], step[1]):
                model[n % SIZE] &= byte
        elif step[0] == "erase":
            flash.erase_sector(step[1])
            first = step[1] % SIZE - step[1] % SIZE % SECTOR
            model[first : first + SECTOR] = [0xFF] * SECTOR
        else:
            assert list(flash.read(*step[1:])) == [model[(step[1] + n) % SIZE] for n in range(step[2])]
    assert list(cells) == model


def test_programming_only_clears_bits():
    flash = NorFlash(bytearray(b"\xff" * SIZE))
    flash.program(10, b"\xf0")
    flash.program(10, b"\x3f")
    assert flash.read(10, 1) == b"\x30"


def test_a_sector_that_was_erased_reads_ff_and_its_neighbours_stay():
    dark = NorFlash(bytearray(SIZE))
    dark.erase_sector(SECTOR + 123)
    assert dark.read(0, 3 * SECTOR) == bytes(SECTOR) + b"\xff" * SECTOR + bytes(SECTOR)


def test_a_read_past_the_end_goes_on_at_the_start():
    flash = NorFlash(bytearray(SIZE - 1) + b"\x11")
    assert flash.read(SIZE - 1, SIZE + 1) == b"\x11" + bytes(SIZE - 1) + b"\x11"


# The times in this package stand for those of a data sheet: no clock is read here.


@pytest.mark.parametrize(
    ("address", "size", "pages"), [(0, 1, 1), (0, 256, 1), (0, 257, 2), (255, 2, 2), (256, 512, 2), (7, 0, 0)]
)
def test_programming_takes_its_time_by_the_page(address, size, pages):
    assert PAGE == 256
    assert program_seconds(address, size) == pytest.approx(pages * 0.0006)


@pytest.mark.parametrize(
    ("size", "seconds"), [(SECTOR, 0.045), (BLOCK, 0.25), (0x100000, 3.670016), (0x400000, 14.680064)]
)
def test_erasing_takes_its_time_by_the_command(size, seconds):
    assert erase_seconds(size) == pytest.approx(seconds)


def test_reading_takes_its_time_by_the_byte():
    assert read_seconds(500_000) == pytest.approx(0.85)
