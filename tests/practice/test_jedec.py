"""The flash chip on its bus: commands, what must be enabled first, protection, and what breaks it."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.practice.faults import Faults
from sonoffkit.practice.flash import NorFlash
from sonoffkit.practice.jedec import FlashChip, PowerSag

SECTOR, BLOCK, MB = 0x1000, 0x10000, 0x100000
W25Q80, W25Q32 = 0x1440EF, 0x1640EF
WREN, WREN_VOLATILE, WRDI = 0x06, 0x50, 0x04
PROGRAM, ERASE_SECTOR, ERASE_BLOCK, ERASE_CHIP = 0x02, 0x20, 0xD8, 0xC7
READ_STATUS, READ_STATUS_2, WRITE_STATUS, WRITE_STATUS_2 = 0x05, 0x35, 0x01, 0x31


class Rig:
    """One chip, and all that it was told to keep."""

    def __init__(self, size=MB, fill=0, jedec_id=W25Q80, kept_status=0):
        self.cells = bytearray([fill]) * size
        self.faults, self.kept = Faults(), []
        self.chip = FlashChip(NorFlash(self.cells), jedec_id, self.faults, kept_status, self.kept.append)

    def do(self, op, address=0, data=b"", size=0) -> bytes:
        return self.chip.command(op, address, data, size)

    def enabled(self, op, address=0, data=b"") -> None:
        self.do(WREN)
        self.do(op, address, data)

    def status(self) -> int:
        return self.do(READ_STATUS, size=1)[0] | self.do(READ_STATUS_2, size=1)[0] << 8

    def blank_sectors(self) -> list[int]:
        return [n for n in range(len(self.cells) // SECTOR) if self.cells[n * SECTOR :][:SECTOR] == b"\xff" * SECTOR]


@pytest.fixture
def rig():
    """A chip with every bit programmed."""
    return Rig()


@pytest.fixture
def blank():
    return Rig(fill=0xFF)


# What it tells of itself


@pytest.mark.parametrize(("jedec_id", "answer"), [(W25Q80, "ef4014"), (W25Q32, "ef4016"), (0x1440C8, "c84014")])
def test_its_id_comes_maker_first(jedec_id, answer):
    assert Rig(jedec_id=jedec_id).do(0x9F, size=3).hex() == answer


def test_a_wrong_id_is_told_for_as_long_as_that_fault_is_there(rig):
    rig.faults.flash_id = 0xFFFFFF
    assert rig.do(0x9F, size=3) == b"\xff\xff\xff"
    rig.faults.heal()
    assert rig.do(0x9F, size=3) == b"\xef\x40\x14"


@pytest.mark.parametrize("size", [MB, 4 * MB])
def test_its_parameters_tell_its_density_in_bits_less_one(size):
    rig = Rig(size)
    assert rig.do(0x5A, 0, size=4) == b"SFDP"
    (table_at,) = struct.unpack("<I", rig.do(0x5A, 12, size=3) + b"\0")
    assert struct.unpack("<I", rig.do(0x5A, table_at + 4, size=4)) == (size * 8 - 1,)


def test_its_parameter_header_names_one_table_of_sixteen_words(rig):
    header = rig.do(0x5A, 0, size=16)
    assert header[6] == 0  # tables, less one
    assert header[11] == 16
    assert rig.do(0x5A, 0x80 + 64, size=2) == b"\xff\xff"  # and nothing after it


def test_reading_takes_bytes_from_any_address_and_wraps(rig):
    rig.cells[-2:], rig.cells[:2] = b"ab", b"cd"
    assert rig.do(0x03, MB - 2, size=4) == b"abcd"
    assert rig.do(0x03, 5, size=0) == b""


@pytest.mark.parametrize("op", [0x00, 0x4B, 0x9E, 0x90, 0xAB, 0xB9, 0xFF])
def test_a_command_that_it_does_not_know_answers_ff_and_does_nothing(rig, op):
    rig.do(WREN)
    assert rig.do(op, 0, b"\0\0", size=4) == b"\xff" * 4
    assert rig.status() == 2
    assert rig.cells == bytes(MB)


def test_the_third_status_register_reads_zero(rig):
    assert rig.do(0x15, size=1) == b"\0"


# Write enable


@pytest.mark.parametrize(
    ("op", "address", "data"),
    [
        (PROGRAM, 0, b"\0"),
        (ERASE_SECTOR, 0, b""),
        (ERASE_BLOCK, 0, b""),
        (ERASE_CHIP, 0, b""),
        (WRITE_STATUS, 0, b"\x04"),
        (WRITE_STATUS_2, 0, b"\x02"),
    ],
)
def test_a_write_needs_to_be_enabled_once_for_each(op, address, data):
    rig = Rig(2 * BLOCK, fill=0x0F)
    before = bytes(rig.cells)

    def traces():
        return bytes(rig.cells), rig.status() & ~2

    for disable in ([], [WREN, WRDI], [WREN_VOLATILE] if op not in (WRITE_STATUS, WRITE_STATUS_2) else []):
        for first in disable:
            rig.do(first)
        rig.do(op, address, data)
        assert traces() == (before, 0)
    rig.do(WREN)
    assert rig.status() == 2
    rig.do(op, address, data)
    assert rig.status() & 2 == 0
    done = traces()
    assert done != (before, 0)
    rig.do(op, SECTOR, b"\xff\xff" if op in (WRITE_STATUS, WRITE_STATUS_2) else b"\0")
    assert traces() == done


def test_programming_clears_bits_and_only_there(blank):
    blank.enabled(PROGRAM, 100, b"\xf0\x0f")
    blank.enabled(PROGRAM, 100, b"\x3c\xff")
    assert blank.cells[99:103] == b"\xff\x30\x0f\xff"


@pytest.mark.parametrize(
    ("op", "address", "first", "sectors"),
    [(ERASE_SECTOR, 3 * SECTOR + 5, 3, 1), (ERASE_BLOCK, BLOCK + 5, 16, 16), (ERASE_CHIP, 5, 0, 256)],
)
def test_an_erase_takes_what_lies_around_its_address(rig, op, address, first, sectors):
    rig.enabled(op, address)
    assert rig.blank_sectors() == list(range(first, first + sectors))


# Status registers


def test_both_status_bytes_go_with_one_command_or_each_with_its_own(rig):
    rig.enabled(WRITE_STATUS, data=b"\x04\x02")
    assert rig.status() == 0x0204
    rig.enabled(WRITE_STATUS, data=b"\x08")
    assert rig.status() == 0x0208
    rig.enabled(WRITE_STATUS_2, data=b"\x01")
    assert rig.status() == 0x0108


def test_busy_and_write_enabled_cannot_be_written(rig):
    rig.enabled(WRITE_STATUS, data=b"\x03\0")
    assert rig.status() == 0


def test_a_status_written_for_good_outlives_the_power(rig):
    rig.enabled(WRITE_STATUS, data=b"\x1c")
    rig.chip.power_up()
    assert rig.status() == 0x1C
    assert rig.kept == [0x1C]


def test_a_status_written_into_latches_only_is_gone_with_the_power(rig):
    rig.enabled(WRITE_STATUS, data=b"\x04")
    rig.do(WREN_VOLATILE)
    rig.do(WRITE_STATUS, data=b"\x1c")
    assert rig.status() == 0x1C
    rig.chip.power_up()
    assert rig.status() == 0x04
    assert rig.kept == [0x04]


def test_an_enabled_volatile_write_is_good_for_one_status_only(rig):
    rig.do(WREN_VOLATILE)
    rig.do(WRITE_STATUS, data=b"\x04")
    rig.do(WRITE_STATUS, data=b"\x08")
    assert rig.status() == 0x04


def test_it_starts_with_the_status_that_was_kept():
    assert Rig(kept_status=0x0204).status() == 0x0204


def test_the_power_takes_a_write_enable_with_it(rig):
    rig.do(WREN)
    rig.chip.power_up()
    rig.do(ERASE_SECTOR)
    assert rig.blank_sectors() == []


def test_unlocking_takes_the_whole_protection_away_for_good(rig):
    rig.enabled(WRITE_STATUS, data=b"\x3c\x02")
    rig.chip.unlock()
    assert rig.status() == 0x0200
    assert rig.kept == [0x023C, 0x0200]


def test_unlocking_what_is_not_protected_writes_nothing(rig):
    rig.enabled(WRITE_STATUS, data=b"\x20\x02")
    rig.chip.unlock()
    assert rig.kept == [0x0220]


# Protection: how much BP2 to BP0 protect, in blocks of 64 KiB, by the tables of W25Q80 and W25Q32.
PROTECTED = {
    MB: {0: 0, 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 16, 7: 16},
    4 * MB: {0: 0, 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64},
}


@pytest.mark.parametrize("from_bottom", [False, True])
@pytest.mark.parametrize("bits", range(8))
@pytest.mark.parametrize("size", [MB, 4 * MB])
def test_protected_blocks_neither_program_nor_erase(size, bits, from_bottom):
    rig = Rig(size, fill=0x0F)
    rig.enabled(WRITE_STATUS, data=bytes([bits << 2 | from_bottom << 5]))
    blocks = size // BLOCK
    protected = PROTECTED[size][bits]
    free = range(protected, blocks) if from_bottom else range(blocks - protected)
    for block in range(blocks):
        rig.enabled(PROGRAM, block * BLOCK, b"\0")
        rig.enabled(PROGRAM, (block + 1) * BLOCK - 1, b"\0")
        rig.enabled(ERASE_SECTOR, block * BLOCK + SECTOR)
    for block in range(blocks):
        cells = rig.cells[block * BLOCK : (block + 1) * BLOCK]
        written = b"\0" + b"\x0f" * (SECTOR - 1) + b"\xff" * SECTOR + b"\x0f" * (BLOCK - 2 * SECTOR - 1) + b"\0"
        assert cells == (written if block in free else b"\x0f" * BLOCK), block


def test_one_protected_block_is_enough_to_refuse_a_chip_erase(rig):
    rig.enabled(WRITE_STATUS, data=b"\x04")
    rig.enabled(ERASE_CHIP)
    assert rig.blank_sectors() == []
    rig.enabled(WRITE_STATUS, data=b"\0")
    rig.enabled(ERASE_CHIP)
    assert len(rig.blank_sectors()) == 256


def test_programming_into_a_protected_block_leaves_what_lies_before_it(blank):
    blank.enabled(WRITE_STATUS, data=b"\x10")  # the upper half
    blank.chip.program(MB // 2 - 2, b"abcd")
    assert blank.cells[MB // 2 - 2 : MB // 2 + 2] == b"ab\xff\xff"


# What breaks


def test_a_bad_sector_neither_programs_nor_erases_and_its_neighbours_do():
    rig = Rig(4 * BLOCK, fill=0x0F)
    rig.faults.bad_sector = 5 * SECTOR + 77
    rig.chip.program(5 * SECTOR - 1, bytes(SECTOR + 2))
    assert rig.cells[5 * SECTOR - 2 : 6 * SECTOR + 2] == b"\x0f\0" + b"\x0f" * SECTOR + b"\0\x0f"
    rig.enabled(ERASE_CHIP)
    assert rig.blank_sectors() == [n for n in range(64) if n != 5]
    assert rig.cells[5 * SECTOR : 6 * SECTOR] == b"\x0f" * SECTOR


def test_a_flash_that_sticks_takes_no_write_and_stays_busy_until_the_power_goes(rig):
    rig.faults.stuck_busy = True
    assert not rig.chip.is_stuck()  # only the next write lets it show
    assert rig.status() == 0
    assert rig.chip.erase(0, SECTOR) == math.inf
    rig.faults.heal()
    assert rig.chip.is_stuck()
    assert rig.status() == 1
    assert rig.chip.program(0, b"\0") == math.inf
    assert rig.blank_sectors() == []
    rig.chip.power_up()
    assert rig.status() == 0
    assert rig.chip.erase(0, SECTOR) < math.inf
    assert rig.blank_sectors() == [0]


def test_nobody_can_tell_whether_a_flash_that_sticks_is_blank(blank):
    assert blank.chip.is_blank(0, SECTOR)
    blank.faults.stuck_busy = True
    blank.chip.erase(0, SECTOR)
    assert not blank.chip.is_blank(0, SECTOR)


def test_a_region_with_one_cleared_bit_is_not_blank(blank):
    blank.enabled(PROGRAM, SECTOR - 1, b"\xfe")
    assert not blank.chip.is_blank(0, SECTOR)
    assert blank.chip.is_blank(SECTOR, SECTOR)


@given(st.integers(0, 300), st.lists(st.integers(0, 90), min_size=1, max_size=8))
@example(60, [60, 1])
@example(0, [0])
def test_the_power_sags_exactly_after_so_many_bytes(after, sizes):
    rig = Rig(SECTOR * 4, fill=0xFF)
    rig.faults.sag_after = after
    sagged = False
    for start, size in zip(range(0, 1000, 100), sizes, strict=False):
        try:
            rig.chip.program(start, bytes(size))
        except PowerSag:
            sagged = True
            break
    announced = sum(sizes)
    assert sagged == (announced >= after)
    assert rig.cells.count(0) == min(after, announced)
    assert rig.faults.sag_after == (None if sagged else after - announced)


def test_a_sag_happens_once(blank):
    blank.faults.sag_after = 3
    with pytest.raises(PowerSag):
        blank.chip.program(0, bytes(10))
    blank.chip.program(0, bytes(10))
    assert blank.cells[:11] == bytes(10) + b"\xff"


def test_erasing_does_not_count_for_a_sag(rig):
    rig.faults.sag_after = 3
    rig.chip.erase(0, BLOCK)
    assert rig.faults.sag_after == 3


# All of it together, against a chip said in plain Python.

SIZE = 4 * BLOCK
addresses = st.integers(0, SIZE - 1) | st.sampled_from([0, BLOCK - 1, SIZE - BLOCK, SIZE - 1, SIZE + 5])
commands = st.one_of(
    st.tuples(st.sampled_from([WREN, WREN_VOLATILE, WRDI, ERASE_CHIP]), st.just(0), st.just(b"")),
    st.tuples(st.sampled_from([ERASE_SECTOR, ERASE_BLOCK]), addresses, st.just(b"")),
    st.tuples(st.just(PROGRAM), addresses, st.binary(max_size=64)),
    st.tuples(st.sampled_from([WRITE_STATUS, WRITE_STATUS_2]), st.just(0), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(WRITE_STATUS), st.just(0), st.binary(min_size=2, max_size=2)),
    st.tuples(st.just("power"), st.just(0), st.just(b"")),
)


class PlainChip:
    """Cells as integers; each write asks for every byte by itself whether it is protected."""

    def __init__(self, fill):
        self.cells = [fill] * SIZE
        self.status = self.kept = 0
        self.enabled = self.volatile = False

    def protected(self, address):
        steps = self.status >> 2 & 7
        size = [0, 1, 2, 4, 8, 16, 32, 64][steps] * BLOCK
        return address < size if self.status & 0x20 else address >= SIZE - size

    def do(self, op, address, data):
        if op == "power":
            self.status, self.enabled, self.volatile = self.kept, False, False
        elif op == WREN:
            self.enabled, self.volatile = True, False
        elif op == WREN_VOLATILE:
            self.volatile = True
        else:
            if op in (WRITE_STATUS, WRITE_STATUS_2):
                self.write_status(op, data)
            elif self.enabled and op != WRDI:
                self.write(op, address % SIZE, data)
            self.enabled = self.volatile = False

    def write_status(self, op, data):
        if not (self.enabled or self.volatile):
            return
        low, high = self.status & 0xFF, self.status >> 8
        if op == WRITE_STATUS_2:
            high = data[0]
        else:
            low, high = data[0], data[1] if len(data) > 1 else high
        self.status = (low & 0xBC) | (high & 0x03) << 8
        if not self.volatile:
            self.kept = self.status

    def write(self, op, address, data):
        if op == PROGRAM:
            for n, byte in enumerate(data):
                at = address // 256 * 256 + (address + n) % 256  # beyond a page's end it goes on at its start
                self.cells[at] &= 0xFF if self.protected(at) else byte
            return
        size = {ERASE_SECTOR: SECTOR, ERASE_BLOCK: BLOCK, ERASE_CHIP: SIZE}[op]
        first = 0 if op == ERASE_CHIP else address // size * size
        if op == ERASE_CHIP and any(self.protected(block * BLOCK) for block in range(SIZE // BLOCK)):
            return
        for sector in range(first, first + size, SECTOR):
            if not self.protected(sector):
                self.cells[sector : sector + SECTOR] = [0xFF] * SECTOR


@given(st.lists(commands.flatmap(lambda c: st.sampled_from([[c], [(WREN, 0, b""), c]])), max_size=12))
@example([[(WREN, 0, b""), (WRITE_STATUS, 0, b"\x04")], [(WREN, 0, b""), (ERASE_CHIP, 0, b"")]])
@example([[(WREN_VOLATILE, 0, b""), (WRITE_STATUS, 0, b"\x24")], [(WREN, 0, b""), (PROGRAM, BLOCK - 1, b"\0\0")]])
@example(
    [[(WREN_VOLATILE, 0, b""), (WRITE_STATUS, 0, b"\x24")], [("power", 0, b"")], [(WREN, 0, b""), (PROGRAM, 0, b"\0")]]
)
def test_the_chip_does_what_a_plain_model_does(groups):
    rig, model = Rig(SIZE, fill=0x5A), PlainChip(0x5A)
    for op, address, data in (command for group in groups for command in group):
        model.do(op, address, data)
        if op == "power":
            rig.chip.power_up()
        else:
            rig.do(op, address, data)
        assert rig.status() == model.status | model.enabled << 1
    assert rig.cells == bytes(model.cells)
    assert rig.chip.read(0, SIZE) == bytes(model.cells)
