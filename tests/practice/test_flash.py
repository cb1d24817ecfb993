"""NOR flash: erasing sets, programming clears, and addresses wrap."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.practice.flash import BLOCK, SECTOR, NorFlash

SIZE = 2 * BLOCK + 4 * SECTOR  # not a multiple of a block, so that wrapping shows

addresses = st.integers(0, 3 * SIZE)
steps = st.lists(
    st.tuples(st.just("program"), addresses, st.binary(max_size=600))
    | st.tuples(st.sampled_from(["erase_sector", "erase_block"]), addresses)
    | st.tuples(st.just("erase_chip")),
    max_size=12,
)


class PlainFlash:
    """The same chip, said as plainly as Python can: one cell at a time, each address wrapped by itself."""

    def __init__(self, cells):
        self.cells = list(cells)

    def program(self, address, data):
        for n, byte in enumerate(data):
            self.cells[(address + n) % len(self.cells)] &= byte

    def erase_sector(self, address):
        self._erase(address, SECTOR)

    def erase_block(self, address):
        self._erase(address, BLOCK)

    def erase_chip(self):
        self._erase(0, len(self.cells))

    def _erase(self, address, size):
        for n in range(size):
            self.cells[(address - address % size + n) % len(self.cells)] = 0xFF


@given(steps, st.integers(0, 255), addresses, st.integers(0, 700))
@example([("erase_block", SIZE - 1), ("program", SIZE - 3, b"\x00" * 6), ("erase_sector", 0)], 0x5A, SIZE - 2, 9)
def test_the_chip_does_what_a_plain_model_does(steps, fill, address, size):
    cells = bytearray([fill] * SIZE)
    flash, model = NorFlash(cells), PlainFlash(cells)
    for name, *arguments in steps:
        getattr(flash, name)(*arguments)
        getattr(model, name)(*arguments)
    assert bytes(cells) == bytes(model.cells)
    wanted = bytes(model.cells[(address + n) % SIZE] for n in range(size))
    assert flash.read(address, size) == wanted
    assert flash.md5(address, size)[0] == hashlib.md5(wanted).digest()


@pytest.fixture
def dark():
    """A chip with every bit programmed."""
    return NorFlash(bytearray(SIZE))


def test_programming_only_clears_bits():
    flash = NorFlash(bytearray(b"\xff" * SIZE))
    flash.program(10, b"\xf0")
    flash.program(10, b"\x3f")
    assert flash.read(10, 1) == b"\x30"


def test_a_sector_that_was_erased_reads_ff_and_its_neighbours_stay(dark):
    dark.erase_sector(SECTOR + 123)
    assert dark.read(0, 3 * SECTOR) == bytes(SECTOR) + b"\xff" * SECTOR + bytes(SECTOR)


def test_a_block_that_was_erased_reads_ff_and_its_neighbours_stay(dark):
    dark.erase_block(BLOCK + 123)
    assert dark.read(BLOCK - 1, BLOCK + 2) == b"\0" + b"\xff" * BLOCK + b"\0"


def test_the_erased_chip_reads_ff_all_over(dark):
    dark.erase_chip()
    assert dark.read(0, SIZE) == b"\xff" * SIZE


def test_a_read_past_the_end_goes_on_at_the_start():
    flash = NorFlash(bytearray(SIZE - 1) + b"\x11")
    assert flash.read(SIZE - 1, SIZE + 1) == b"\x11" + bytes(SIZE - 1) + b"\x11"


@pytest.mark.parametrize(
    ("address", "remaining", "erased"),
    [(0, BLOCK, BLOCK), (BLOCK, 2 * BLOCK, BLOCK), (0, BLOCK - 1, SECTOR), (SECTOR, 2 * BLOCK, SECTOR)],
)
def test_the_next_erase_is_a_block_where_a_whole_one_fits(dark, address, remaining, erased):
    assert dark.erase_next(address, remaining)[0] == erased
    assert dark.read(address, erased + 1) == b"\xff" * erased + b"\0"


@pytest.mark.parametrize(
    ("address", "size", "pages"), [(0, 1, 1), (0, 256, 1), (0, 257, 2), (255, 2, 2), (256, 512, 2), (7, 0, 0)]
)
def test_programming_takes_its_time_by_the_page(address, size, pages):
    flash = NorFlash(bytearray(b"\xff" * SIZE))
    assert flash.program(address, bytes(size)) == pytest.approx(pages * 0.0006)
